/**
 * Sessions under many timeouts from one pass over the events.
 *
 * With blocks as wide as the smallest timeout at most, the pauses between blocks decide every
 * larger timeout exactly. The sessions of one timeout are runs of the sessions of the next smaller
 * one, so each step joins only what the wider timeout newly joins, and there is less and less of it.
 */
import type { Engine } from '../../engines/duckdb.js'
import type { Events } from '../../events/open.js'
import { planSessions } from '../../sessions/build.js'
import type { SessionDefinition } from '../../sessions/definition.js'
import type { BlockPlan } from '../../sessions/plan.js'
import { identifier, type Sql, sql } from '../../sql/sql.js'
import { ratio } from '../exact.js'

export interface SweepRow {
  readonly gapSeconds: number
  readonly sessions: number
  readonly bounces: number
  readonly bounceShare: number | null
  readonly totalSeconds: number
  readonly meanSeconds: number | null
  readonly p50Seconds: number | null
  readonly p90Seconds: number | null
}

export async function sweepGaps(
  engine: Engine,
  events: Events,
  definition: SessionDefinition,
  gapsMicros: readonly number[],
  plan?: BlockPlan,
): Promise<SweepRow[]> {
  const gaps = [...new Set(gapsMicros)].sort((a, b) => a - b)
  const [smallest] = gaps
  if (smallest === undefined) return []
  const request = await planSessions(engine, events, {
    definition: { ...definition, gapMicros: smallest },
    dimensions: [],
    properties: [],
    ...(plan === undefined ? {} : { plan }),
  })
  await link(engine, request.plan === 'blocks' ? blocks(smallest) : EVENTS)
  const rows: SweepRow[] = []
  for (const gap of gaps) {
    await widen(engine, definition.boundary, gap)
    rows.push(await measure(engine, gap))
  }
  await engine.run(sql`DROP TABLE runs`)
  return rows
}

const EVENTS = sql`SELECT user, t AS start, t AS "end", true AS single FROM events`

const blocks = (width: number): Sql => sql`
  SELECT user, min(t) AS start, max(t) AS "end", count(*) = 1 AS single
  FROM events GROUP BY user, t // ${width}`

/** Creates `runs`: so far one row per block, with the pauses before and after it. */
async function link(engine: Engine, from: Sql): Promise<void> {
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE runs AS
    SELECT user, start, "end", single,
      start - lag("end") OVER by_time AS before,
      lead(start) OVER by_time - "end" AS after
    FROM (${from})
    WINDOW by_time AS (PARTITION BY user ORDER BY start, "end")`)
}

/** Joins the runs that are no further apart than the gap. */
async function widen(
  engine: Engine,
  boundary: SessionDefinition['boundary'],
  gap: number,
): Promise<void> {
  const apart = (pause: 'before' | 'after'): Sql => {
    const name = identifier(pause)
    return boundary === 'after'
      ? sql`coalesce(${name} > ${gap}, true)`
      : sql`coalesce(${name} >= ${gap}, true)`
  }
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE wider AS
    SELECT user, start, "end", single, before, after FROM runs
    WHERE ${apart('before')} AND ${apart('after')}
    UNION ALL
    SELECT user, min(start), max("end"), false,
      max(CASE WHEN opens THEN before END),
      max(CASE WHEN closes THEN after END)
    FROM (
      SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY user ORDER BY start, "end" ROWS UNBOUNDED PRECEDING) AS run
      FROM (SELECT *, ${apart('before')} AS opens, ${apart('after')} AS closes FROM runs)
      WHERE NOT (opens AND closes)
    )
    GROUP BY user, run`)
  await engine.run(sql`DROP TABLE runs`)
  await engine.run(sql`ALTER TABLE wider RENAME TO runs`)
}

async function measure(engine: Engine, gap: number): Promise<SweepRow> {
  const row = await engine.row<{
    sessions: bigint
    bounces: bigint
    total: bigint
    quantiles: number[] | null
  }>(sql`
    SELECT count(*) AS sessions, count(*) FILTER (WHERE single) AS bounces,
      coalesce(sum("end" - start), 0) AS total,
      quantile_cont("end" - start, [0.5, 0.9]) AS quantiles
    FROM runs`)
  const sessions = Number(row.sessions)
  const [p50, p90] = row.quantiles ?? []
  return {
    gapSeconds: gap / 1e6,
    sessions,
    bounces: Number(row.bounces),
    bounceShare: ratio(Number(row.bounces), sessions),
    totalSeconds: Number(row.total) / 1e6,
    meanSeconds: sessions === 0 ? null : Number(row.total) / sessions / 1e6,
    p50Seconds: p50 === undefined ? null : p50 / 1e6,
    p90Seconds: p90 === undefined ? null : p90 / 1e6,
  }
}
