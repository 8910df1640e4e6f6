/**
 * The commonest definition, a single gap, by the shortest way:
 *
 *   events -> blocks -> linked -> (single_block_sessions | runs) -> joined
 *
 * Telling the sessions of a single block apart saves a second window over them; an engine that does
 * not share stages takes all of them for runs.
 *
 * Where nearly every event is alone in its window the aggregation into blocks is wasted, and each
 * event is taken as a block of its own. The results are the same.
 */
import type { Dialect } from '../dialects/dialect.js'
import { join, raw, type Sql, type Stage, sql } from '../sql/sql.js'
import { blockStage } from './blocks.js'
import {
  codedColumns,
  codedEvents,
  codeOf,
  measureColumns,
  mergedBlocks,
  timeOf,
  valueColumns,
} from './codes.js'
import type { DataEdges, SessionPath, SessionPlan } from './plan.js'
import {
  rowSetColumns,
  rowSetJoins,
  rowSetNames,
  rowSetStages,
  rowSetsOfBlock,
  setsOfEvent,
  splittingColumns,
} from './sets.js'
import { exceedsGap, nearEdges } from './timeout.js'

/** What tells the sessions of a user apart. */
const RUN = [raw('run')]

export function gapPath(plan: SessionPlan, edges: DataEdges, dialect: Dialect): SessionPath {
  const { definition } = plan
  return {
    coded: codedColumns(plan),
    stages: [
      plan.blocks === 'blocks' ? blockStage(plan, dialect) : eventStage(plan),
      linkedStage(plan),
      ...(dialect.sharesStages ? [singleBlockStage(plan, dialect)] : []),
      runStage(plan, dialect),
      ...rowSetStages(plan, raw('sz_runs'), RUN, dialect),
      joinedStage(plan, dialect),
    ],
    bounce: raw('s.events = 1'),
    ...nearEdges(definition, edges),
    // A later session of the user lies beyond the edge, if there is one.
    endReason: (censored) => sql`CASE WHEN ${censored} THEN 'data_end' ELSE 'gap' END`,
    tieRank: sql`0`,
  }
}

function eventStage(plan: SessionPlan): Stage {
  const { select, from } = codedEvents(plan, codedColumns(plan))
  return {
    name: 'sz_blocks',
    comment: 'One row per event: they are too far apart to be worth grouping first.',
    body: sql`SELECT ${join(select)}
${from}`,
  }
}

/**
 * What a block of one event says follows from the event; it is spelt out only after the blocks were
 * linked, so that the sort carries less.
 */
function spelledOut(plan: SessionPlan, dialect: Dialect): Sql {
  if (plan.blocks === 'blocks') return raw('*')
  return join([
    sql`"user"`,
    sql`t AS first`,
    sql`t AS last`,
    sql`1 AS events`,
    ...(plan.names ? [sql`name_code AS first_event_code`, sql`name_code AS last_event_code`] : []),
    ...plan.attributes.flatMap(({ as, column }) => [
      sql`CASE WHEN ${codeOf(column)} IS NOT NULL THEN t END AS ${timeOf(as)}`,
      sql`${codeOf(column)} AS ${codeOf(as)}`,
    ]),
    ...setsOfEvent(plan, dialect),
    ...splittingColumns(plan),
    ...measureColumns(plan),
    sql`previous_last`,
    sql`next_first`,
    sql`opens`,
    sql`closes`,
  ])
}

function linkedStage(plan: SessionPlan): Stage {
  const { blocks, definition } = plan
  const [first, last] = blocks === 'blocks' ? [sql`first`, sql`last`] : [sql`t`, sql`t`]
  const byTime = sql`PARTITION BY "user" ORDER BY ${first}`
  const overlap = blocks === 'blocks' && splittingColumns(plan).length > 0
  // The latest time up to a row; where blocks overlap it need not be that of the row.
  const latest = (through: string): Sql =>
    sql`max(last) OVER (${byTime} ROWS BETWEEN UNBOUNDED PRECEDING AND ${raw(through)})`
  const neighbours = [
    sql`${overlap ? latest('1 PRECEDING') : sql`lag(${last}) OVER (${byTime})`} AS previous_last`,
    sql`lead(${first}) OVER (${byTime}) AS next_first`,
    ...(overlap ? [sql`${latest('CURRENT ROW')} AS last_so_far`] : []),
  ]
  return {
    name: 'sz_linked',
    comment: 'Blocks with their neighbours: whether each opens and whether it closes a session.',
    body: sql`SELECT *,
  previous_last IS NULL OR ${exceedsGap(definition, sql`${first} - previous_last`)} AS opens,
  next_first IS NULL OR ${exceedsGap(definition, sql`next_first - ${overlap ? raw('last_so_far') : last}`)} AS closes
FROM (
  SELECT *, ${join(neighbours)}
  FROM sz_blocks
) AS neighbours`,
  }
}

/** A block that both opens and closes is a session; in sparse data nearly all are. */
function singleBlockStage(plan: SessionPlan, dialect: Dialect): Stage {
  const columns = [
    raw('"user", first AS "start", last AS "end", events, previous_last AS previous_end'),
    ...valueColumns(plan),
    ...rowSetsOfBlock(plan, dialect),
  ]
  return {
    name: 'sz_single_block_sessions',
    comment: 'One row per session of a single block.',
    body: sql`SELECT ${join(columns)}
FROM (SELECT ${spelledOut(plan, dialect)} FROM sz_linked WHERE opens AND closes) AS b`,
  }
}

/** Of events tied in time the one that opens comes first, so that the others follow it. */
function runStage(plan: SessionPlan, dialect: Dialect): Stage {
  return {
    name: 'sz_runs',
    comment: `Blocks${dialect.sharesStages ? ' of longer sessions' : ''}, numbered by session within the user.`,
    body: sql`SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY "user" ORDER BY first, CASE WHEN opens THEN 0 ELSE 1 END ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
FROM (SELECT ${spelledOut(plan, dialect)} FROM sz_linked${raw(dialect.sharesStages ? ' WHERE NOT (opens AND closes)' : '')}) AS b`,
  }
}

function joinedStage(plan: SessionPlan, dialect: Dialect): Stage {
  const merged = [
    sql`"user"`,
    sql`min(first) AS "start"`,
    sql`max(last) AS "end"`,
    sql`${dialect.integer(sql`sum(events)`)} AS events`,
    sql`max(CASE WHEN opens THEN previous_last END) AS previous_end`,
    ...mergedBlocks(plan, dialect),
  ]
  const same = [
    ...['"user"', '"start"', '"end"', 'events', 'previous_end'].map(raw),
    ...valueColumns(plan),
  ]
  const sets = rowSetColumns(plan, dialect)
  const longer = same.map((column) => sql`r.${column}`)
  return {
    name: 'sz_joined',
    comment: 'One row per session, with coded values.',
    body: sql`${dialect.sharesStages ? sql`SELECT ${join([...same, ...rowSetNames(plan)])} FROM sz_single_block_sessions\nUNION ALL\n` : raw('')}SELECT ${join([...longer, ...sets])}
FROM (
  SELECT ${join(merged)}, run
  FROM sz_runs
  GROUP BY "user", run
) AS r${rowSetJoins(plan, raw('r'), RUN)}`,
  }
}
