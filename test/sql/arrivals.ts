/** Events in the order in which they arrive: day by day, some of them up to two days late. */
import type { Engine } from '../../src/engines/duckdb.js'
import { raw, sql } from '../../src/sql/sql.js'
import { csv } from '../oracle/csv.js'

const DAY = 86_400_000
const FIRST = Date.UTC(2024, 2, 1)
const DAYS = 8

const HEADER = ['uid', 'at', 'what', 'sid', 'platform', 'page', 'paid']

/** An empty table for them. */
export async function eventsTable(engine: Engine, name: string): Promise<void> {
  const columns = HEADER.map((column) => `"${column}" ${column === 'at' ? 'TIMESTAMP' : 'VARCHAR'}`)
  await engine.run(sql`CREATE OR REPLACE TABLE ${raw(name)} (${raw(columns.join(', '))})`)
}

/** One CSV file a day. */
export function arrivals(): string[] {
  let state = 7
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const pick = (values: readonly (string | null)[]): string | null =>
    values[random(values.length)] ?? null
  const days: (string | null)[][][] = Array.from({ length: DAYS }, () => [])
  for (let user = 0; user < 25; user++) {
    // Some users come back each day, some only once.
    const until = FIRST + DAY * (user % 3 === 0 ? DAYS : 1 + random(DAYS))
    for (
      let at = FIRST + random(DAY);
      at < until;
      at += [0, 90_000, 600_000, 1_800_000, 7 * 3_600_000][random(5)] ?? 0
    ) {
      at += random(60_000)
      const late = random(8) === 0 ? random(46 * 3_600_000) : 0
      const day = Math.min(DAYS - 1, Math.floor((at + late - FIRST) / DAY))
      days[day]?.push([
        `u${user}`,
        new Date(at).toISOString().replace('T', ' ').replace('Z', ''),
        pick(['view', 'buy', 'ping', 'video', null]),
        pick(['s1', 's2', null]),
        pick(['web', 'ios', null]),
        pick(['/a', '/b', null]),
        pick(['1.50', '2', 'none']),
      ])
    }
  }
  return days.map((rows) => csv([HEADER, ...rows]))
}
