/**
 * Limits on a session's length and number of events. Where a part of a session ends depends on
 * where it began, so parts follow one from another. But the event that opens the next part depends
 * on nothing but the event that opened this one. So each event learns, by windows, who would come
 * `next` if a part began with it, and the parts begin with those that are reached from the
 * session's first event, which each dialect finds in its own way. Only sessions that exceed a limit
 * are walked.
 *
 *   base_events -> steps -> long_sessions -> long_steps -> successors -> openers -> assigned
 */
import type { Dialect } from '../dialects/dialect.js'
import { join, raw, type Sql, type Stage, sql } from '../sql/sql.js'
import { hasGapRules, hasPassiveEvents, type SessionDefinition } from './definition.js'
import { baseEventColumns } from './event-stages.js'
import type { SessionPlan } from './plan.js'
import { isPast, rankedGaps } from './timeout.js'

/** From `base_events` to `assigned`: kept events with their `part` of the session, numbered from 0. */
export const limitStages = (plan: SessionPlan, dialect: Dialect): Stage[] => [
  {
    name: 'sz_steps',
    comment: 'Kept events, numbered within their session: all, and active ones.',
    body: sql`SELECT *,
  row_number() OVER (PARTITION BY "user", run ORDER BY ord) - 1 AS step,
  ${dialect.count(raw('NOT is_passive'))} OVER (PARTITION BY "user", run ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - 1 AS nth
FROM sz_base_events
WHERE kept`,
  },
  {
    name: 'sz_long_sessions',
    comment:
      'Sessions that exceed a limit; active events of all of them are numbered on from `base`.',
    materialized: true,
    body: sql`SELECT *, ${dialect.integer(sql`sum(active) OVER (ORDER BY "user", run ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`)} - active AS base
FROM (
  SELECT "user", run, max(nth) + 1 AS active
  FROM sz_steps
  GROUP BY "user", run
  HAVING ${exceedsLimit(plan.definition, { length: sql`max(t) - min(t)`, events: dialect.count() })}
) AS over_limit`,
  },
  {
    name: 'sz_long_steps',
    comment:
      'Events of the sessions that exceed a limit, the active ones numbered through as `node`.',
    materialized: true,
    body: sql`SELECT s.*, l.active, l.base, CASE WHEN NOT s.is_passive THEN l.base + s.nth END AS node
FROM sz_steps AS s
JOIN sz_long_sessions AS l ON l."user" = s."user" AND l.run = s.run`,
  },
  successorsStage(plan.definition, dialect),
  ...dialect.openers(),
  assignedStage(plan),
]

export const hasLimit = ({ maxEvents, maxLengthMicros }: SessionDefinition): boolean =>
  maxEvents !== undefined || maxLengthMicros !== undefined

/** Whether a session of this length and number of events is over a limit. */
export function exceedsLimit(
  { maxEvents, maxLengthMicros }: SessionDefinition,
  { length, events }: { readonly length: Sql; readonly events: Sql },
): Sql {
  return join(
    [
      ...(maxLengthMicros === undefined ? [] : [sql`${length} > ${maxLengthMicros}`]),
      ...(maxEvents === undefined ? [] : [sql`${events} > ${maxEvents}`]),
    ],
    ' OR ',
  )
}

/**
 * One row per active event: `node`, and as `next` the node that would open the next part
 * if this one opened a part; NULL where none would.
 */
function successorsStage(definition: SessionDefinition, dialect: Dialect): Stage {
  const { maxEvents, maxLengthMicros } = definition
  // The last active event within reach, by time or by number, has the next one after it.
  const within = (order: string, reach: number): Sql =>
    sql`max(nth) OVER (PARTITION BY "user", run ORDER BY ${raw(order)} RANGE BETWEEN CURRENT ROW AND ${reach} FOLLOWING) + 1`
  const limits = [
    ...(maxLengthMicros === undefined
      ? []
      : [dialect.longRanges ? within('t', maxLengthMicros) : sql`last_within + 1`]),
    ...(maxEvents === undefined ? [] : [within('step', maxEvents - 1)]),
  ]
  const apart = maxLengthMicros !== undefined && !dialect.longRanges
  const weakRanks = hasGapRules(definition)
    ? rankedGaps(definition)
        .map((_, i) => i)
        .slice(1)
    : []
  // A part that no gap ends goes on to the end of the session.
  const gaps = weakRanks.map((rank) => sql`coalesce(${nextGap(rank)}, active)`)
  const candidates = [...limits, ...gaps]
  return {
    name: 'sz_successors',
    comment: 'One row per active event, with the one that would open the next part after it.',
    body: sql`SELECT base, node, nth, CASE WHEN next_nth < active THEN base + next_nth END AS next
FROM (
  SELECT node, nth, base, active, ${candidates.length === 1 ? (candidates[0] ?? sql`active`) : sql`least(${join(candidates, ',\n    ')})`} AS next_nth
  FROM (
    SELECT *${join(
      weakRanks.map((rank) => sql`, ${isWeak(definition, rank)} AS ${weak(rank)}`),
      '',
    )}
    FROM ${apart ? withinReach(maxLengthMicros) : sql`sz_long_steps`}
    WHERE NOT is_passive
  ) AS active_steps
) AS reached`,
  }
}

/**
 * `long_steps` with `last_within`, the `nth` of the last active event within reach of each: events and
 * the ends of their reaches in one order, in which each end looks back for the event before it.
 */
const withinReach = (maxLengthMicros: number): Sql => sql`(
      SELECT s.*, r.last_within
      FROM sz_long_steps AS s
      LEFT JOIN (
        SELECT of_node, max(known) OVER (PARTITION BY "user", run ORDER BY at, is_end ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS last_within
        FROM (
          SELECT "user", run, t AS at, 0 AS is_end, nth AS known, NULL AS of_node FROM sz_long_steps WHERE NOT is_passive
          UNION ALL
          SELECT "user", run, t + ${maxLengthMicros}, 1, NULL, node FROM sz_long_steps WHERE NOT is_passive
        ) AS ends
      ) AS r ON r.of_node = s.node
    ) AS reaching`

const weak = (rank: number): Sql => raw(`weak_${rank}`)

/**
 * Whether no earlier event with a timeout of this rank or a shorter one keeps the session alive for
 * this event: then it needs one with a longer timeout in its own part.
 */
const isWeak = (definition: SessionDefinition, rank: number): Sql =>
  sql`coalesce(${isPast(
    definition,
    sql`t`,
    sql`max(CASE WHEN gap_rank >= ${rank} THEN alive END) OVER (PARTITION BY "user", run ORDER BY nth ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`,
  )}, true)`

/**
 * A part lives by its own events only, so where it began may take from a later event the long
 * timeout that kept the session alive for it. That is the next weak event, unless an event with a
 * longer timeout comes before it in the part. Shorter timeouts from before the part do no harm: the
 * part's own event of that rank outlives them.
 */
function nextGap(rank: number): Sql {
  const on = (condition: Sql, frame: string): Sql =>
    sql`min(CASE WHEN ${condition} THEN nth END) OVER (PARTITION BY "user", run ORDER BY nth ROWS BETWEEN ${raw(frame)} AND UNBOUNDED FOLLOWING)`
  const next = on(weak(rank), '1 FOLLOWING')
  const longer = on(sql`gap_rank < ${rank}`, 'CURRENT ROW')
  return sql`CASE WHEN ${next} <= coalesce(${longer}, active) THEN ${next} END`
}

function assignedStage(plan: SessionPlan): Stage {
  const { definition } = plan
  const passive = hasPassiveEvents(definition)
  const columns = join(baseEventColumns(plan))
  const inPart = sql`SELECT ${join(baseEventColumns(plan, 's'))}, s.step, sum(CASE WHEN o.node IS NULL THEN 0 ELSE 1 END) OVER (PARTITION BY s."user", s.run ORDER BY s.step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - 1 AS part
  FROM sz_long_steps AS s
  LEFT JOIN sz_openers AS o ON o.node = s.node`
  return {
    name: 'sz_assigned',
    comment: `Events with their part${passive ? '; passive ones that no longer fit are not kept' : ''}.`,
    body: sql`SELECT ${passive ? fitting(plan) : columns}, part
FROM (
  ${inPart}
) AS parts
UNION ALL
SELECT ${join(baseEventColumns(plan, 's'))}, 0 AS part
FROM sz_steps AS s
LEFT JOIN sz_long_sessions AS l ON l."user" = s."user" AND l.run = s.run
WHERE l.run IS NULL`,
  }
}

/** The columns of `base_events`, where a passive event is kept only in a part that is alive, short enough, and not full. */
function fitting(plan: SessionPlan): Sql {
  const { definition } = plan
  const { maxEvents, maxLengthMicros } = definition
  const before = (aggregate: string): Sql =>
    sql`${raw(aggregate)} OVER (PARTITION BY "user", run, part ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`
  const misfits = [
    ...(hasGapRules(definition) ? [isPast(definition, sql`t`, before('max(alive)'))] : []),
    ...(maxLengthMicros === undefined ? [] : [sql`t - ${before('min(t)')} > ${maxLengthMicros}`]),
    // Those before it in its part all fitted if it is within the number itself.
    ...(maxEvents === undefined ? [] : [sql`step - ${before('min(step)')} >= ${maxEvents}`]),
  ]
  return join([
    ...baseEventColumns(plan).slice(0, -1),
    sql`NOT is_passive OR NOT (${join(misfits, ' OR ')}) AS kept`,
  ])
}
