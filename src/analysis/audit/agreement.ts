/** How far two partitions of the same events into sessions agree. */
import type { Engine } from '../../engines/duckdb.js'
import { count, type Figure, select, sum } from '../../figures/figure.js'
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

const kinds = (engine: Engine, id: Sql, table: Sql): Promise<KindCounts> =>
  select(
    engine,
    sql`${table}
      LEFT JOIN (SELECT ${id}, max(spans) AS spans, max(holds) AS holds FROM pairs GROUP BY ${id}) USING (${id})`,
    KINDS,
  )

const KINDS = {
  sessions: count(),
  exact: count(sql`spans = 1 AND holds = 1`),
  split: count(sql`spans = 1 AND holds > 1`),
  merged: count(sql`spans > 1 AND holds = 1`),
  mixed: count(sql`spans > 1 AND holds > 1`),
  apart: count(sql`spans IS NULL`),
} as const

async function randIndex(engine: Engine): Promise<number | null> {
  const together = (events: Sql): Figure<number> =>
    sum(sql`CAST(${events} AS HUGEINT) * (${events} - 1) // 2`)
  const of = async (side: Sql): Promise<number> => {
    const sessions = sql`(SELECT sum(events) AS n FROM pairs GROUP BY ${side})`
    return (await select(engine, sessions, { n: together(sql`n`) })).n
  }
  return adjustedRandIndex({
    ...(await select(engine, sql`pairs`, {
      both: together(sql`events`),
      events: sum(sql`events`),
    })),
    recorded: await of(sql`recorded`),
    rebuilt: await of(sql`rebuilt`),
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
