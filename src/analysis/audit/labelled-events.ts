/**
 * Events under both labels: the recorded session they came with and the rebuilt session they are in.
 *
 *   recorded_sessions  one row per user and recorded id, numbered by user, start and id
 *   rebuilt_sessions   one row per rebuilt session, numbered by user and start
 *   labelled           one row per event: `uid`, `t`, `name`, `recorded`, `rebuilt`, `passive`, `platform`
 *
 * Passive events have no rebuilt label: they open and close nothing.
 */
import type { Engine } from '../../engines/duckdb.js'
import { measureSessions, planSessions } from '../../sessions/build.js'
import type { Events } from '../../sessions/dataset.js'
import type { SessionDefinition } from '../../sessions/definition.js'
import type { BlockPlan } from '../../sessions/plan.js'
import { identifier, join, raw, type Sql, sql } from '../../sql/sql.js'
import { omitUndefined } from '../../units/omit-undefined.js'
import { eventColumn } from '../event-access.js'
import { eventsInSessions } from '../event-sessions.js'
import { isPassive } from '../passive.js'

export interface LabelOptions {
  readonly definition: SessionDefinition
  /** Names among `events.dimensions`; sessions have them as `dimension_0`, ... */
  readonly dimensions: readonly string[]
  readonly plan?: BlockPlan
}

/** A session's value of the dimension at this position. */
export const dimensionColumn = (position: number): Sql => identifier(`dimension_${position}`)

/** @returns `events` with the `rebuilt`, `start`, `end` and `length` of their rebuilt sessions */
export async function labelEvents(
  engine: Engine,
  events: Events,
  options: LabelOptions,
): Promise<Sql> {
  const inRebuilt = await rebuildSessions(engine, events, options)
  await groupRecorded(engine, events, options.dimensions)
  const platform = options.dimensions.includes('platform')
    ? eventColumn(events, 'platform')
    : raw('CAST(NULL AS VARCHAR)')
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE labelled AS
    SELECT s.uid, e.t, e.name, s.recorded, CASE WHEN NOT e.passive THEN e.rebuilt END AS rebuilt, e.passive, e.platform
    FROM (
      SELECT user, t, name, session, rebuilt, ${isPassive(options.definition)} AS passive, ${platform} AS platform
      FROM (${inRebuilt})
    ) AS e
    JOIN recorded_sessions AS s ON s.user = e.user AND s.session = e.session`)
  return inRebuilt
}

/** Sessions of the definition as `rebuilt_sessions`. @returns events as `labelEvents` does */
export async function rebuildSessions(
  engine: Engine,
  events: Events,
  { definition, dimensions, plan }: LabelOptions,
): Promise<Sql> {
  const request = await planSessions(engine, events, {
    definition,
    dimensions,
    ...omitUndefined({ plan }),
  })
  await measureSessions(engine, request)
  const renamed = dimensions.map(
    (_, i) => sql`${identifier(`segment_${i}`)} AS ${dimensionColumn(i)}`,
  )
  // Sorted, then numbered as they come: a window over all rows holds them all.
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE rebuilt_sessions AS
    SELECT row_number() OVER () AS rebuilt, *
    FROM (
      SELECT ${join([raw('user, start, tie_rank, "end", length, events'), ...renamed])}
      FROM sessions ORDER BY user, start, tie_rank
    )`)
  const source = { table: 'rebuilt_sessions', columns: ['rebuilt', 'start', 'end', 'length'] }
  return eventsInSessions(engine, events, request, source)
}

async function groupRecorded(
  engine: Engine,
  events: Events,
  dimensions: readonly string[],
): Promise<void> {
  for (const [i, name] of dimensions.entries()) {
    const value = eventColumn(events, name)
    await engine.run(sql`
      CREATE OR REPLACE TEMP TABLE ${codesOf(i)} AS
      SELECT row_number() OVER () AS code, value
      FROM (SELECT DISTINCT ${value} AS value FROM events WHERE ${value} IS NOT NULL ORDER BY value)`)
  }
  // Text in an aggregate cannot be written to disk; a time and a code in one integer can.
  const firsts = dimensions.map(
    (_, i) =>
      sql`min(CAST(e.t AS HUGEINT) * ${CODES} + ${codesOf(i)}.code) % ${CODES} AS ${dimensionColumn(i)}`,
  )
  const coded = dimensions.map((name, i) => {
    const value = eventColumn(events, name)
    return sql` LEFT JOIN ${codesOf(i)} ON ${codesOf(i)}.value = e.${value}`
  })
  const values = dimensions.map((_, i) => sql`${codesOf(i)}.value AS ${dimensionColumn(i)}`)
  const decoded = dimensions.map(
    (_, i) => sql` LEFT JOIN ${codesOf(i)} ON ${codesOf(i)}.code = g.${dimensionColumn(i)}`,
  )
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE recorded_sessions AS
    SELECT row_number() OVER () AS recorded,
      CAST(sum(CAST(is_new AS INTEGER)) OVER (ROWS UNBOUNDED PRECEDING) AS BIGINT) AS uid,
      * EXCLUDE (is_new), "end" - start AS length
    FROM (
      SELECT *, user IS DISTINCT FROM lag(user) OVER () AS is_new
      FROM (
        SELECT ${join([raw('g.user, g.session, g.start, g."end", g.events'), ...values])}
        FROM (
          SELECT ${join([raw('e.user, e.session, min(e.t) AS start, max(e.t) AS "end", count(*) AS events'), ...firsts])}
          FROM events AS e${join(coded, '')} GROUP BY e.user, e.session
        ) AS g${join(decoded, '')}
        ORDER BY g.user, g.start, g.session
      )
    )`)
}

/** More codes than there are values. */
const CODES = 2 ** 40

/** The values of the dimension at this position, numbered in their order. */
const codesOf = (position: number): Sql => identifier(`dimension_codes_${position}`)
