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
import type { Events } from '../../events/open.js'
import { given } from '../../given.js'
import { measureSessions, planSessions } from '../../sessions/build.js'
import type { SessionDefinition } from '../../sessions/definition.js'
import type { BlockPlan } from '../../sessions/plan.js'
import { identifier, join, raw, type Sql, sql } from '../../sql/sql.js'
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
    ...given({ plan }),
  })
  await measureSessions(engine, request)
  const renamed = dimensions.map(
    (_, i) => sql`${identifier(`segment_${i}`)} AS ${dimensionColumn(i)}`,
  )
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE rebuilt_sessions AS
    SELECT row_number() OVER (ORDER BY user, start, place) AS rebuilt,
      ${join([raw('user, start, place, "end", length, events'), ...renamed])}
    FROM sessions`)
  const source = { table: 'rebuilt_sessions', columns: ['rebuilt', 'start', 'end', 'length'] }
  return eventsInSessions(engine, events, request, source)
}

async function groupRecorded(
  engine: Engine,
  events: Events,
  dimensions: readonly string[],
): Promise<void> {
  const values = dimensions.map((name, i) => {
    const value = eventColumn(events, name)
    return sql`min({t: t, value: ${value}}) FILTER (WHERE ${value} IS NOT NULL).value AS ${dimensionColumn(i)}`
  })
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE recorded_sessions AS
    SELECT row_number() OVER (ORDER BY user, start, session) AS recorded,
      dense_rank() OVER (ORDER BY user) AS uid, *, "end" - start AS length
    FROM (
      SELECT ${join([raw('user, session, min(t) AS start, max(t) AS "end", count(*) AS events'), ...values])}
      FROM events GROUP BY user, session
    )`)
}

export function eventColumn(events: Events, name: string): Sql {
  const found = events.dimensions.find((dimension) => dimension.name === name)
  if (found === undefined) throw new RangeError(`${name} was not read from the events`)
  return identifier(found.column)
}
