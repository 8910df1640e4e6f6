import { type Sql, sql, text, withStages } from '../sql/sql.js'
import { DAY_MS } from './calendar.js'
import { draw, happens, logNormal, uniform } from './draws.js'
import { codeInVisit, heartbeatCode, nameOf, PURCHASE_NAME, strayCode } from './names.js'
import { countryName, personColumns, platformName, uuid } from './people.js'
import type { Plan } from './plan.js'
import { beatMs, keyOf, momentMs, visitId } from './visits.js'

const RETRY_MICROS = { least: 1_000_000, most: 90_000_000 } as const
const LATENCY_MICROS = { least: 200_000, most: 20_000_000 } as const
/** Late events come after four hours (median), and after sixty-four at most. */
const LATENESS_MEDIAN_MICROS = 4 * 3_600_000_000
const LATENESS_SIGMA = 0.8

/**
 * One row per delivered event, as narrow as it can be, in the order of arrival. Only these few
 * numbers are sorted; every text is made afterwards, from them.
 */
export function deliveries(plan: Plan): Sql {
  const { lateShare } = plan.options
  const between = (range: { least: number; most: number }, bits: Sql): Sql =>
    sql`(${range.least} + ${uniform(bits)} * ${range.most - range.least})::BIGINT`

  return withStages(
    [
      {
        name: 'occurrences',
        comment: 'One row per delivery: first the events of a visit, then copies, then strays.',
        body: sql`SELECT *, events + beat_count AS own,
  unnest(range(events + beat_count + duplicates + strays)) AS occurrence
FROM visits`,
      },
      {
        name: 'indexed',
        comment: 'One row per delivery with the place of its event in the visit; copies share it.',
        body: sql`SELECT *,
  occurrence >= own AND occurrence < own + duplicates AS is_copy,
  occurrence >= own + duplicates AS is_stray,
  CASE WHEN occurrence < own THEN occurrence
    -- Spread evenly, so that no event is copied twice.
    WHEN occurrence < own + duplicates THEN (occurrence - own) * own // duplicates
    ELSE occurrence - duplicates END AS index
FROM occurrences`,
      },
      {
        name: 'keyed',
        comment: 'One row per delivery with the key that its chances are drawn from.',
        body: sql`SELECT *, ${keyOf(plan, sql`event_id`)} AS key
FROM (SELECT *, ${visitId} | index AS event_id FROM indexed)`,
      },
      {
        name: 'happened',
        comment: 'One row per delivery with the time and the name of its event.',
        body: sql`SELECT keyed.*,
  CASE WHEN is_stray THEN start_ms + (${uniform(draw(sql`key`, 'stray time'))} * slot_ms)::BIGINT
    WHEN index >= events THEN start_ms + ${beatMs(sql`(index - events + 1)`)}
    ELSE start_ms + ${momentMs(sql`rhythm.micros`)} END AS time_ms,
  CASE WHEN is_stray THEN ${strayCode(sql`key`)}
    WHEN index >= events THEN ${heartbeatCode}
    ELSE ${codeInVisit(sql`key`, sql`index`, sql`platform`)} END::TINYINT AS name_code
FROM keyed
JOIN rhythm ON rhythm.position = rhythm_start + CASE WHEN index < events THEN index ELSE 0 END`,
      },
    ],
    sql`SELECT event_id, user_number, time_ms, name_code,
  CASE WHEN is_stray THEN 0 ELSE platform END::TINYINT AS platform,
  country,
  CASE WHEN is_stray THEN -1 ELSE start_ms END AS session_ms,
  time_ms * 1000 + ${between(LATENCY_MICROS, draw(sql`key`, 'latency'))}
    + CASE WHEN ${happens(draw(sql`key`, 'late'), lateShare)}
      THEN ${logNormal(draw(sql`key`, 'lateness'), LATENESS_MEDIAN_MICROS, LATENESS_SIGMA)}::BIGINT ELSE 0 END
    + CASE WHEN is_copy THEN ${between(RETRY_MICROS, draw(sql`key`, 'retry'))} ELSE 0 END AS arrival_micros
FROM happened
-- A copy arrives after its original, so these two are never equal for two rows.
ORDER BY arrival_micros, event_id`,
  )
}

/**
 * One row per delivery with everything that a format may want to write; what a format does not
 * take is never computed.
 */
export function eventColumns(plan: Plan, from: Sql): Sql {
  const name = nameOf(sql`name_code`)
  return sql`SELECT *, ${personColumns(plan)},
  ${name} AS event,
  ${platformName} AS platform_name,
  ${countryName} AS country_name,
  ${versionName(plan)} AS version,
  make_timestamp(time_ms * 1000) AS time,
  make_timestamp(arrival_micros) AS arrival,
  format('{:016x}', key) AS insert_id,
  ${uuid(sql`key`, draw(sql`key`, 'identity'))} AS uuid,
  CASE WHEN ${name} = ${text(PURCHASE_NAME)}
    THEN round(${logNormal(draw(sql`key`, 'revenue'), 40, 0.7)}, 2) END AS revenue
FROM (
  SELECT *, ${keyOf(plan, sql`event_id`)} AS key, ${keyOf(plan, sql`user_number`)} AS user_key
  FROM ${from}
)`
}

/** A release every ten days, which each user takes up within a few days. */
function versionName({ startMs }: Plan): Sql {
  const day = sql`(session_ms - ${startMs}) / ${DAY_MS} - 5 * ${uniform(draw(sql`user_key`, 'adoption'))}`
  return sql`CASE WHEN platform > 0 THEN '4.' || greatest(0, floor((${day}) / 10) + 12)::INTEGER || '.' || platform END`
}
