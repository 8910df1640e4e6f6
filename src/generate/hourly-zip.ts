import { readFile, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Engine } from '../engines/duckdb.js'
import type { Workspace } from '../sources/workspace.js'
import { type Sql, sql } from '../sql/sql.js'
import { MICROS_PER_HOUR } from '../units/time.js'
import { Archive } from './archive.js'
import { draw, happens } from './draws.js'
import { deliveries, eventColumns } from './events.js'
import { amplitudeId, ORGANIZATION, PROJECT } from './formats/amplitude.js'
import type { EventFormat } from './formats/index.js'
import { personColumns } from './people.js'
import type { Plan } from './plan.js'
import { encodingOf, formatted, writeTable } from './table.js'

/** What one member holds at most: an hour of a busy project comes in several. */
const MEMBER_ROWS = 100_000
const MERGED_SHARE = 0.03
const compress = promisify(gzip)

interface Member {
  readonly hour: Date
  readonly partition: number
  readonly firstRow: number
  readonly rows: number
}

/**
 * An Amplitude export: `184320/184320_2024-01-01_0#0.json.gz`, one member or more per hour of
 * upload, then a file of merged ids and a marker that the export is complete.
 */
export async function writeHourlyZip(
  engine: Engine,
  workspace: Workspace,
  plan: Plan,
  format: EventFormat,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await engine.run(sql`CREATE TABLE deliveries AS ${deliveries(plan)}`)
  const all = await members(engine)
  const archive = new Archive(path)
  const write = async (query: Sql): Promise<string> => {
    signal?.throwIfAborted()
    const file = workspace.path('.json')
    await writeTable(engine, query, { path: file, ...encodingOf(format) })
    return file
  }
  try {
    // The engine writes one batch while the members of the batch before it are compressed.
    let pack = async (): Promise<void> => undefined
    for (const batch of batches(all)) {
      const events = eventColumns(plan, slice(batch))
      const [file] = await Promise.all([write(formatted(format, events)), pack()])
      pack = () => packMembers(archive, batch, file)
    }
    await pack()

    const last = all.at(-1)?.hour ?? new Date(plan.startMs)
    const merged = await compress(await readFile(await write(mergedIds(plan, last))))
    archive.add(`${PROJECT}/-${ORGANIZATION}_${stamp(last)}.json.gz`, merged, last)
    archive.add(`${PROJECT}/${PROJECT}_${stamp(last)}_complete`, Buffer.alloc(0), last)
    await archive.close()
  } catch (error) {
    archive.discard()
    throw error
  }
}

async function members(engine: Engine): Promise<Member[]> {
  const hours = await engine.rows<{ hour: number; first_row: number; rows: number }>(
    sql`SELECT (arrival_micros // ${MICROS_PER_HOUR})::INTEGER AS hour,
  min(rowid)::DOUBLE AS first_row, count(*)::DOUBLE AS rows
FROM deliveries GROUP BY ALL ORDER BY ALL`,
  )
  return hours.flatMap(({ hour, first_row, rows }) =>
    Array.from({ length: Math.ceil(rows / MEMBER_ROWS) }, (_, partition) => ({
      hour: new Date((hour * MICROS_PER_HOUR) / 1000),
      partition,
      firstRow: first_row + partition * MEMBER_ROWS,
      rows: Math.min(MEMBER_ROWS, rows - partition * MEMBER_ROWS),
    })),
  )
}

/** Neighbours together, up to the size of one full member: a query costs more than a small hour. */
function batches(all: readonly Member[]): Member[][] {
  const grouped: Member[][] = []
  let room = 0
  for (const member of all) {
    const current = grouped.at(-1)
    if (current !== undefined && member.rows <= room) {
      current.push(member)
      room -= member.rows
    } else {
      grouped.push([member])
      room = MEMBER_ROWS - member.rows
    }
  }
  return grouped
}

function slice(batch: readonly Member[]): Sql {
  const first = batch[0]?.firstRow ?? 0
  const rows = batch.reduce((sum, member) => sum + member.rows, 0)
  return sql`(FROM deliveries WHERE rowid >= ${first} AND rowid < ${first + rows})`
}

/** Cuts a batch's lines into its members. */
async function packMembers(
  archive: Archive,
  batch: readonly Member[],
  file: string,
): Promise<void> {
  const lines = await readFile(file)
  await rm(file)
  let start = 0
  for (const { hour, partition, rows } of batch) {
    const end = afterLines(lines, start, rows)
    const name = `${PROJECT}/${PROJECT}_${stamp(hour)}#${partition}.json.gz`
    archive.add(name, await compress(lines.subarray(start, end)), hour)
    start = end
  }
}

/** The place after so many more lines. */
function afterLines(bytes: Buffer, from: number, lines: number): number {
  let end = from
  for (let i = 0; i < lines; i++) {
    const newline = bytes.indexOf(10, end)
    end = newline < 0 ? bytes.length : newline + 1
  }
  return end
}

/** `2024-01-31_9`: the hour has no leading zero. */
const stamp = (hour: Date): string => `${hour.toISOString().slice(0, 10)}_${hour.getUTCHours()}`

/**
 * Some users were known under another id before they logged in. Nothing of theirs from that time is
 * in the export, so the planted sessions hold whether or not a reader follows the merges.
 */
const mergedIds = (plan: Plan, hour: Date): Sql => sql`SELECT ${ORGANIZATION} AS scope,
  make_timestamp(${hour.getTime() * 1000} + (${draw(sql`user_key`, 'detail')} % ${MICROS_PER_HOUR})::BIGINT) AS merge_time,
  merge_time AS merge_server_time,
  ${amplitudeId} AS amplitude_id,
  ${amplitudeId} - 100000000000 AS merged_amplitude_id
FROM (
  SELECT user_key, ${personColumns(plan)}
  FROM (SELECT DISTINCT user_number, user_key, 0 AS platform FROM visits)
)
WHERE NOT anonymous AND ${happens(draw(sql`user_key`, 'merged'), MERGED_SHARE)}
ORDER BY merge_time, amplitude_id`
