/**
 * Events one by one: in their place, marked where a rule cuts, and put together into sessions.
 *
 * The order of a user's events is total: by time, then tie rank, then name, then values. The rank
 * matters only among events of one instant: a start comes before the other events of its instant
 * and passive events after the active ones, so that they find the session; an end comes last, but
 * before a start of the same instant if a session was open, as it ends that one (see `ties.ts`).
 */
import type { Dialect, Ordered } from '../dialects/dialect.js'
import { matchesPattern } from '../events/pattern.js'
import { join, raw, type Sql, type Stage, sql } from '../sql/sql.js'
import { blockOf } from './blocks.js'
import {
  codeAt,
  codedColumns,
  codedEventColumns,
  codedEvents,
  codedValues,
  codeOf,
  measureColumns,
  summedMeasures,
} from './codes.js'
import { hasGapRules, hasPassiveEvents, type SessionDefinition } from './definition.js'
import type { SessionPlan } from './plan.js'
import { collectedSets } from './sets.js'
import { hasTies, tieStages } from './ties.js'
import { aliveUntil, gapRank, isPast, localDay } from './timeout.js'

/** Events with everything that the rules look at. */
function placedQuery(plan: SessionPlan, dialect: Dialect, extra: readonly Sql[] = []): Sql {
  const { definition } = plan
  const { midnightZone } = definition
  const { start, end, passive } = roles(definition)
  const { select, from } = codedEvents(plan, codedColumns(plan, true), [
    sql`e.file`,
    sql`${aliveUntil(plan)} AS alive`,
    sql`${gapRank(plan)} AS gap_rank`,
    ...(midnightZone === undefined ? [] : [sql`${localDay(definition, dialect)} AS day`]),
    sql`${start} AS is_start`,
    sql`${end} AS is_end`,
    sql`${passive} AS is_passive`,
    ...extra,
  ])
  return sql`SELECT ${join(select)}
  ${from}`
}

/** What an event of `events AS e` is by its name. */
function roles({ startEvents = [], endEvents = [], passiveEvents = [] }: SessionDefinition) {
  const matches = (patterns: readonly string[]): Sql => matchesPattern(sql`e.name`, patterns)
  const [start, end, passive] = [matches(startEvents), matches(endEvents), matches(passiveEvents)]
  // Start and end events are never passive, whatever the patterns.
  const spoken = [...startEvents, ...endEvents]
  return {
    start,
    end,
    passive:
      passiveEvents.length === 0 || spoken.length === 0
        ? passive
        : sql`${passive} AND NOT ${matches(spoken)}`,
  }
}

/** What `placed` has that later stages carry on. */
const placedColumns = (plan: SessionPlan): Sql[] => [
  ...codedEventColumns(plan, codedColumns(plan, true)),
  ...['file', 'gap_rank', 'is_start', 'is_end', 'is_passive', 'ord'].map(raw),
]

/** What `base_events` has, whichever way its events were found, `kept` last. */
export const baseEventColumns = (plan: SessionPlan, of?: string): Sql[] =>
  [...placedColumns(plan), ...['alive', 'run', 'reason', 'kept'].map(raw)].map((column) =>
    of === undefined ? column : sql`${raw(of)}.${column}`,
  )

/** The total order of a user's events. */
function eventOrder(plan: SessionPlan, dialect: Dialect): Sql {
  // Rules first: then tied events that a rule tells apart come in the same order whatever else is
  // asked for, and so do the sessions.
  const columns = new Set([...Object.values(plan.ruleColumns), ...codedColumns(plan)])
  columns.delete('name')
  return join([
    sql`t`,
    sql`tie_rank`,
    sql`name_code`,
    ...[...columns].map((column) => sql`${codeOf(column)} NULLS FIRST`),
    ...(plan.recordedIds ? [sql`${dialect.bytewise(sql`session`)} NULLS FIRST`] : []),
    ...measureColumns(plan).map((measure) => sql`${measure} NULLS FIRST`),
    ...(plan.eventIds === true ? [sql`id`] : [sql`file`]),
  ])
}

/** Of one instant, who comes first. */
const tieRank = (end: Sql): Sql =>
  sql`CASE WHEN is_start THEN 1 WHEN is_end THEN ${end} WHEN is_passive THEN 3 ELSE 2 END`

const orderedQuery = (plan: SessionPlan, events: Sql, dialect: Dialect): Sql =>
  sql`SELECT *, row_number() OVER (PARTITION BY "user" ORDER BY ${eventOrder(plan, dialect)}) AS ord
FROM (${events}) AS ranked`

const untied = (events: Sql): Sql =>
  sql`SELECT *, ${tieRank(sql`4`)} AS tie_rank FROM (${events}) AS coded`

const tied = sql`SELECT c.*, ${tieRank(sql`CASE WHEN o.opened = 1 THEN 0 ELSE 4 END`)} AS tie_rank
  FROM sz_coded AS c LEFT JOIN sz_ties AS o ON o."user" = c."user" AND o.t = c.t`

/** From `events` to `base_events`: events with their session's number, `run`, and `kept`. */
export function placedStages(plan: SessionPlan, dialect: Dialect): Stage[] {
  const { definition } = plan
  const events = placedQuery(plan, dialect)
  const ties = hasTies(definition)
  return [
    ...(ties
      ? [
          { name: 'sz_coded', comment: 'Events with all that the rules look at.', body: events },
          ...tieStages(definition, dialect),
        ]
      : []),
    {
      name: 'sz_placed',
      comment: 'Events in the order of their user.',
      body: orderedQuery(plan, ties ? tied : untied(events), dialect),
    },
    markedStage(plan, dialect),
    linkedStage(plan),
    {
      name: 'sz_numbered',
      comment: 'Events with the number of their session within the user.',
      body: sql`SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY "user" ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
FROM sz_linked`,
    },
    hasPassiveEvents(definition) ? attachedStage(plan, dialect) : unattachedStage(plan),
  ]
}

/** Cuts that follow from an event and the ones before it, whatever the session. */
const BY_ORDER: Ordered = { partition: raw('"user"'), order: raw('ord') }

function markedStage({ definition, ruleColumns }: SessionPlan, dialect: Dialect): Stage {
  const changes = (definition.cutOn ?? []).flatMap((property) => {
    const column = ruleColumns[property]
    if (column === undefined) throw new RangeError(`no column for the property ${property}`)
    const code = codeOf(column)
    return [sql`coalesce(${code} <> ${dialect.lastKnown(code, BY_ORDER, 'before')}, false)`]
  })
  const byOrder = sql`(PARTITION BY "user" ORDER BY ord)`
  const marks = [
    sql`coalesce(lag(is_end) OVER ${byOrder}, false) AS after_end`,
    sql`${definition.midnightZone === undefined ? raw('false') : sql`coalesce(day > lag(day) OVER ${byOrder}, false)`} AS next_day`,
    sql`${changes.length === 0 ? raw('false') : join(changes, ' OR ')} AS changed`,
  ]
  return {
    name: 'sz_marked',
    comment: 'Active events, marked where a rule other than the gap cuts.',
    body: sql`SELECT *, sum(CASE WHEN after_end OR next_day OR changed OR is_start THEN 1 ELSE 0 END) OVER (PARTITION BY "user" ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS segment
FROM (
  SELECT *, ${join(marks, ',\n    ')}
  FROM sz_placed
  WHERE NOT is_passive
) AS active_events`,
  }
}

function linkedStage({ definition }: SessionPlan): Stage {
  return {
    name: 'sz_linked',
    comment: 'Active events: whether each opens a session, and for which reason besides the gap.',
    body: sql`SELECT *,
  previous_alive IS NULL OR after_end OR reason IS NOT NULL OR ${isPast(definition, sql`t`, sql`previous_alive`)} AS opens
FROM (
  SELECT *, lag(alive_seen) OVER (PARTITION BY "user" ORDER BY ord) AS previous_alive,
    CASE WHEN next_day THEN 'midnight' WHEN changed THEN 'property' WHEN is_start THEN 'start_event' END AS reason
  FROM (
    SELECT *, max(alive) OVER (PARTITION BY "user", segment ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS alive_seen
    FROM sz_marked
  ) AS living
) AS neighbours`,
  }
}

const unattachedStage = (plan: SessionPlan): Stage => ({
  name: 'sz_base_events',
  comment: 'Events with their session, before any limit.',
  body: sql`SELECT ${join(placedColumns(plan))}, alive, run, reason, true AS kept FROM sz_numbered`,
})

/** A passive event joins the session of the active event before it, while that session is open. */
function attachedStage(plan: SessionPlan, dialect: Dialect): Stage {
  const { definition } = plan
  const columns = join(placedColumns(plan))
  const midnight = definition.midnightZone !== undefined
  // Of active events only: passive ones have none of these.
  const none = dialect.integer(sql`NULL`)
  const known = [
    { value: raw('run'), as: raw('open_run') },
    { value: raw('alive_seen'), as: raw('open_alive') },
    { value: raw('active_end'), as: raw('open_ended') },
    ...(midnight ? [{ value: raw('active_day'), as: raw('open_day') }] : []),
  ].map(({ value, as }) => sql`${dialect.lastKnown(value, BY_ORDER, 'here')} AS ${as}`)
  return {
    name: 'sz_base_events',
    comment:
      'Events with their session, before any limit; passive ones that find none are not kept.',
    body: sql`SELECT ${columns},
  CASE WHEN NOT is_passive THEN alive END AS alive,
  CASE WHEN is_passive THEN open_run ELSE run END AS run,
  reason,
  NOT is_passive OR (open_run IS NOT NULL AND open_ended = 0 AND NOT (${isPast(definition, sql`t`, sql`open_alive`)})${
    midnight ? sql` AND day <= open_day` : sql``
  }) AS kept
FROM (
  SELECT *, ${join(known, ',\n    ')}
  FROM (
    SELECT ${columns}, alive, run, reason, alive_seen, CASE WHEN is_end THEN 1 ELSE 0 END AS active_end${
      midnight ? sql`, day, day AS active_day` : sql``
    }
    FROM sz_numbered
    UNION ALL
    SELECT ${columns}, alive, ${none} AS run, ${dialect.asText(sql`NULL`)} AS reason, ${none} AS alive_seen, ${none} AS active_end${
      midnight ? sql`, day, ${none} AS active_day` : sql``
    }
    FROM sz_placed
    WHERE is_passive
  ) AS all_events
) AS attached`,
  }
}

/** The events of sessions of blocks that exceed a limit: what `base_events` is when events were grouped. */
export function eventsOfLongSessions(plan: SessionPlan, over: Sql, dialect: Dialect): Stage {
  const { definition } = plan
  const keys = ['block', ...(definition.midnightZone === undefined ? [] : ['day'])]
  const sameBlock = join(
    ['"user"', ...keys].map((key) => sql`b.${raw(key)} = e.${raw(key)}`),
    ' AND ',
  )
  const block = blockOf(definition, sql`e.t`, dialect)
  return {
    name: 'sz_base_events',
    comment: 'Events of the sessions that exceed a limit, found again by their block.',
    body: orderedQuery(
      plan,
      untied(sql`SELECT e.*, b.run, b.reason, true AS kept
FROM (${placedQuery(plan, dialect, [sql`${block} AS block`])}) AS e
JOIN (
  SELECT DISTINCT n."user", ${join(keys.map((key) => sql`n.${raw(key)}`))}, n.run, s.reason AS reason
  FROM sz_numbered_blocks AS n
  JOIN (SELECT "user", run, reason FROM sz_block_sessions WHERE ${over}) AS s
    ON s."user" = n."user" AND s.run = n.run
) AS b ON ${sameBlock}`),
      dialect,
    ),
  }
}

/** Events put together: one row per user, `run` and `part`. */
export function partsOfEvents(
  name: string,
  from: 'base_events' | 'assigned',
  plan: SessionPlan,
  dialect: Dialect,
): Stage {
  // Passive events name no session's first or last event, but their properties are its own.
  const codes = codedValues(plan).map(({ as, pick, column, isName }) => {
    const order = isName ? raw('CASE WHEN NOT is_passive THEN ord END') : raw('t')
    return sql`${codeAt(pick, order, codeOf(column), dialect)} AS ${codeOf(as)}`
  })
  const columns = [
    raw('"user", run, part'),
    sql`min(t) AS "start"`,
    sql`max(CASE WHEN NOT is_passive THEN t END) AS "end"`,
    sql`max(t) AS last_seen`,
    sql`${dialect.count()} AS events`,
    sql`${dialect.count(raw('NOT is_passive'))} AS active`,
    sql`max(reason) AS reason`,
    sql`max(CASE WHEN is_start THEN 1 ELSE 0 END) = 1 AS started`,
    sql`max(CASE WHEN is_end THEN 1 ELSE 0 END) = 1 AS ended`,
    sql`max(alive) AS alive`,
    ...(hasGapRules(plan.definition)
      ? [
          sql`${codeAt('first', raw('t'), raw('CASE WHEN NOT is_passive THEN gap_rank END'), dialect)} AS gap_rank`,
        ]
      : []),
    ...codes,
    ...collectedSets(plan, dialect),
    ...summedMeasures(plan),
  ]
  const source =
    from === 'base_events'
      ? sql`(SELECT *, 0 AS part FROM sz_base_events) AS whole`
      : raw('sz_assigned')
  return {
    name,
    comment: 'One row per session of events.',
    body: sql`SELECT ${join(columns)}
FROM ${source}
WHERE kept
GROUP BY "user", run, part`,
  }
}
