/**
 * From files to events: the rows are read, mapped, classified and deduplicated, and every one of
 * them is counted.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import {
  CSV_REJECTS,
  countMalformedLines,
  describeSources,
  isRemote,
  type NumberedFile,
  type SourceGroup,
} from '../sources/scan.js'
import type { Sources } from '../sources/source.js'
import { identifier, join, raw, type Sql, sql, text } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from './clock.js'
import { parseCondition } from './condition.js'
import { type Ledger, type LedgerCounts, REJECT_REASONS, type RejectReason } from './ledger.js'
import { type Mapping, type MappingOptions, mapColumns, requireColumn } from './mapping.js'
import { PRESETS } from './presets/index.js'
import { cleanRowsQuery, type Dimension, type RowPlan, rejectsQuery, rowsQuery } from './rows.js'

export interface EventOptions extends MappingOptions {
  /** Names of presets' dimensions, columns or paths, for `by` and properties. */
  readonly dimensions?: readonly string[]
  /** SQL on the columns of one event. */
  readonly where?: string
  /** Inclusive, as ISO 8601. */
  readonly from?: string
  /** Exclusive, as ISO 8601. */
  readonly to?: string
  /** For times without a zone. */
  readonly timeZone?: string
  /** Event names left out of everything, as patterns with `*`; counted as ignored. */
  readonly ignore?: readonly string[]
  /** Rows without a recorded session id are out of session. */
  readonly recordedOnly?: boolean
}

/**
 * Events in the engine: the relation `events` has `file`, `user`, `t` (microseconds since year 1), `name`,
 * `session`, and one text column per dimension.
 */
export interface Events {
  readonly mapping: Mapping
  readonly dimensions: readonly Dimension[]
  readonly ledger: Ledger
  /** First and last kept event, in microseconds since year 1; null when nothing was kept. */
  readonly firstMicros: bigint | null
  readonly lastMicros: bigint | null
  /** Rejected rows with their place, at most `limit` per file. */
  rejects(limit?: number): Promise<RejectedRow[]>
  /** All rejected rows as a query: `file`, `row`, `reason`, `value`, `record`. */
  rejectsQuery(): Sql | undefined
}

export interface RejectedRow {
  readonly file: string
  /** 1-based record number in its file; headers are not counted. */
  readonly row: number
  readonly reason: RejectReason
  /** The raw time. */
  readonly value: string | null
}

/** Creates the relation `events` in the engine. */
export async function openEvents(
  engine: Engine,
  sources: Sources,
  options: EventOptions = {},
): Promise<Events> {
  for (const file of sources.files) assertClosed(file)
  const groups = await describeSources(engine, sources.files)
  const mapping = await mapColumns(engine, groups, options)
  const timeZone = options.timeZone ?? 'UTC'
  await setZone(engine, timeZone)
  const plan: RowPlan = {
    mapping,
    timeZone,
    dimensions: (options.dimensions ?? []).map((name, i) => dimension(groups, mapping, name, i)),
    condition:
      options.where === undefined
        ? undefined
        : await parseCondition(engine, options.where, groups, {
            user: mapping.user[0] ?? null,
            time: mapping.time,
            event: mapping.event,
            session: mapping.session,
          }),
    fromMicros: await instant(engine, options.from, '--from'),
    toMicros: await instant(engine, options.to, '--to'),
    ignore: options.ignore ?? [],
    recordedOnly: options.recordedOnly ?? false,
  }

  // Typed columns are cheap to read again; text is parsed once and kept.
  const direct =
    mapping.dedupe.length === 0 &&
    timeZone === 'UTC' &&
    groups.every(({ format }) => format === 'parquet')
  await engine.run(
    direct
      ? sql`CREATE OR REPLACE TEMP VIEW rows AS ${rowsQuery(plan, groups)}`
      : sql`CREATE OR REPLACE TEMP TABLE rows AS ${rowsQuery(plan, groups)}`,
  )
  await engine.setTimeZone('UTC')
  if (mapping.dedupe.length > 0) await markDuplicates(engine, plan)

  const { counts, edges } = await countRows(engine, groups)
  const clean = direct && counts.every(({ fate }) => fate === null)
  const columns = join([
    ...['file', 'user', 't', 'name', 'session'].map(raw),
    ...plan.dimensions.map(({ column }) => identifier(column)),
  ])
  await engine.run(
    sql`CREATE OR REPLACE TEMP VIEW events AS ${clean ? cleanRowsQuery(plan, groups) : sql`SELECT ${columns} FROM rows WHERE fate IS NULL`}`,
  )

  const ledger = closeLedger(groups, sources, counts)
  const rejectingFiles = (): { group: SourceGroup; file: NumberedFile }[] =>
    groups.flatMap((group) =>
      group.files
        .filter(({ number }) => rejectedIn(ledger, number) > 0)
        .map((file) => ({ group, file })),
    )
  const located = (group: SourceGroup, file: NumberedFile): Sql =>
    sql`SELECT ${text(file.label)} AS file, row, fate AS reason, value, record FROM (${rejectsQuery(plan, group, file)}${csvRejects(group, file)})`
  return {
    mapping,
    dimensions: plan.dimensions,
    ledger,
    firstMicros: edges.first,
    lastMicros: edges.last,
    rejectsQuery() {
      const files = rejectingFiles()
      return files.length === 0
        ? undefined
        : sql`SELECT * FROM (${join(
            files.map(({ group, file }) => located(group, file)),
            ' UNION ALL ',
          )}) ORDER BY file, row`
    },
    async rejects(limit = 3) {
      await setZone(engine, timeZone)
      const found: RejectedRow[] = []
      for (const { group, file } of rejectingFiles().slice(0, 5)) {
        found.push(
          ...(
            await engine.rows<{
              file: string
              row: bigint
              reason: RejectReason
              value: string | null
            }>(
              sql`SELECT file, row, reason, value FROM (${located(group, file)}) ORDER BY row LIMIT ${limit}`,
            )
          ).map((row) => ({ ...row, row: Number(row.row) })),
        )
      }
      await engine.setTimeZone('UTC')
      return found
    },
  }
}

const rejectedIn = (ledger: Ledger, number: number): number =>
  Object.values(ledger.files[number]?.rejected ?? {}).reduce((sum, n) => sum + n, 0)

/** Lines that the CSV reader itself refused. */
const csvRejects = (group: SourceGroup, file: NumberedFile): Sql =>
  group.format === 'csv'
    ? sql` UNION ALL SELECT line - 1 AS row, 'malformed' AS fate, problem AS value, text AS record FROM (${CSV_REJECTS}) WHERE path = ${text(file.path)}`
    : raw('')

async function setZone(engine: Engine, zone: string): Promise<void> {
  try {
    await engine.setTimeZone(zone)
  } catch (error) {
    throw new SessionizeError('usage', `--timezone ${zone} is not a time zone.`, {
      hint: 'Use a name of the IANA database, such as Europe/Berlin, or UTC.',
      cause: error,
    })
  }
}

function dimension(
  groups: readonly SourceGroup[],
  mapping: Mapping,
  name: string,
  position: number,
): Dimension {
  const column = `d${position}`
  const preset = PRESETS.find((candidate) => candidate.name === mapping.preset)
  const aliases = preset?.dimensions?.[name]
  if (aliases === undefined) {
    return { name, sources: [requireColumn(groups, name, '--by')], column }
  }
  const found = aliases.filter((alias) =>
    groups.some((group) => group.columns.some((c) => c.name === alias)),
  )
  return { name, sources: found.length > 0 ? found : [requireColumn(groups, name, '--by')], column }
}

async function instant(
  engine: Engine,
  value: string | undefined,
  flag: string,
): Promise<bigint | undefined> {
  if (value === undefined) return undefined
  const { micros } = await engine.row<{ micros: bigint | null }>(
    sql`SELECT epoch_us(TRY_CAST(${text(value)} AS TIMESTAMPTZ)) AS micros`,
  )
  if (micros === null) {
    throw new SessionizeError('usage', `${flag} ${value} is not a time.`, {
      hint: `Write it as ${flag} 2024-01-31 or ${flag} "2024-01-31T18:00:00Z".`,
    })
  }
  return micros
}

/**
 * Of rows with one key the first by time, then by content, stays an event. Only keys whose hash
 * occurs twice are compared, so that files without duplicates pay for one integer aggregation.
 */
async function markDuplicates(engine: Engine, plan: RowPlan): Promise<void> {
  const rejected = join(Object.keys(REJECT_REASONS).map(text))
  const candidate = sql`key IS NOT NULL AND (fate IS NULL OR fate NOT IN (${rejected}))`
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE repeated AS
    SELECT hash(key) AS hash FROM rows WHERE ${candidate} GROUP BY ALL HAVING count(*) > 1`)
  const { n } = await engine.row<{ n: bigint }>(sql`SELECT count(*) AS n FROM repeated`)
  if (n > 0n) {
    const order = join([
      ...['t', 'user', 'name', 'session', ...plan.dimensions.map((d) => d.column)].map(identifier),
      sql`fate NULLS FIRST`,
      sql`file`,
    ])
    await engine.run(sql`
      UPDATE rows SET fate = 'duplicate' WHERE rowid IN (
        SELECT id FROM (
          SELECT rowid AS id, row_number() OVER (PARTITION BY key ORDER BY ${order}) AS nth
          FROM rows WHERE ${candidate} AND hash(key) IN (FROM repeated)
        ) WHERE nth > 1
      )`)
  }
  await engine.run(sql`DROP TABLE repeated`)
}

interface FateCount {
  readonly file: number
  readonly fate: string | null
  readonly n: number
}

async function countRows(
  engine: Engine,
  groups: readonly SourceGroup[],
): Promise<{ counts: FateCount[]; edges: { first: bigint | null; last: bigint | null } }> {
  const rows = await engine.rows<{
    file: number
    fate: string | null
    n: bigint
    first: bigint | null
    last: bigint | null
  }>(
    sql`SELECT file, fate, count(*) AS n, min(t) AS first, max(t) AS last FROM rows GROUP BY ALL ORDER BY ALL`,
  )
  let first: bigint | null = null
  let last: bigint | null = null
  for (const row of rows) {
    if (row.fate !== null) continue
    if (row.first !== null && (first === null || row.first < first)) first = row.first
    if (row.last !== null && (last === null || row.last > last)) last = row.last
  }
  const counts: FateCount[] = rows.map(({ file, fate, n }) => ({ file, fate, n: Number(n) }))
  for (const group of groups) {
    if (group.format === 'csv') counts.push(...(await countCsvRejects(engine, group)))
    if (group.format === 'ndjson') await separateMalformed(engine, group, counts)
  }
  return { counts, edges: { first, last } }
}

async function countCsvRejects(engine: Engine, group: SourceGroup): Promise<FateCount[]> {
  const rejects = await engine.rows<{ path: string; n: bigint }>(
    sql`SELECT path, count(*) AS n FROM (${CSV_REJECTS}) GROUP BY ALL`,
  )
  return group.files.flatMap((file) => {
    const n = rejects.find(({ path }) => path === file.path)?.n
    return n === undefined ? [] : [{ file: file.number, fate: 'malformed', n: Number(n) }]
  })
}

/** The JSON reader turns a broken line into an empty row: those are told from rows without a user. */
async function separateMalformed(
  engine: Engine,
  group: SourceGroup,
  counts: FateCount[],
): Promise<void> {
  const dirty = group.files.filter((file) =>
    counts.some(({ file: number, fate }) => number === file.number && fate === 'no_user'),
  )
  if (dirty.length === 0) return
  const found = await engine.rows<{ file: number; malformed: bigint }>(
    countMalformedLines(group, dirty),
  )
  for (const { file, malformed } of found) {
    const index = counts.findIndex((count) => count.file === file && count.fate === 'no_user')
    const empty = counts[index]
    if (empty === undefined) continue
    counts.splice(
      index,
      1,
      { ...empty, n: empty.n - Number(malformed) },
      { file, fate: 'malformed', n: Number(malformed) },
    )
  }
}

function closeLedger(
  groups: readonly SourceGroup[],
  sources: Sources,
  counts: readonly FateCount[],
): Ledger {
  const numbered = groups.flatMap((group) => group.files).sort((a, b) => a.number - b.number)
  const files = numbered.map((file) => ({
    label: file.label,
    ...tally(counts.filter((count) => count.file === file.number)),
  }))
  return {
    ...tally(counts),
    files,
    skipped: sources.skipped.map(({ label, why }) => ({ label, why })),
  }
}

function tally(counts: readonly FateCount[]): LedgerCounts {
  const of = (fate: string | null): number =>
    counts.reduce((sum, count) => (count.fate === fate ? sum + count.n : sum), 0)
  return {
    read: counts.reduce((sum, { n }) => sum + n, 0),
    kept: of(null),
    duplicates: of('duplicate'),
    rejected: {
      malformed: of('malformed'),
      no_user: of('no_user'),
      no_time: of('no_time'),
      bad_time: of('bad_time'),
      time_out_of_range: of('time_out_of_range'),
    },
    filtered: of('filtered'),
    ignored: of('ignored'),
    outOfSession: of('out_of_session'),
  }
}

/** The JSON reader takes a cut array for a whole one, so its end is looked at. */
function assertClosed(file: {
  format: string
  compression: string
  path: string
  label: string
  bytes: number
}): void {
  if (file.format !== 'json' || file.compression !== 'none' || isRemote(file.path)) return
  const tail = Buffer.alloc(Math.min(4096, file.bytes))
  const handle = openSync(file.path, 'r')
  try {
    readSync(handle, tail, 0, tail.length, file.bytes - tail.length)
  } finally {
    closeSync(handle)
  }
  const end = tail.toString('utf8').trimEnd().at(-1)
  if (end !== ']' && end !== '}') {
    throw new SessionizeError('input_corrupt', `${file.label} ends in the middle of its JSON.`, {
      hint: 'It was cut short: export or copy it again.',
    })
  }
}

/** Microseconds since year 1 to ISO 8601 with microseconds, UTC. */
export function isoTime(micros: bigint): string {
  const epoch = micros - YEAR_ONE_MICROS
  const millis = epoch / 1000n - (epoch % 1000n < 0n ? 1n : 0n)
  const rest = epoch - millis * 1000n
  return `${new Date(Number(millis)).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}
