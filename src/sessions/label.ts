/**
 * Events with the session that each belongs to.
 */
import type { Dialect } from '../dialects/dialect.js'
import type { NamedTable } from '../engines/table-file.js'
import { identifier, join, raw, type Sql, type Stage, sql, withStages } from '../sql/sql.js'
import { codedColumns, codeStage } from './codes.js'
import { sessionIdOf } from './compile.js'
import { isGapOnly } from './definition.js'
import { placedStages } from './event-stages.js'
import type { SessionPlan } from './plan.js'
import type { SessionRequest } from './request.js'
import { hasLimit, limitStages } from './session-limits.js'
import { exceedsGap } from './timeout.js'

/** What labels an event, in this order after its own columns. */
export const LABELS = [
  'session_id',
  'session_number',
  'event_number',
  'seconds_since_previous_event',
  'is_first',
  'is_last',
] as const

/** A label whose name a column of the events already has, in whatever case, is told apart from it. */
export function labelName(label: string, taken: readonly string[]): string {
  let free = label
  while (taken.some((name) => name.toLowerCase() === free)) free = `rebuilt_${free}`
  return free
}

/**
 * The events with their passthrough columns and labels.
 *
 * @param order by user and time, or as the files have them
 */
export function labelledEvents(
  request: SessionRequest,
  passthrough: readonly { readonly name: string; readonly column: string }[],
  order: 'user' | 'source',
  dialect: Dialect,
): NamedTable {
  const taken = passthrough.map(({ name }) => name)
  const names = [...taken, ...LABELS.map((label) => labelName(label, taken))]
  const values = [
    ...passthrough.map(({ column }) => sql`c.${identifier(column)}`),
    ...LABELS.map((label) => raw(label)),
  ]
  const named = values.map((value, i) => sql`${value} AS ${identifier(names[i] ?? '')}`)
  const by =
    order === 'source'
      ? sql`c.id`
      : sql`${dialect.bytewise(sql`c."user"`)}, c.t, session_number, event_number, ${dialect.bytewise(sql`c.name`)} NULLS FIRST, c.id`
  const labelled = isGapOnly(request.definition)
    ? gapLabels(request, dialect)
    : sql`SELECT e.*, ${join(LABELS.map((one) => sql`l.${raw(one)}`))}
FROM events AS e
LEFT JOIN (
${ruleLabels(request, dialect)}
) AS l ON l.id = e.id`
  const query = sql`SELECT ${join(named)}
FROM (
${labelled}
) AS c
ORDER BY ${by}`
  return { query, names }
}

const label = (dialect: Dialect, start: Sql, tieRank: Sql): Sql[] => [
  sql`${sessionIdOf(dialect, { user: sql`c."user"`, start, tieRank })} AS session_id`,
  sql`${dialect.double(sql`c.since`)} / 1000000 AS seconds_since_previous_event`,
]

/** A single gap: everything follows from two passes over the events of a user in order. */
function gapLabels({ definition }: SessionRequest, dialect: Dialect): Sql {
  const byTime = sql`(PARTITION BY "user" ORDER BY t, ${dialect.bytewise(sql`name`)} NULLS FIRST, id)`
  const soFar = sql`(PARTITION BY "user" ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
  return withStages(
    [
      {
        name: 'sz_linked',
        comment: 'One row per event: its place in its user, and whether it opens a session.',
        body: sql`SELECT *, since IS NULL OR ${exceedsGap(definition, sql`since`)} AS opens
FROM (
  SELECT *, row_number() OVER ${byTime} AS ord, t - lag(t) OVER ${byTime} AS since
  FROM events
) AS neighbours`,
      },
      {
        name: 'sz_cut',
        comment: 'One row per event with the start of its session.',
        body: sql`SELECT *, ord - opened_ord + 1 AS event_number
FROM (
  SELECT *,
    ${dialect.integer(sql`sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER ${soFar}`)} AS session_number,
    max(CASE WHEN opens THEN t END) OVER ${soFar} AS "start",
    max(CASE WHEN opens THEN ord END) OVER ${soFar} AS opened_ord,
    lead(opens) OVER (PARTITION BY "user" ORDER BY ord) AS next_opens
  FROM sz_linked
) AS opened`,
      },
    ],
    sql`SELECT c.*, ${join([
      ...label(dialect, sql`c."start"`, sql`0`),
      sql`c.opens AS is_first`,
      sql`coalesce(c.next_opens, true) AS is_last`,
    ])}
FROM sz_cut AS c`,
  )
}

/** Rules: only ids, users, times and codes go through the sorts, however wide the events are. */
function ruleLabels(request: SessionRequest, dialect: Dialect): Sql {
  const labels = [
    sql`c.id`,
    sql`s.session_number`,
    sql`c.event_number`,
    ...label(dialect, sql`s."start"`, sql`s.tie_rank`),
    sql`c.event_number = 1 AS is_first`,
    sql`c.event_number = s.events AS is_last`,
  ]
  return withStages(
    [
      ...countedStages(request, raw('events'), dialect),
      {
        name: 'sz_placed_events',
        comment:
          'One row per event: its place in its session, and the time since the event before it.',
        body: sql`SELECT *,
  row_number() OVER (PARTITION BY "user", run, part ORDER BY ord) AS event_number,
  t - lag(t) OVER (PARTITION BY "user" ORDER BY ord) AS since
FROM sz_cut`,
      },
    ],
    sql`SELECT ${join(labels)}
FROM sz_placed_events AS c
JOIN sz_counted AS s ON s."user" = c."user" AND s.run = c.run AND s.part = c.part`,
  )
}

/**
 * Which session each event is in, of a definition that is more than a single gap: `id`, and of the
 * session "user", "start" and `tie_rank`, which tells sessions apart that start in one instant.
 *
 * @param events a relation as `events`, with `id`; ids order events that nothing else tells apart
 */
export const sessionsOfEvents = (request: SessionRequest, events: Sql, dialect: Dialect): Sql =>
  withStages(
    countedStages(request, events, dialect),
    sql`SELECT c.id, s."user", s."start", s.tie_rank
FROM sz_cut AS c
JOIN sz_counted AS s ON s."user" = c."user" AND s.run = c.run AND s.part = c.part`,
  )

/** From events to `cut`, events with what identifies their session, and `counted`, their sessions. */
function countedStages(request: SessionRequest, events: Sql, dialect: Dialect): Stage[] {
  const plan: SessionPlan = {
    events,
    definition: request.definition,
    blocks: 'events',
    attributes: [],
    measures: [],
    ruleColumns: request.ruleColumns,
    names: true,
    distinctNames: false,
    recordedIds: false,
    eventIds: true,
  }
  return [
    ...(plan.definition.recorded === true ? [recordedCut(events)] : cutStages(plan, dialect)),
    {
      name: 'sz_counted',
      comment: 'One row per session.',
      body: sql`SELECT *,
  row_number() OVER (PARTITION BY "user" ORDER BY "start", run, part) AS session_number,
  row_number() OVER (PARTITION BY "user", "start" ORDER BY run, part) - 1 AS tie_rank
FROM (SELECT "user", run, part, min(t) AS "start", ${dialect.count()} AS events FROM sz_cut GROUP BY "user", run, part) AS whole`,
    },
  ]
}

function cutStages(plan: SessionPlan, dialect: Dialect): Stage[] {
  const limited = hasLimit(plan.definition)
  return [
    ...codedColumns(plan, true).map((column) => codeStage(column, plan, dialect)),
    ...placedStages(plan, dialect),
    ...(limited ? limitStages(plan, dialect) : []),
    {
      name: 'sz_cut',
      comment: 'One row per event with its session.',
      body: limited
        ? sql`SELECT id, "user", run, part, t, ord FROM sz_assigned WHERE kept`
        : sql`SELECT id, "user", run, 0 AS part, t, ord FROM sz_base_events WHERE kept`,
    },
  ]
}

const recordedCut = (events: Sql): Stage => ({
  name: 'sz_cut',
  comment: 'One row per event with its recorded session.',
  body: sql`SELECT id, "user", session AS run, 0 AS part, t,
  row_number() OVER (PARTITION BY "user" ORDER BY t, name NULLS FIRST, session, file, id) AS ord
FROM ${events}`,
})
