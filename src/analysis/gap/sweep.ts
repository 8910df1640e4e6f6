/**
 * Sessions under many timeouts from one pass over the events.
 *
 * With blocks as wide as the smallest timeout at most, the pauses between blocks decide every
 * larger timeout exactly. The sessions of one timeout are runs of the sessions of the next smaller
 * one, so each step joins only what the wider timeout newly joins, and there is less and less of it.
 */
import type { Engine } from '../../engines/duckdb.js'
import { count, select } from '../../figures/figure.js'
import { planSessions } from '../../sessions/build.js'
import type { Events } from '../../sessions/dataset.js'
import type { SessionDefinition } from '../../sessions/definition.js'
import type { BlockPlan } from '../../sessions/plan.js'
import { type Sql, sql } from '../../sql/sql.js'
import { ratio } from '../exact.js'
import { LENGTHS, type LengthFigures, lengthFigures } from '../lengths.js'

/** What one timeout makes of the events. */
export interface SweepRow extends LengthFigures {
  readonly gapSeconds: number
  readonly bounces: number
  readonly bounceShare: number | null
  readonly totalSeconds: number
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
  const { boundary } = definition
  await openRuns(engine, request.plan === 'blocks' ? blocks(smallest) : EVENTS, boundary, smallest)
  await settle(engine, boundary, gaps.at(-1) ?? smallest)
  const rows: SweepRow[] = []
  for (const gap of gaps) {
    if (gap !== smallest) await widen(engine, boundary, gap)
    rows.push(await measure(engine, gap))
  }
  await engine.run(sql`DROP TABLE runs`)
  await engine.run(sql`DROP TABLE settled`)
  return rows
}

const EVENTS = sql`SELECT user, t AS start, t AS "end", true AS single FROM events`

const blocks = (width: number): Sql => sql`
  SELECT user, min(t) AS start, max(t) AS "end", count(*) = 1 AS single
  FROM events GROUP BY user, t // ${width}`

type Boundary = SessionDefinition['boundary']

/** Whether a pause ends a run; none at all does, too. */
const apart = (pause: Sql, boundary: Boundary, gap: number): Sql =>
  boundary === 'after'
    ? sql`coalesce(${pause} > ${gap}, true)`
    : sql`coalesce(${pause} >= ${gap}, true)`

/**
 * Creates `runs`: the sessions of the smallest gap, with the pauses before and after each. Only
 * blocks that open a run are kept and linked again: a run ends where the block before the next
 * opening one does, and the user's last run where the user does.
 */
async function openRuns(
  engine: Engine,
  from: Sql,
  boundary: Boundary,
  smallest: number,
): Promise<void> {
  await engine.run(sql`CREATE OR REPLACE TEMP TABLE gap_blocks AS ${from}`)
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE runs AS
    SELECT user, start, coalesce(lead(previous) OVER by_time, last) AS "end",
      single AND coalesce(lead(nth) OVER by_time, blocks + 1) - nth = 1 AS single,
      start - previous AS before, lead(start - previous) OVER by_time AS after
    FROM (
      SELECT user, start, single, lag("end") OVER by_time AS previous, row_number() OVER by_time AS nth
      FROM gap_blocks
      WINDOW by_time AS (PARTITION BY user ORDER BY start)
      QUALIFY ${apart(sql`start - previous`, boundary, smallest)}
    ) JOIN (
      SELECT user, max("end") AS last, count(*) AS blocks FROM gap_blocks GROUP BY user
    ) USING (user)
    WINDOW by_time AS (PARTITION BY user ORDER BY start)`)
  await engine.run(sql`DROP TABLE gap_blocks`)
}

/** Sets aside, as `settled`, the runs that no gap of the sweep joins: of sparse data, nearly all. */
async function settle(engine: Engine, boundary: Boundary, largest: number): Promise<void> {
  const alone = sql`${apart(sql`before`, boundary, largest)} AND ${apart(sql`after`, boundary, largest)}`
  await engine.run(
    sql`CREATE OR REPLACE TEMP TABLE settled AS SELECT "end" - start AS length, single FROM runs WHERE ${alone}`,
  )
  await engine.run(
    sql`CREATE OR REPLACE TEMP TABLE wider AS SELECT * FROM runs WHERE NOT (${alone})`,
  )
  await replaceRuns(engine)
}

async function replaceRuns(engine: Engine): Promise<void> {
  await engine.run(sql`DROP TABLE runs`)
  await engine.run(sql`ALTER TABLE wider RENAME TO runs`)
}

/** Joins the runs that are no further apart than the gap. */
async function widen(engine: Engine, boundary: Boundary, gap: number): Promise<void> {
  const opens = apart(sql`before`, boundary, gap)
  const closes = apart(sql`after`, boundary, gap)
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE wider AS
    SELECT user, start, "end", single, before, after FROM runs
    WHERE ${opens} AND ${closes}
    UNION ALL
    SELECT user, min(start), max("end"), false,
      max(CASE WHEN opens THEN before END),
      max(CASE WHEN closes THEN after END)
    FROM (
      SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY user ORDER BY start, "end" ROWS UNBOUNDED PRECEDING) AS run
      FROM (SELECT *, ${opens} AS opens, ${closes} AS closes FROM runs)
      WHERE NOT (opens AND closes)
    )
    GROUP BY user, run`)
  await replaceRuns(engine)
}

const FIGURES = { ...LENGTHS, bounces: count(sql`single`) } as const

async function measure(engine: Engine, gap: number): Promise<SweepRow> {
  const row = await select(
    engine,
    sql`(SELECT length, single FROM settled UNION ALL SELECT "end" - start, single FROM runs)`,
    FIGURES,
  )
  const { sessions, ...lengths } = lengthFigures(row)
  return {
    gapSeconds: gap / 1e6,
    sessions,
    bounces: row.bounces,
    bounceShare: ratio(row.bounces, sessions),
    totalSeconds: row.total / 1e6,
    ...lengths,
  }
}
