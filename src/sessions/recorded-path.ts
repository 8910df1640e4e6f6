/** Sessions as the export recorded them: one per user and recorded session id. */
import type { Dialect } from '../dialects/dialect.js'
import { join, raw, type Sql, type Stage, sql } from '../sql/sql.js'
import { codeAt, codedColumns, codedEvents, codedValues, codeOf, summedMeasures } from './codes.js'
import type { DataEdges, SessionPath, SessionPlan } from './plan.js'
import { collectedSets, rowSetColumns, rowSetJoins, rowSetStages } from './sets.js'
import { nearEdges } from './timeout.js'

const BY_ID = [raw('recorded_id')]

export function recordedPath(plan: SessionPlan, edges: DataEdges, dialect: Dialect): SessionPath {
  const { definition } = plan
  // Each session covers one id: its own.
  const named: SessionPlan = { ...plan, recordedIds: false }
  return {
    coded: codedColumns(plan),
    stages: [
      groupedStage(named, dialect),
      ...rowSetStages(named, namesById(plan), BY_ID, dialect),
      joinedStage(plan, named, dialect),
    ],
    bounce: raw('s.events = 1'),
    ...nearEdges(definition, edges),
    endReason: () => sql`'recorded'`,
    tieRank: raw('s.tie_rank'),
  }
}

function groupedStage(plan: SessionPlan, dialect: Dialect): Stage {
  // The id is needed for grouping whether or not it is wanted as a column.
  const { select, from } = codedEvents(plan, codedColumns(plan), [sql`e.session AS recorded_id`])
  const codes = codedValues(plan).map(
    ({ as, pick, column }) =>
      sql`${codeAt(pick, sql`t`, codeOf(column), dialect)} AS ${codeOf(as)}`,
  )
  return {
    name: 'sz_grouped',
    comment: 'One row per user and recorded session id.',
    body: sql`SELECT "user", recorded_id, min(t) AS "start", max(t) AS "end", ${dialect.count()} AS events${join(
      [...codes, ...collectedSets(plan, dialect), ...summedMeasures(plan)].map(
        (column) => sql`, ${column}`,
      ),
      '',
    )}
FROM (
  SELECT ${join(select)}
  ${from}
) AS coded
GROUP BY "user", recorded_id`,
  }
}

/** Names of events with their recorded id. */
const namesById = ({ events }: SessionPlan): Sql =>
  sql`(SELECT "user", session AS recorded_id, name FROM ${events}) AS named`

function joinedStage(plan: SessionPlan, named: SessionPlan, dialect: Dialect): Stage {
  const byId = dialect.bytewise(sql`g.recorded_id`)
  const columns = [
    sql`g.*`,
    ...(plan.recordedIds ? [sql`${dialect.single(sql`g.recorded_id`)} AS recorded`] : []),
    ...rowSetColumns(named, dialect),
    sql`lag(g."end") OVER (PARTITION BY g."user" ORDER BY g."start", ${byId}) AS previous_end`,
    sql`row_number() OVER (PARTITION BY g."user", g."start" ORDER BY ${byId}) - 1 AS tie_rank`,
  ]
  return {
    name: 'sz_joined',
    comment: 'One row per session, with coded values and its neighbours.',
    body: sql`SELECT ${join(columns, ',\n  ')}
FROM sz_grouped AS g${rowSetJoins(named, raw('g'), BY_ID)}`,
  }
}
