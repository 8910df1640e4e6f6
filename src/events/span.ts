/**
 * The time that the data cover: from the first to the last event, but for those far from all others.
 * Nearly every export has devices with a wrong clock (1970, 2001, 2038, 2099). Their events stay
 * events, but the data neither begin nor end with them.
 *
 * Looked at are the runs of events without a pause of half a month, so that times that are known only
 * as blocks give the same answer. What lies outside the middle 98 % and beyond a pause that the middle
 * has nothing alike is far: a few events beyond a month, up to 1 % beyond two years.
 */
import type { Engine } from '../engines/duckdb.js'
import { type Sql, sql } from '../sql/sql.js'
import { MICROS_PER_DAY } from '../units/time.js'

/** In microseconds since year 1; null when nothing was kept. */
export interface Span {
  readonly firstMicros: bigint | null
  readonly lastMicros: bigint | null
  readonly far: FarEvents | null
}

/** Events outside of the span. */
export interface FarEvents {
  readonly before: number
  readonly after: number
  /** Of all events, in microseconds since year 1. */
  readonly firstMicros: bigint
  readonly lastMicros: bigint
}

/** Events without a pause of `LEAST_PAUSE` among them. */
export interface Run {
  readonly first: bigint
  readonly last: bigint
  readonly events: number
}

/** Of fewer events none is far. */
const LEAST_EVENTS = 1_000
const LONG_PAUSE = 31n * BigInt(MICROS_PER_DAY)
const VERY_LONG_PAUSE = 731n * BigInt(MICROS_PER_DAY)
/** Half of what counts: a pause is compared with twice the longest in the middle. */
const LEAST_PAUSE = LONG_PAUSE / 2n
const FEW = 10
const FEW_SHARE = 0.001
const OUTER_SHARE = 0.01

export interface Edges {
  readonly first: bigint | null
  readonly last: bigint | null
}

/** One row per UTC day of events of a relation: `first`, `last`, `events`. */
export const daysOfEvents = (events: Sql): Sql =>
  sql`SELECT min(t) AS first, max(t) AS last, count(*) AS events FROM ${events} GROUP BY t // ${MICROS_PER_DAY}`

/** The same of blocks, which are short: by the day on which each begins. */
export const daysOfBlocks = (blocks: Sql): Sql =>
  sql`SELECT min(first) AS first, max(last) AS last, sum(events) AS events FROM ${blocks} GROUP BY first // ${MICROS_PER_DAY}`

/**
 * @param edges of all events
 * @param days a query of `first`, `last` and `events` of parts of them, which is run only where some may be far
 */
export async function spanOf(
  engine: Engine,
  { first, last }: Edges,
  events: number,
  days: Sql,
): Promise<Span> {
  const whole = { firstMicros: first, lastMicros: last, far: null }
  if (first === null || last === null) return whole
  if (events < LEAST_EVENTS || last - first <= LONG_PAUSE) return whole
  const runs = await engine.rows<{ first: bigint; last: bigint; events: bigint }>(sql`
    SELECT min(first) AS first, max(last) AS last, CAST(sum(events) AS BIGINT) AS events
    FROM (
      SELECT *, count(*) FILTER (WHERE pause > ${LEAST_PAUSE}) OVER (ORDER BY first, last) AS run
      FROM (
        SELECT *, first - max(last) OVER (ORDER BY first, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS pause
        FROM (${days})
      )
    )
    GROUP BY run ORDER BY run`)
  return bulkOf(runs.map((run) => ({ ...run, events: Number(run.events) })))
}

/** @param runs all of them, in order */
export function bulkOf(runs: readonly Run[]): Span {
  const mirrored = runs
    .map(({ first, last, events }) => ({ first: -last, last: -first, events }))
    .reverse()
  const [early, late] = [upTo(runs), upTo(mirrored)]
  const total = early.at(-1) ?? 0
  const [left, right] = [outermost(early), outermost(late)]
  const middle = runs.slice(left, runs.length - right)
  let longest = 0n
  for (const [i, { first }] of middle.entries()) {
    const pause = first - (middle[i - 1]?.last ?? first)
    if (pause > longest) longest = pause
  }
  /** How many of the first runs lie beyond the innermost pause that makes them far. */
  const beyond = (side: readonly Run[], sums: readonly number[], most: number): number => {
    for (let count = most; count > 0; count--) {
      const pause = (side[count]?.first ?? 0n) - (side[count - 1]?.last ?? 0n)
      const few = (sums[count] ?? 0) <= Math.max(FEW, total * FEW_SHARE)
      if (pause > (few ? LONG_PAUSE : VERY_LONG_PAUSE) && pause > 2n * longest) return count
    }
    return 0
  }
  const before = beyond(runs, early, left)
  const after = beyond(mirrored, late, right)
  const [first, last] = [runs[0]?.first ?? null, runs.at(-1)?.last ?? null]
  return {
    firstMicros: runs[before]?.first ?? null,
    lastMicros: runs.at(-1 - after)?.last ?? null,
    far:
      before + after === 0 || first === null || last === null
        ? null
        : {
            before: early[before] ?? 0,
            after: late[after] ?? 0,
            firstMicros: first,
            lastMicros: last,
          },
  }
}

/** Events of the first 0, 1, 2, ... runs. */
function upTo(runs: readonly Run[]): number[] {
  let sum = 0
  return [0, ...runs.map(({ events }) => (sum += events))]
}

/** How many runs hold 1 % of the events at most, together. */
const outermost = (sums: readonly number[]): number =>
  sums.findLastIndex((sum) => sum <= (sums.at(-1) ?? 0) * OUTER_SHARE)
