import { type Sql, sql } from '../sql/sql.js'
import type { EventFormat } from './formats/index.js'
import { codeInVisit, heartbeatCode, nameOf } from './names.js'
import { countryName, personColumns, platformName } from './people.js'
import type { Plan } from './plan.js'
import { keyOf, visitId } from './visits.js'

const asItIs = (name: Sql): Sql => name

/**
 * One row per planted session, straight from the planted visits: it never looks at the events that
 * were made from them, so a mistake in making those shows as a difference.
 */
export function plantedSessions(plan: Plan, { user, spelling = asItIs }: EventFormat): Sql {
  const nameAt = (index: Sql): Sql =>
    spelling(nameOf(codeInVisit(keyOf(plan, sql`(${visitId} | ${index})`), index, sql`platform`)))
  return sql`SELECT ${user} AS "user",
  make_timestamp(start_ms * 1000) AS "start",
  make_timestamp((start_ms + greatest(active_ms, beating_ms)) * 1000) AS "end",
  (events + beat_count)::INTEGER AS events,
  ${nameAt(sql`0`)} AS first_event,
  CASE WHEN beating_ms > active_ms THEN ${spelling(nameOf(heartbeatCode))} ELSE ${nameAt(sql`(events - 1)`)} END AS last_event,
  platform_name AS platform,
  country_name AS country
FROM (
  SELECT *, ${platformName} AS platform_name, ${countryName} AS country_name, ${personColumns(plan)}
  FROM visits
)
ORDER BY "user", "start"`
}
