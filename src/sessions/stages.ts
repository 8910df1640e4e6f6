/**
 * The one idea: events to sessions in named stages.
 *
 *   events -> (codes) -> blocks -> ... -> joined -> sessions
 *
 * In SQL their names begin with `sz_`, so that none hides a table that somebody has. Which stages lie
 * between depends on the definition: a single gap takes the shortest path, other
 * rules add what they need, and rules on single events look at events in order. Every path ends in
 * `joined`, one row per session. Times are microseconds since year 1 and never negative.
 */
import type { Dialect } from '../dialects/dialect.js'
import { identifier, join, type Sql, type Stage, small, sql } from '../sql/sql.js'
import { codedColumns, codedValues, codeOf, codeStage, codeTable, measureColumns } from './codes.js'
import { isGapOnly } from './definition.js'
import { placedStages } from './event-stages.js'
import { gapPath } from './gap-path.js'
import type { DataEdges, SessionPath, SessionPlan } from './plan.js'
import { recordedPath } from './recorded-path.js'
import { rulePath } from './rule-path.js'
import { hasLimit, limitStages } from './session-limits.js'
import { shownSets } from './sets.js'

export function choosePath(plan: SessionPlan, edges: DataEdges, dialect: Dialect): SessionPath {
  if (plan.definition.recorded === true) return recordedPath(plan, edges, dialect)
  return isGapOnly(plan.definition) ? gapPath(plan, edges, dialect) : rulePath(plan, edges, dialect)
}

/** From the relation `events` to the stage `sessions`. */
export function sessionStages(plan: SessionPlan, edges: DataEdges, dialect: Dialect): Stage[] {
  const path = choosePath(plan, edges, dialect)
  return [
    ...path.coded.map((column) => codeStage(column, plan, dialect)),
    ...path.stages,
    sessionsStage(plan, path, dialect),
  ]
}

function sessionsStage(plan: SessionPlan, path: SessionPath, dialect: Dialect): Stage {
  const coded = codedValues(plan)
  const valueTable = (as: string): string => `${as}_value`
  const value = (as: string): Sql => identifier(valueTable(as))
  const joins = coded.map(
    ({ as, column }) =>
      sql`\nLEFT JOIN ${codeTable(column)} AS ${value(as)} ON ${value(as)}.code = s.${codeOf(as)}`,
  )
  const columns = [
    sql`${small(coded.map(({ as }) => valueTable(as)))}s."user"`,
    sql`s."start"`,
    sql`s."end"`,
    sql`s.events`,
    sql`s.previous_end`,
    sql`${path.bounce} AS bounce`,
    sql`${path.startCensored} AS start_censored`,
    sql`${path.endCensored} AS end_censored`,
    sql`${path.endReason(path.endCensored)} AS end_reason`,
    sql`${path.tieRank} AS tie_rank`,
    ...coded.map(({ as, column }) => {
      const enumerated = plan.known?.get(column)?.enumerated === true
      const shown = enumerated ? sql`${value(as)}.shown` : sql`nullif(${value(as)}.value, '')`
      return sql`${shown} AS ${identifier(as)}`
    }),
    ...shownSets(plan, dialect),
    ...measureColumns(plan).map((column) => sql`s.${column}`),
  ]
  return {
    name: 'sz_sessions',
    comment: 'One row per session.',
    body: sql`SELECT ${join(columns)}
FROM sz_joined AS s${join(joins, '')}`,
  }
}

/** From `events` to `unkept`: the passive events that found no session. */
export function unkeptStages(plan: SessionPlan, dialect: Dialect): Stage[] {
  const ordered: SessionPlan = { ...plan, names: true }
  const limited = hasLimit(plan.definition)
  return [
    ...codedColumns(ordered, true).map((column) => codeStage(column, plan, dialect)),
    ...placedStages(ordered, dialect),
    ...(limited ? limitStages(ordered, dialect) : []),
    {
      name: 'sz_unkept',
      comment: 'Passive events outside any session.',
      body: limited
        ? sql`SELECT file FROM sz_base_events WHERE NOT kept UNION ALL SELECT file FROM sz_assigned WHERE NOT kept`
        : sql`SELECT file FROM sz_base_events WHERE NOT kept`,
    },
  ]
}
