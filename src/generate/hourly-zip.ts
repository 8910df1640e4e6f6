import { createReadStream, rmSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import type { Engine } from '../engines/duckdb.js'
import type { Workspace } from '../sources/workspace.js'
import { type Sql, sql } from '../sql/sql.js'
import { Archive } from './archive.js'
import { draw, happens } from './draws.js'
import { deliveries, eventColumns } from './events.js'
import { amplitudeId, ORGANIZATION, PROJECT } from './formats/amplitude.js'
import type { EventFormat } from './formats/index.js'
import { personColumns } from './people.js'
import type { Plan } from './plan.js'
import { formatted, writeTable } from './table.js'

const HOUR_MICROS = 3_600_000_000
/** What one member holds at most, as an hour of a busy project comes in several. */
const MEMBER_ROWS = 200_000
const MERGED_SHARE = 0.03

interface Member {
  readonly hour: Date
  readonly partition: number
  readonly firstRow: number
  readonly rows: number
}

/**
 * An Amplitude export: `184320/184320_2024-01-01_0#0.json.gz`, one member per hour of upload, then
 * the hour's merged ids and a marker that the export is complete.
 */
export async function writeHourlyZip(
  engine: Engine,
  workspace: Workspace,
  plan: Plan,
  format: EventFormat,
  path: string,
): Promise<void> {
  await engine.run(sql`CREATE TABLE deliveries AS ${deliveries(plan)}`)
  const archive = new Archive(path)
  const write = async (name: string, hour: Date, query: Sql): Promise<() => Promise<void>> => {
    const file = workspace.path('.json')
    await writeTable(engine, query, {
      path: file,
      encoding: format.encoding,
      ...(format.timeFormat === undefined ? {} : { timeFormat: format.timeFormat }),
    })
    return async () => {
      archive.add(name, await buffer(createReadStream(file).pipe(createGzip())), hour)
      rmSync(file)
    }
  }

  let last = new Date(plan.startMs)
  // The engine writes one member while the one before it is compressed.
  let pack = async (): Promise<void> => undefined
  for (const { hour, partition, firstRow, rows } of await members(engine)) {
    const slice = sql`(FROM deliveries WHERE rowid >= ${firstRow} AND rowid < ${firstRow + rows})`
    const name = `${PROJECT}/${PROJECT}_${stamp(hour)}#${partition}.json.gz`
    const [next] = await Promise.all([
      write(name, hour, formatted(format, eventColumns(plan, slice))),
      pack(),
    ])
    pack = next
    last = hour
  }
  await pack()

  const merged = await write(
    `${PROJECT}/-${ORGANIZATION}_${stamp(last)}.json.gz`,
    last,
    mergedIds(plan, last),
  )
  await merged()
  archive.add(`${PROJECT}/${PROJECT}_${stamp(last)}_complete`, Buffer.alloc(0), last)
  await archive.close()
}

async function members(engine: Engine): Promise<Member[]> {
  const hours = await engine.rows<{ hour: number; first_row: number; rows: number }>(
    sql`SELECT (arrival_micros // ${HOUR_MICROS})::INTEGER AS hour,
  min(rowid)::DOUBLE AS first_row, count(*)::DOUBLE AS rows
FROM deliveries GROUP BY ALL ORDER BY ALL`,
  )
  return hours.flatMap(({ hour, first_row, rows }) =>
    Array.from({ length: Math.ceil(rows / MEMBER_ROWS) }, (_, partition) => ({
      hour: new Date((hour * HOUR_MICROS) / 1000),
      partition,
      firstRow: first_row + partition * MEMBER_ROWS,
      rows: Math.min(MEMBER_ROWS, rows - partition * MEMBER_ROWS),
    })),
  )
}

/** `2024-01-31_9`: the hour has no leading zero. */
const stamp = (hour: Date): string => `${hour.toISOString().slice(0, 10)}_${hour.getUTCHours()}`

/**
 * Some users were known under another id before they logged in. Nothing of theirs from that time is
 * in the export, so the planted sessions hold whether or not a reader follows the merges.
 */
const mergedIds = (plan: Plan, hour: Date): Sql => sql`SELECT ${ORGANIZATION} AS scope,
  make_timestamp(${hour.getTime() * 1000} + (${draw(sql`user_key`, 'detail')} % ${HOUR_MICROS})::BIGINT) AS merge_time,
  merge_time AS merge_server_time,
  ${amplitudeId} AS amplitude_id,
  ${amplitudeId} - 100000000000 AS merged_amplitude_id
FROM (
  SELECT user_key, ${personColumns(plan)}
  FROM (SELECT DISTINCT user_number, user_key, 0 AS platform FROM visits)
)
WHERE NOT anonymous AND ${happens(draw(sql`user_key`, 'merged'), MERGED_SHARE)}
ORDER BY merge_time, amplitude_id`
