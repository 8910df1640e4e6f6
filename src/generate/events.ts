import { type Sql, sql, text, withStages } from '../sql/sql.js'
import { DAY_MS } from './calendar.js'
import { draw, happens, logNormal, uniform } from './draws.js'
import { codeInVisit, heartbeatCode, nameOf, PURCHASE_NAME, strayCode } from './names.js'
import { countryName, personColumns, platformName } from './people.js'
import type { Plan } from './plan.js'
import { beatMs, keyOf, momentMs, userOfVisit, visitId } from './visits.js'

const RETRY_MICROS = { least: 1_000_000, most: 90_000_000 } as const
const LATENCY_MICROS = { least: 200_000, most: 5_000_000 } as const
/** Less than any latency, so nothing is sent before it happened. */
const NETWORK_MICROS = 150_000
/** An SDK sends what has gathered in this time in one request, so these events arrive together. */
const FLUSH_MS = 10_000
/** Late events come after four hours (median), and after sixty-four at most. */
const LATENESS_MEDIAN_MICROS = 4 * 3_600_000_000
const LATENESS_SIGMA = 0.8

/** What a visit brings in all; never none, since a visit has an event. */
const occurrences = sql`(events + beat_count + duplicates + strays)`

const flush = sql`((time_ms - start_ms) // ${FLUSH_MS})`
const flushMicros = sql`((start_ms + (${flush} + 1) * ${FLUSH_MS}) * 1000)`
const flushKey = sql`hash(xor(visit_key, ${flush}::UBIGINT))`

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
        // Unrolling a short list costs the engine as much as a long one, and many visits are of one
        // event: the first of each is taken as it stands.
        body: sql`SELECT *, events + beat_count AS own, 0::BIGINT AS occurrence
FROM visits
UNION ALL
SELECT *, events + beat_count AS own, unnest(range(1, ${occurrences})) AS occurrence
FROM visits WHERE ${occurrences} > 1`,
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
    sql`SELECT event_id, time_ms, name_code,
  CASE WHEN is_stray THEN 0 ELSE platform END::TINYINT AS platform,
  country,
  CASE WHEN is_stray THEN -1 ELSE start_ms END AS session_ms,
  ${flushMicros} + ${between(LATENCY_MICROS, draw(flushKey, 'latency'))}
    + CASE WHEN ${happens(draw(sql`key`, 'late'), lateShare)}
      THEN ${logNormal(draw(sql`key`, 'lateness'), LATENESS_MEDIAN_MICROS, LATENESS_SIGMA)}::BIGINT ELSE 0 END
    + CASE WHEN is_copy THEN ${between(RETRY_MICROS, draw(sql`key`, 'retry'))} ELSE 0 END AS arrival_micros
FROM happened
-- A copy arrives after its original, so no two rows are equal in both.
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
  date_trunc('millisecond', make_timestamp(arrival_micros - ${NETWORK_MICROS})) AS sent,
  format('{:016x}', key) AS insert_id,
  ${rowId(plan)} AS uuid,
  CASE WHEN ${name} = ${text(PURCHASE_NAME)}
    THEN round(${logNormal(draw(sql`key`, 'revenue'), 40, 0.7)}, 2) END AS revenue
FROM (
  SELECT *, ${keyOf(plan, sql`event_id`)} AS key, ${keyOf(plan, sql`user_number`)} AS user_key
  FROM (SELECT *, ${userOfVisit(sql`event_id`)} AS user_number FROM ${from})
)`
}

/**
 * A UUID as time-based ones look: eight digits of the event's own, the rest shared by the visit.
 * Both are unique: an odd factor only scatters the places in a visit, a hash only scatters visits.
 */
function rowId(plan: Plan): Sql {
  const visit = keyOf(plan, sql`(event_id >> 14)`)
  const index = sql`(((event_id & 16383) + 1) * 2654435761 & 4294967295)`
  return sql`format('{:08x}-{:04x}-1{:03x}-a{:03x}-{:012x}', ${index}, ${visit} >> 48,
    (${visit} >> 36) & 4095, (${visit} >> 24) & 4095, (${visit} & 16777215) * 16777217)`
}

/** A release every ten days, which each user takes up within a few days. */
function versionName({ startMs }: Plan): Sql {
  const day = sql`(session_ms - ${startMs}) / ${DAY_MS} - 5 * ${uniform(draw(sql`user_key`, 'adoption'))}`
  return sql`CASE WHEN platform > 0 THEN '4.' || (12 + floor((${day}) / 10))::INTEGER END`
}
