/**
 * Events one by one: in their place, marked where a rule cuts, and put together into sessions.
 *
 * The order of a user's events is total: by time, then place, then name, then values. The place
 * matters only among events of one instant: a start comes before the other events of its instant
 * and passive events after the active ones, so that they find the session; an end comes last, but
 * before a start of the same instant, as it ends the session before.
 */
import type { Dialect } from '../dialects/dialect.js'
import { matchesPattern } from '../events/pattern.js'
import { join, raw, type Sql, type Stage, sql } from '../sql/sql.js'
import { blockOf } from './blocks.js'
import {
  carriedColumns,
  codeAt,
  codedColumns,
  codedEvents,
  codeOf,
  collectedSets,
  measureColumns,
  summedMeasures,
} from './codes.js'
import { hasGapRules, hasPassiveEvents, type SessionDefinition } from './definition.js'
import { aliveUntil, gapRank, isPast, localDay } from './liveness.js'
import type { SessionPlan } from './plan.js'

/** Events with everything that the rules look at. */
function placedQuery(plan: SessionPlan, dialect: Dialect): Sql {
  const { definition } = plan
  const { startEvents, endEvents, passiveEvents, midnightZone } = definition
  const { select, from } = codedEvents(plan, codedColumns(plan, true), [
    sql`e.file`,
    sql`${aliveUntil(plan)} AS alive`,
    sql`${gapRank(plan)} AS gap_rank`,
    ...(midnightZone === undefined ? [] : [sql`${localDay(definition, dialect)} AS day`]),
    sql`${matchesPattern(sql`e.name`, startEvents ?? [])} AS is_start`,
    sql`${matchesPattern(sql`e.name`, endEvents ?? [])} AS is_end`,
    sql`${matchesPattern(sql`e.name`, passiveEvents ?? [])} AS is_passive`,
  ])
  // Start and end events are never passive, whatever the patterns.
  return sql`SELECT * REPLACE (is_passive AND NOT is_start AND NOT is_end AS is_passive)
FROM (
  SELECT ${join(select)}
  ${from}
)`
}

/** The total order of a user's events. */
function eventOrder(plan: SessionPlan): Sql {
  // Rules first: then tied events that a rule tells apart come in the same order whatever else is
  // asked for, and so do the sessions.
  const columns = new Set([...Object.values(plan.ruleColumns), ...codedColumns(plan)])
  columns.delete('name')
  return join([
    sql`t`,
    sql`place`,
    sql`name_code`,
    ...[...columns].map((column) => sql`${codeOf(column)} NULLS FIRST`),
    ...(plan.recordedIds ? [sql`session NULLS FIRST`] : []),
    ...measureColumns(plan).map((measure) => sql`${measure} NULLS FIRST`),
    ...(plan.eventIds === true ? [sql`id`] : [sql`file`]),
  ])
}

/** Of one instant, who comes first. */
function place({ startEvents, endEvents }: SessionDefinition): Sql {
  const both = (startEvents ?? []).length > 0 && (endEvents ?? []).length > 0
  const end = both
    ? sql`CASE WHEN bool_or(is_start) OVER (PARTITION BY user, t) THEN 0 ELSE 4 END`
    : sql`4`
  return sql`CASE WHEN is_start THEN 1 WHEN is_end THEN ${end} WHEN is_passive THEN 3 ELSE 2 END`
}

const orderedQuery = (plan: SessionPlan, events: Sql): Sql =>
  sql`SELECT *, row_number() OVER (PARTITION BY user ORDER BY ${eventOrder(plan)}) AS ord
FROM (SELECT *, ${place(plan.definition)} AS place FROM (${events}))`

/** From `events` to `based`: events with their session's number, `run`, and `kept`. */
export function placedStages(plan: SessionPlan, dialect: Dialect): Stage[] {
  const { definition } = plan
  return [
    {
      name: 'placed',
      comment: 'Events in the order of their user.',
      body: orderedQuery(plan, placedQuery(plan, dialect)),
    },
    markedStage(plan),
    linkedStage(plan),
    {
      name: 'numbered',
      comment: 'Events with the number of their session within the user.',
      body: sql`SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY user ORDER BY ord ROWS UNBOUNDED PRECEDING) AS run
FROM linked`,
    },
    hasPassiveEvents(definition) ? attachedStage(definition) : UNATTACHED,
  ]
}

/** Cuts that follow from an event and the ones before it, whatever the session. */
function markedStage({ definition, ruleColumns }: SessionPlan): Stage {
  const changes = (definition.cutOn ?? []).flatMap((property) => {
    const column = ruleColumns[property]
    if (column === undefined) throw new RangeError(`no column for the property ${property}`)
    const code = codeOf(column)
    return [sql`coalesce(${code} <> lag(${code} IGNORE NULLS) OVER by_order, false)`]
  })
  const marks = [
    sql`coalesce(lag(is_end) OVER by_order, false) AS after_end`,
    sql`${definition.midnightZone === undefined ? raw('false') : sql`coalesce(day > lag(day) OVER by_order, false)`} AS next_day`,
    sql`${changes.length === 0 ? raw('false') : join(changes, ' OR ')} AS changed`,
  ]
  return {
    name: 'marked',
    comment: 'Active events, marked where a rule other than the gap cuts.',
    body: sql`SELECT *, sum(CASE WHEN after_end OR next_day OR changed OR is_start THEN 1 ELSE 0 END) OVER (PARTITION BY user ORDER BY ord ROWS UNBOUNDED PRECEDING) AS segment
FROM (
  SELECT *, ${join(marks, ',\n    ')}
  FROM placed
  WHERE NOT is_passive
  WINDOW by_order AS (PARTITION BY user ORDER BY ord)
)`,
  }
}

function linkedStage({ definition }: SessionPlan): Stage {
  return {
    name: 'linked',
    comment: 'Active events: whether each opens a session, and for which reason besides the gap.',
    body: sql`SELECT *,
  previous_alive IS NULL OR after_end OR reason IS NOT NULL OR ${isPast(definition, sql`t`, sql`previous_alive`)} AS opens
FROM (
  SELECT *, lag(alive_seen) OVER (PARTITION BY user ORDER BY ord) AS previous_alive,
    CASE WHEN next_day THEN 'midnight' WHEN changed THEN 'property' WHEN is_start THEN 'start_event' END AS reason
  FROM (
    SELECT *, max(alive) OVER (PARTITION BY user, segment ORDER BY ord ROWS UNBOUNDED PRECEDING) AS alive_seen
    FROM marked
  )
)`,
  }
}

const UNATTACHED: Stage = {
  name: 'based',
  comment: 'Events with their session, before any limit.',
  body: sql`SELECT *, true AS kept FROM numbered`,
}

/** A passive event joins the session of the active event before it, while that session is open. */
function attachedStage(definition: SessionDefinition): Stage {
  const midnight = definition.midnightZone !== undefined
  const last = (column: string): Sql =>
    sql`last_value(${raw(column)} IGNORE NULLS) OVER (PARTITION BY user ORDER BY ord ROWS UNBOUNDED PRECEDING)`
  return {
    name: 'based',
    comment:
      'Events with their session, before any limit; passive ones that find none are not kept.',
    body: sql`SELECT * REPLACE (CASE WHEN is_passive THEN open_run ELSE run END AS run, CASE WHEN is_passive THEN NULL ELSE alive END AS alive),
  NOT is_passive OR (open_run IS NOT NULL AND NOT open_ended AND NOT (${isPast(definition, sql`t`, sql`open_alive`)})${
    midnight ? sql` AND day <= open_day` : sql``
  }) AS kept
FROM (
  SELECT *, ${last('run')} AS open_run, ${last('alive_seen')} AS open_alive, ${last('active_end')} AS open_ended${
    midnight ? sql`, ${last('active_day')} AS open_day` : sql``
  }
  FROM (
    SELECT *, is_end AS active_end${midnight ? sql`, day AS active_day` : sql``} FROM numbered
    UNION ALL BY NAME
    SELECT * FROM placed WHERE is_passive
  )
)`,
  }
}

/** The events of sessions of blocks that exceed a limit: what `based` is when events were grouped. */
export function eventsOfLongSessions(plan: SessionPlan, over: Sql, dialect: Dialect): Stage {
  const { definition } = plan
  const keys = raw(definition.midnightZone === undefined ? 'user, block' : 'user, block, day')
  return {
    name: 'based',
    comment: 'Events of the sessions that exceed a limit, found again by their block.',
    body: orderedQuery(
      plan,
      sql`SELECT e.*, long.run, long.reason, true AS kept
FROM (SELECT *, ${blockOf(definition, dialect)} AS block FROM (${placedQuery(plan, dialect)})) AS e
JOIN (
  SELECT ${keys}, run, over_limit.reason
  FROM numbered_blocks
  JOIN (SELECT user, run, reason FROM based_blocks WHERE ${over}) AS over_limit USING (user, run)
) AS long USING (${keys})`,
    ),
  }
}

/** Events put together: one row per user, `run` and `piece`. */
export function partsOfEvents(
  name: string,
  from: 'based' | 'assigned',
  plan: SessionPlan,
  dialect: Dialect,
): Stage {
  // Passive events name no session's first or last event, but their properties are its own.
  const codes = carriedColumns(plan).map(({ as, pick, column, isName }) => {
    const order = isName ? raw('CASE WHEN NOT is_passive THEN ord END') : raw('t')
    return sql`${codeAt(pick, order, codeOf(column), dialect)} AS ${codeOf(as)}`
  })
  const columns = [
    raw('user, run, piece'),
    sql`min(t) AS start`,
    sql`max(CASE WHEN NOT is_passive THEN t END) AS "end"`,
    sql`max(t) AS last_seen`,
    sql`count(*) AS events`,
    sql`count(CASE WHEN NOT is_passive THEN 1 END) AS active`,
    sql`max(reason) AS reason`,
    sql`bool_or(is_start) AS started`,
    sql`bool_or(is_end) AS ended`,
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
  const source = from === 'based' ? sql`(SELECT *, 0 AS piece FROM based)` : raw('assigned')
  return {
    name,
    comment: 'One row per session of events.',
    body: sql`SELECT ${join(columns)}
FROM ${source}
WHERE kept
GROUP BY user, run, piece`,
  }
}
