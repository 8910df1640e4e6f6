/**
 * Definitions with more rules than one gap. Rules that merge keep the block path:
 *
 *   gaps per value, cut at midnight:  events -> blocks -> linked -> block_sessions
 *
 * Rules on single events look at each event in its place:
 *
 *   cut-on, start, end and passive events:  events -> placed -> marked -> linked -> base_events
 *
 * A maximum length or number of events then re-cuts only the sessions that exceed it. In the end
 * sessions meet their neighbours:  ... -> parts -> joined
 */
import type { Dialect } from '../dialects/dialect.js'
import { join, raw, type Sql, type Stage, sql } from '../sql/sql.js'
import { blockStage } from './blocks.js'
import { codeAt, codedColumns, mergedBlocks, valueColumns } from './codes.js'
import { eventRules, hasGapRules, hasPassiveEvents } from './definition.js'
import { eventsOfLongSessions, partsOfEvents, placedStages } from './event-stages.js'
import type { DataEdges, SessionPath, SessionPlan } from './plan.js'
import { exceedsLimit, hasLimit, limitStages } from './session-limits.js'
import { rowSetColumns, rowSetJoins, rowSetStages, splittingColumns } from './sets.js'
import { gapOfRank, isPast, withinEdges } from './timeout.js'

export function rulePath(plan: SessionPlan, edges: DataEdges, dialect: Dialect): SessionPath {
  const { definition } = plan
  // Events are put in one total order, in which names break ties.
  const ordered: SessionPlan = { ...plan, names: true }
  // By the rules, or by the shape of the data.
  const byEvent = eventRules(definition).length > 0 || plan.blocks === 'events'
  const passive = hasPassiveEvents(definition)
  // A passive event outside any session is no event of the data either.
  const inside = (test: Sql): Sql => (edges.beyond === true ? sql` WHERE ${test}` : sql``)
  const first = passive
    ? sql`(SELECT min("start") FROM sz_joined${inside(sql`"start" >= ${edges.first}`)})`
    : edges.first
  const last = passive
    ? sql`(SELECT max(last_seen) FROM sz_joined${inside(sql`last_seen <= ${edges.last}`)})`
    : edges.last
  const isFirst = orBeyond(edges, sql`s.previous_end`, sql`< ${edges.first}`)
  const isLast = orBeyond(edges, sql`s.next_start`, sql`> ${edges.last}`)
  const firstGap = hasGapRules(definition)
    ? gapOfRank(definition, sql`s.gap_rank`)
    : sql`${definition.gapMicros}`
  return {
    coded: codedColumns(ordered, true),
    stages: [
      ...(byEvent ? eventStages(ordered, dialect) : groupedStages(ordered, dialect)),
      ...rowSetStages(ordered, parts(ordered, byEvent), SESSION, dialect),
      joinedStage(ordered, dialect),
    ],
    bounce: raw('s.active = 1'),
    startCensored: withinEdges(
      edges,
      sql`(${isFirst} AND NOT s.started AND NOT (${isPast(definition, sql`s."start"`, sql`${first} + ${firstGap}`)}))`,
    ),
    endCensored: withinEdges(
      edges,
      sql`(${isLast} AND NOT s.ended AND NOT (${isPast(definition, last, sql`s.alive`)}))`,
    ),
    endReason: (censored) =>
      sql`CASE WHEN s.ended THEN 'end_event' WHEN ${censored} THEN 'data_end' ELSE coalesce(s.next_reason, 'gap') END`,
    tieRank: raw('s.tie_rank'),
  }
}

/** Whether a session has no neighbour on a side, or one only that lies beyond the data's edge. */
const orBeyond = ({ beyond }: DataEdges, neighbour: Sql, outside: Sql): Sql =>
  beyond === true
    ? sql`(${neighbour} IS NULL OR ${neighbour} ${outside})`
    : sql`${neighbour} IS NULL`

/**
 * Why each session takes in no more events: what the event that opened the next one would have
 * broken, in this order. The reasons that need only the two sessions are told here, the others were
 * noted where they cut.
 */
function joinedStage(plan: SessionPlan, dialect: Dialect): Stage {
  const { definition } = plan
  const { maxEvents, maxLengthMicros } = definition
  const whens = [
    sql`WHEN ${isPast(definition, sql`next_start`, sql`alive`)} THEN 'gap'`,
    ...(maxLengthMicros === undefined
      ? []
      : [sql`WHEN next_start - "start" > ${maxLengthMicros} THEN 'max_length'`]),
    ...(maxEvents === undefined ? [] : [sql`WHEN events >= ${maxEvents} THEN 'max_events'`]),
  ]
  const byOrder = sql`(PARTITION BY p."user" ORDER BY p.run, p.part)`
  const neighbours = [
    sql`p.*`,
    ...rowSetColumns(plan, dialect),
    sql`lag(p."end") OVER ${byOrder} AS previous_end`,
    sql`lead(p."start") OVER ${byOrder} AS next_start`,
    sql`lead(p.reason) OVER ${byOrder} AS opened_next`,
    sql`row_number() OVER (PARTITION BY p."user", p."start" ORDER BY p.run, p.part) - 1 AS tie_rank`,
  ]
  return {
    name: 'sz_joined',
    comment: 'One row per session with its neighbours.',
    body: sql`SELECT *, CASE WHEN next_start IS NULL THEN NULL ${join(whens, ' ')} ELSE opened_next END AS next_reason
FROM (
  SELECT ${join(neighbours, ',\n    ')}
  FROM sz_parts AS p${rowSetJoins(plan, raw('p'), SESSION)}
) AS neighbours`,
  }
}

function eventStages(plan: SessionPlan, dialect: Dialect): Stage[] {
  const limited = hasLimit(plan.definition)
  return [
    ...placedStages(plan, dialect),
    ...(limited ? limitStages(plan, dialect) : []),
    partsOfEvents('sz_parts', limited ? 'assigned' : 'base_events', plan, dialect),
  ]
}

/** Only sessions over a limit are taken apart into events. */
function groupedStages(plan: SessionPlan, dialect: Dialect): Stage[] {
  const { definition } = plan
  const grouped = [
    blockStage(plan, dialect),
    linkedBlocks(plan),
    numberedBlocks(plan),
    blockSessions(plan, dialect),
  ]
  const whole = sql`SELECT ${join(partColumns(plan))} FROM (SELECT *, 0 AS part FROM sz_block_sessions) AS whole`
  const comment = 'One row per session, before it knows its neighbours.'
  if (!hasLimit(definition)) return [...grouped, { name: 'sz_parts', comment, body: whole }]
  const over = exceedsLimit(definition, { length: sql`"end" - "start"`, events: sql`events` })
  return [
    ...grouped,
    eventsOfLongSessions(plan, over, dialect),
    ...limitStages(plan, dialect),
    partsOfEvents('sz_cut_parts', 'assigned', plan, dialect),
    {
      name: 'sz_parts',
      comment,
      body: sql`${whole} WHERE NOT (${over})
UNION ALL
SELECT ${join(partColumns(plan))} FROM sz_cut_parts`,
    },
  ]
}

/** What `parts` has, whichever way its sessions were built. */
const partColumns = (plan: SessionPlan): Sql[] => [
  raw(
    '"user", run, part, "start", "end", last_seen, events, active, reason, started, ended, alive',
  ),
  ...(hasGapRules(plan.definition) ? [raw('gap_rank')] : []),
  ...valueColumns(plan),
]

function linkedBlocks(plan: SessionPlan): Stage {
  const { definition } = plan
  const gaps = hasGapRules(definition)
  const midnight = definition.midnightZone !== undefined
  // A session lives until the latest moment that any of its events gives it.
  // Blocks that values split may begin in one instant: none of them is before the others.
  const overlap = splittingColumns(plan).length > 0
  const frame = raw(`${overlap ? 'RANGE' : 'ROWS'} BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`)
  const soFar = (value: Sql): Sql =>
    sql`max(${value}) OVER (PARTITION BY "user"${midnight ? sql`, day` : sql``} ORDER BY first ${frame})`
  const own = gaps ? raw('alive') : sql`last + ${definition.gapMicros}`
  const alive = gaps || overlap ? soFar(own) : own
  const nextDay = midnight ? raw('coalesce(day > previous_day, false)') : raw('false')
  const byTime = sql`(PARTITION BY "user" ORDER BY first)`
  return {
    name: 'sz_linked',
    comment: 'Blocks: whether each opens a session, and for which reason besides the gap.',
    body: sql`SELECT *,
  previous_alive IS NULL OR ${nextDay} OR ${isPast(definition, sql`first`, sql`previous_alive`)} AS opens,
  CASE WHEN ${nextDay} THEN 'midnight' END AS reason
FROM (
  SELECT *, lag(alive_seen) OVER ${byTime} AS previous_alive${midnight ? sql`, lag(day) OVER ${byTime} AS previous_day` : sql``}
  FROM (SELECT *, ${alive} AS alive_seen FROM sz_blocks) AS living
) AS neighbours`,
  }
}

/** Of blocks that begin in one instant the one that opens comes first. */
function numberedBlocks(plan: SessionPlan): Stage {
  const order =
    splittingColumns(plan).length > 0
      ? raw('first, CASE WHEN opens THEN 0 ELSE 1 END')
      : raw('first')
  return {
    name: 'sz_numbered_blocks',
    comment: 'Blocks with the number of their session within the user.',
    body: sql`SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY "user" ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
FROM sz_linked`,
  }
}

/** What tells the sessions of a user apart. */
const SESSION = [raw('run'), raw('part')]

/** The values that split blocks, with their session. */
function parts(plan: SessionPlan, byEvent: boolean): Sql {
  const limited = hasLimit(plan.definition)
  const columns = splittingColumns(plan)
  const select = (of: string, part: string): Sql =>
    join([
      ...['"user"', 'run'].map((key) => sql`${raw(of)}.${raw(key)}`),
      sql`${raw(part)} AS part`,
      ...columns.map((column) => sql`${raw(of)}.${column}`),
    ])
  const cut = sql`SELECT ${select('a', 'a.part')} FROM sz_assigned AS a WHERE a.kept`
  if (byEvent) {
    return limited
      ? sql`(${cut}) AS parts`
      : sql`(SELECT ${select('b', '0')} FROM sz_base_events AS b WHERE b.kept) AS parts`
  }
  const whole = sql`SELECT ${select('n', '0')} FROM sz_numbered_blocks AS n`
  if (!limited) return sql`(${whole}) AS parts`
  return sql`(
  ${whole}
  LEFT JOIN sz_long_sessions AS l ON l."user" = n."user" AND l.run = n.run
  WHERE l.run IS NULL
  UNION ALL
  ${cut}
) AS parts`
}

function blockSessions(plan: SessionPlan, dialect: Dialect): Stage {
  const columns = [
    sql`"user"`,
    sql`run`,
    sql`min(first) AS "start"`,
    sql`max(last) AS "end"`,
    sql`max(last) AS last_seen`,
    sql`${dialect.integer(sql`sum(events)`)} AS events`,
    sql`${dialect.integer(sql`sum(events)`)} AS active`,
    sql`max(reason) AS reason`,
    sql`false AS started`,
    sql`false AS ended`,
    sql`max(alive_seen) AS alive`,
    ...(hasGapRules(plan.definition)
      ? [sql`${codeAt('first', sql`first`, sql`gap_rank`, dialect)} AS gap_rank`]
      : []),
    ...mergedBlocks(plan, dialect),
  ]
  return {
    name: 'sz_block_sessions',
    comment: 'One row per session of blocks, before any limit.',
    body: sql`SELECT ${join(columns)}
FROM sz_numbered_blocks
GROUP BY "user", run`,
  }
}
