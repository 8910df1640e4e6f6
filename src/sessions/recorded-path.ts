/** Sessions as the export recorded them: one per user and recorded session id. */
import type { Dialect } from '../dialects/dialect.js'
import { join, raw, type Stage, sql } from '../sql/sql.js'
import {
  carriedColumns,
  codeAt,
  codedColumns,
  codedEvents,
  codeOf,
  collectedSets,
  summedMeasures,
} from './codes.js'
import { exceedsGap } from './liveness.js'
import type { DataEdges, SessionPlan } from './plan.js'
import type { SessionPath } from './stages.js'

export function recordedPath(plan: SessionPlan, edges: DataEdges, dialect: Dialect): SessionPath {
  const { definition } = plan
  return {
    coded: codedColumns(plan),
    stages: [groupedStage(plan, dialect), joinedStage(dialect)],
    bounce: raw('s.events = 1'),
    startCensored: sql`NOT (${exceedsGap(definition, sql`s."start" - ${edges.first}`)})`,
    endCensored: sql`NOT (${exceedsGap(definition, sql`${edges.last} - s."end"`)})`,
    endReason: () => sql`'recorded'`,
    place: raw('s.place'),
  }
}

function groupedStage(plan: SessionPlan, dialect: Dialect): Stage {
  // The id is needed for grouping whether or not it is wanted as a column.
  const { select, from } = codedEvents(plan, codedColumns(plan), [sql`e.session AS recorded_id`])
  const codes = carriedColumns(plan).map(
    ({ as, pick, column }) =>
      sql`${codeAt(pick, sql`t`, codeOf(column), dialect)} AS ${codeOf(as)}`,
  )
  return {
    name: 'grouped',
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

function joinedStage(dialect: Dialect): Stage {
  const byId = dialect.bytewise(sql`recorded_id`)
  return {
    name: 'joined',
    comment: 'One row per session, with coded values and its neighbours.',
    body: sql`SELECT *,
  lag("end") OVER (PARTITION BY "user" ORDER BY "start", ${byId}) AS previous_end,
  row_number() OVER (PARTITION BY "user", "start" ORDER BY ${byId}) - 1 AS place
FROM grouped`,
  }
}
