/** How far two partitions of the same events into sessions agree. */
import type { Engine } from '../../engines/duckdb.js'
import { type Sql, sql } from '../../sql/sql.js'
import { ratio } from '../exact.js'
import type { Agreement, KindCounts } from './audit.js'

/** Over `labelled`, `recorded_sessions` and `rebuilt_sessions`; leaves the table `pairs`. */
export async function measureAgreement(engine: Engine): Promise<Agreement> {
  // One row per recorded and rebuilt session that share events: the contingency table's cells.
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE pairs AS
    SELECT *, count(*) OVER (PARTITION BY recorded) AS spans, count(*) OVER (PARTITION BY rebuilt) AS holds
    FROM (
      SELECT recorded, rebuilt, count(*) AS events FROM labelled WHERE NOT passive GROUP BY recorded, rebuilt
    )`)
  const recorded = await kinds(engine, sql`recorded`, sql`recorded_sessions`)
  return {
    recorded,
    rebuilt: await kinds(engine, sql`rebuilt`, sql`rebuilt_sessions`),
    exactShare: ratio(recorded.exact, recorded.sessions),
    adjustedRandIndex: await randIndex(engine),
  }
}

async function kinds(engine: Engine, id: Sql, table: Sql): Promise<KindCounts> {
  const row = await engine.row<Record<keyof KindCounts, bigint>>(sql`
    SELECT count(*) AS sessions,
      count(*) FILTER (WHERE spans = 1 AND holds = 1) AS exact,
      count(*) FILTER (WHERE spans = 1 AND holds > 1) AS split,
      count(*) FILTER (WHERE spans > 1 AND holds = 1) AS merged,
      count(*) FILTER (WHERE spans > 1 AND holds > 1) AS mixed,
      count(*) FILTER (WHERE spans IS NULL) AS apart
    FROM ${table}
    LEFT JOIN (SELECT ${id}, max(spans) AS spans, max(holds) AS holds FROM pairs GROUP BY ${id}) USING (${id})`)
  return {
    sessions: Number(row.sessions),
    exact: Number(row.exact),
    split: Number(row.split),
    merged: Number(row.merged),
    mixed: Number(row.mixed),
    apart: Number(row.apart),
  }
}

async function randIndex(engine: Engine): Promise<number | null> {
  const together = (events: Sql): Sql =>
    sql`coalesce(sum(CAST(${events} AS HUGEINT) * (${events} - 1) // 2), 0)`
  const { both, recorded, rebuilt, events } = await engine.row<{
    both: bigint
    recorded: bigint
    rebuilt: bigint
    events: bigint
  }>(sql`
    SELECT
      (SELECT ${together(sql`events`)} FROM pairs) AS both,
      (SELECT ${together(sql`n`)} FROM (SELECT sum(events) AS n FROM pairs GROUP BY recorded)) AS recorded,
      (SELECT ${together(sql`n`)} FROM (SELECT sum(events) AS n FROM pairs GROUP BY rebuilt)) AS rebuilt,
      (SELECT coalesce(sum(events), 0) FROM pairs) AS events`)
  return adjustedRandIndex({
    both: Number(both),
    recorded: Number(recorded),
    rebuilt: Number(rebuilt),
    events: Number(events),
  })
}

/** Numbers of pairs of events that share a session: on both sides, and on each. */
export interface PairCounts {
  readonly both: number
  readonly recorded: number
  readonly rebuilt: number
  readonly events: number
}

/**
 * The Rand index, adjusted so that partitions at random have 0 on average and equal ones 1.
 * Hubert & Arabie (1985), Comparing partitions, Journal of Classification 2, 193-218, equation 5.
 * Null of fewer than two events. Where all sessions are single events, or all events one session,
 * on both sides alike, the formula is 0/0 and the partitions are equal: 1.
 */
export function adjustedRandIndex({ both, recorded, rebuilt, events }: PairCounts): number | null {
  const all = (events * (events - 1)) / 2
  if (all < 1) return null
  const expected = (recorded / all) * rebuilt
  const largest = (recorded + rebuilt) / 2
  return largest === expected ? 1 : (both - expected) / (largest - expected)
}
