/**
 * The batch's own reader, for what has arrived: each batch of lines is put where the engine reads it,
 * and its rows come back in their order as events.
 */
import { isUtf8 } from 'node:buffer'
import type { Chunk } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { keyFields } from '../events/key.js'
import { objectsQuery, type RowPlan, rowsQuery } from '../events/rows.js'
import { LineDepths } from '../sources/deep-rows.js'
import type { NumberedFile, SourceGroup } from '../sources/group.js'
import { keysWhereLacking } from '../sources/json-reading.js'
import { mayHoldOthers, oneOnALine } from '../sources/json-values.js'
import { fieldsOf } from '../sources/log-lines.js'
import { rejectedLines } from '../sources/reading.js'
import { identifier, join, raw, type Sql, sql } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import type { LineCounts } from './counts.js'
import { NO_PROPERTIES, type StreamEvent } from './event.js'
import type { Batch } from './framing.js'
import type { Inbox } from './inbox.js'
import { groupOf, planOf, type Recognised } from './recognised.js'
import { RecurringTexts } from './recurring.js'

/** An event, and where that is asked for its line as one JSON object. */
export interface ReadEvent {
  readonly event: StreamEvent
  readonly json: string
}

/** A batch of more holds a line that needs a larger buffer than usual. */
const USUAL_BYTES = 8 * 1024 * 1024

/** Whatever scans there were. */
const ALL_SCANS = { after: -1n, upTo: 2n ** 62n }

/** Columns of the query, before those of properties. */
const [FATE, USER, TIME, NAME, SESSION, RECORD, PROPERTIES] = [0, 1, 2, 3, 4, 5, 6] as const

/** What differs from batch to batch in how it is read. */
interface Way {
  readonly header: boolean
  readonly isUtf8: boolean
  readonly isDeep: boolean
  readonly isLarge: boolean
}

export class RowReader {
  private readonly plan: RowPlan
  private readonly group: SourceGroup
  private readonly file: NumberedFile
  private readonly queries = new Map<string, Sql>()
  private readonly recurring = new RecurringTexts()
  /** Columns of the user and the time, as some lines spell them otherwise. */
  private spellings: readonly string[] = []

  private constructor(
    private readonly inbox: Inbox,
    recognised: Recognised,
    private readonly counts: LineCounts,
    private readonly withJson: boolean,
  ) {
    const { format } = recognised
    const place = { path: inbox.path, format, compression: 'none', bytes: 0, number: 0 } as const
    this.file = { label: 'the stream', ...place }
    this.group = groupOf(recognised, this.file)
    this.plan = planOf(recognised)
    const [list] = this.group.unnest ?? []
    if (!withJson || list === undefined) return
    throw new SessionizeError(
      'unsupported',
      `With ${option('label')} a line is one event, and here \`${list.column.name}\` holds several.`,
      { hint: `Take the lines apart before they are piped in, or leave out ${option('label')}.` },
    )
  }

  /** @param withJson events come with their line */
  static async open(
    inbox: Inbox,
    recognised: Recognised,
    counts: LineCounts,
    withJson: boolean,
  ): Promise<RowReader> {
    await inbox.engine.setTimeZone(recognised.timeZone)
    return new RowReader(inbox, recognised, counts, withJson)
  }

  /** Events in the order of the lines, some at a time. */
  async *read(batch: Batch): AsyncGenerator<readonly ReadEvent[]> {
    const { counts } = this
    counts.refuse('malformed', batch.tooLong)
    if (batch.bytes.length === 0) return
    this.inbox.put(batch.bytes)
    const way = this.wayOf(batch)
    this.assertSameFields(batch)
    let rows = 0
    for (const chunk of await this.chunks(batch, way)) {
      rows += chunk.rows
      yield this.eventsOf(chunk)
    }
    const expected = batch.records - (way.header && this.group.csv?.header === true ? 1 : 0)
    const isWhole = this.group.format === 'csv' ? rows === expected : way.isUtf8
    if (this.group.format !== 'ndjson' && !isWhole)
      counts.refuse('malformed', await this.rejected())
  }

  /** Read again where lines turn out to be other than those that were seen first, as whole files are. */
  private async chunks({ bytes }: Batch, way: Way): Promise<readonly Chunk[]> {
    const read = (): Promise<readonly Chunk[]> => this.inbox.engine.chunks(this.query(way))
    const chunks = await read()
    if (this.group.format !== 'ndjson') return chunks
    const has = (...fates: string[]): boolean =>
      chunks.some((chunk) => chunk.column(FATE).some((fate) => fates.some((one) => one === fate)))
    const severalOnALine = has('malformed') && (await mayHoldOthers(alone(bytes)))
    if (severalOnALine) {
      const lines: Buffer[] = []
      for await (const some of oneOnALine(alone(bytes), { lines: true })) lines.push(some)
      this.inbox.put(Buffer.concat(lines))
    }
    const others =
      has('no_user', 'no_time') || severalOnALine ? await this.findsSpellings(way) : false
    return severalOnALine || others ? read() : chunks
  }

  private wayOf({ bytes, isFirst }: Batch): Way {
    const depths = new LineDepths()
    if (this.group.format === 'ndjson') depths.add(bytes)
    return {
      header: isFirst,
      isUtf8: isUtf8(bytes),
      isDeep: depths.suspect,
      isLarge: bytes.length > USUAL_BYTES,
    }
  }

  private query(way: Way): Sql {
    const key = JSON.stringify([way, this.spellings])
    const known = this.queries.get(key)
    if (known !== undefined) return known
    const group = this.groupFor(way)
    const { plan, file } = this
    const rows = this.withJson ? objectsQuery(plan, group, file) : rowsQuery(plan, [group])
    const columns = [
      sql`fate, user, CAST(t - ${YEAR_ONE_MICROS} AS DOUBLE), name, session`,
      this.withJson ? raw('record') : raw('NULL'),
      ...plan.dimensions.map(({ column }) => identifier(column)),
    ]
    const query = sql`SELECT ${join(columns)} FROM (${rows})`
    this.queries.set(key, query)
    return query
  }

  private groupFor({ header, isUtf8, isDeep, isLarge }: Way): SourceGroup {
    const { group } = this
    switch (group.format) {
      case 'ndjson': {
        const others = this.spellings.map((name, i) => ({
          ...{ name, type: 'VARCHAR', readAs: `c${group.width + i}` },
        }))
        return {
          ...group,
          columns: [...group.columns, ...others],
          // A line that is cut takes no other along.
          byRows: true,
          ...(isDeep ? {} : { shallow: true }),
          ...(isLarge ? { largeRows: true } : {}),
        }
      }
      case 'csv': {
        const { csv } = group
        if (csv === undefined) return group
        // What stands above the rows is read once.
        const top = header ? {} : { header: false, skip: 0 }
        return { ...group, csv: { ...csv, ...top, allColumns: !isUtf8 } }
      }
      default:
        return group
    }
  }

  /**
   * Whether some rows without a user or a time have it under a key that differs in case only from
   * that of others, as the batch finds out for whole files.
   */
  private async findsSpellings(way: Way): Promise<boolean> {
    const { user, clock } = this.plan.mapping
    const group = this.groupFor(way)
    const needed = [...user, clock.time.name].flatMap((key) =>
      keyFields(this.group, key).map(({ column }) => column.name),
    )
    const found = await this.inbox.engine.rows<{ key: string }>(keysWhereLacking(group, needed))
    const known = new Set(group.columns.map(({ name }) => name))
    const names = new Set(needed.map((name) => name.toLowerCase()))
    const others = found.flatMap(({ key }) =>
      !known.has(key) && names.has(key.toLowerCase()) ? [key] : [],
    )
    // In one order, whichever was met first.
    this.spellings = [...this.spellings, ...others].sort()
    return others.length > 0
  }

  private eventsOf(chunk: Chunk): ReadEvent[] {
    const { counts, recurring, plan, withJson } = this
    const [fates, users, times, names, sessions] = [FATE, USER, TIME, NAME, SESSION].map(
      chunk.column,
    )
    const records = withJson ? chunk.column(RECORD) : undefined
    const properties = plan.dimensions.map((_, i) => chunk.column(PROPERTIES + i))
    const events: ReadEvent[] = []
    for (let i = 0; i < chunk.rows; i++) {
      const micros = Number(times?.[i])
      const fate = fates?.[i] ?? (Number.isSafeInteger(micros) ? null : 'time_out_of_range')
      if (fate !== null) {
        counts.refuse(fate)
        continue
      }
      counts.read++
      const event = {
        user: String(users?.[i]),
        micros,
        name: recurring.orNull(textOrNull(names?.[i])),
        recorded: textOrNull(sessions?.[i]),
        properties:
          properties.length === 0
            ? NO_PROPERTIES
            : properties.map((values) => recurring.orNull(textOrNull(values[i]))),
      }
      events.push({ event, json: records === undefined ? '' : String(records[i]) })
    }
    return events
  }

  /** A server that is configured anew writes another `#Fields:` line. */
  private assertSameFields({ bytes }: Batch): void {
    const { log } = this.group
    if (log?.kind !== 'w3c' || !bytes.includes('#')) return
    const fields = log.fields.join(' ')
    const lines = bytes.toString('latin1').match(/^#Fields:.*$/gim) ?? []
    if (lines.every((line) => fieldsOf(line).join(' ') === fields)) return
    throw new SessionizeError(
      'input_unreadable',
      'The stream has different #Fields lines, so its columns change on the way.',
      { hint: 'Follow the part after each of them as a stream of its own.' },
    )
  }

  /** Lines that the engine could not take apart, counted once. */
  private async rejected(): Promise<number> {
    const { engine } = this.inbox
    const { n } = await engine.row<{ n: bigint }>(
      sql`SELECT count(*) AS n FROM (${rejectedLines(ALL_SCANS)})`,
    )
    await engine.run(sql`DELETE FROM reject_errors`)
    await engine.run(sql`DELETE FROM reject_scans`)
    return Number(n)
  }
}

async function* alone(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)
