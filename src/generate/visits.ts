import { raw, type Sql, sql, withStages } from '../sql/sql.js'
import { BY_WAKING_HOUR, BY_WEEKDAY, DAY_MS, WAKING_DAY_MS, WAKING_START_HOUR } from './calendar.js'
import {
  draw,
  happens,
  logNormal,
  logNormalMean,
  roundedAtRandom,
  uniform,
  weighted,
} from './draws.js'
import {
  HEARTBEAT_MS,
  LEFT_OPEN_BEATS,
  LEFT_OPEN_SHARE,
  MARGIN_MS,
  PLANTED_GAP_MS,
  type Plan,
} from './plan.js'
import { COUNTRIES, PLATFORMS } from './population.js'

const RHYTHM_STARTS = 65_536
/** Longer than any visit: 100 events on average, times the bound of a log-normal of sigma 1. */
const RHYTHM_LENGTH = RHYTHM_STARTS + 8_192
const MEDIAN_GAP_MICROS = 12_000_000
const GAP_SIGMA = 1.2
const PACE_SIGMA = 0.15
/** Times the slowest pace (Web, 1.2 x e^(0.15 x 3.46) = 2.02), still well within the timeout. */
const LONGEST_GAP_MICROS = 800_000_000

/**
 * The rhythm: one long row of moments whose gaps are log-normal. A visit of n events plays n
 * moments of it from a place of its own and at a pace of its own, so its times and its length are
 * known from the rhythm alone, and no event needs the one before it.
 */
export const rhythmTable = (plan: Plan): Sql => sql`
CREATE TABLE rhythm AS
SELECT position, (sum(gap) OVER (ORDER BY position))::BIGINT AS micros
FROM (
  SELECT position, least(${LONGEST_GAP_MICROS},
    ${logNormal(draw(keyOf(plan, sql`position`), 'gap'), MEDIAN_GAP_MICROS, GAP_SIGMA)})::BIGINT AS gap
  FROM range(${RHYTHM_LENGTH}) moments(position)
)
ORDER BY position`

/** A key from a number that is unique for its purpose, different for every seed. */
export const keyOf = (plan: Plan, number: Sql): Sql =>
  sql`hash(xor(${number}::UBIGINT, hash(${raw(`${plan.options.seed}::UBIGINT`)})))`

/** Unique in the data: room for 2^16 visits of a user, and 2^14 events of a visit. */
export const visitId = sql`((user_number << 30) | (visit_number << 14))`

/** The user of a visit, or of an event in one, by its id. */
export const userOfVisit = (id: Sql): Sql => sql`(${id} >> 30)`

/** The time of the visit's event at this moment of the rhythm, in ms after the visit's start. */
export const momentMs = (micros: Sql): Sql =>
  // Even, so that no two events of a visit share a millisecond with the heartbeats, which are odd.
  sql`(2 * round(pace * (${micros} - rhythm_micros) / 2000)::BIGINT)`

export const beatMs = (beat: Sql): Sql => sql`(${beat} * ${HEARTBEAT_MS} + 1)`

/**
 * One row per user, the most active first. A table of its own because the engine makes ranges on
 * one thread, and reads tables on all.
 */
export const peopleTable = (plan: Plan): Sql => sql`
CREATE TABLE people AS
SELECT user_number, ${keyOf(plan, sql`user_number`)} AS user_key
FROM range(1, ${plan.users + 1}) numbers(user_number)`

/**
 * One row per planted visit, as narrow as it can be, since there can be as many as events: what
 * `visitsView` makes from the rest is not kept.
 */
export function visitsTable(plan: Plan): Sql {
  const { options, activity } = plan
  const { scale, exponent, offset, floor, most } = activity
  const planned = sql`least(${most}, ${floor} + ${scale} / pow(user_number + ${offset}, ${exponent}))`

  return sql`CREATE TABLE kept_visits AS ${withStages(
    [
      {
        name: 'habits',
        comment: 'One row per user: how many visits are planned, from where and on what.',
        body: sql`SELECT user_number, user_key,
  ${roundedAtRandom(planned, draw(sql`user_key`, 'activity'))} AS planned_visits,
  ${weighted(draw(sql`user_key`, 'platform'), shares(PLATFORMS))} AS home_platform,
  ${weighted(draw(sql`user_key`, 'country'), shares(COUNTRIES))} AS country,
  ${happens(draw(sql`user_key`, 'heartbeat user'), options.heartbeatShare)} AS beats
FROM people`,
      },
      {
        name: 'planned',
        comment: 'One row per planned visit.',
        body: sql`SELECT *, ${slotMs(plan)} AS slot_ms, ${visitKey} AS visit_key
FROM (SELECT *, unnest(range(planned_visits)) AS visit_number FROM habits)`,
      },
      {
        name: 'drawn',
        comment: 'One row per planned visit: platform, events, heartbeats, place in the rhythm.',
        body: sql`SELECT *,
  1 + ${roundedAtRandom(furtherEvents(plan), draw(sql`visit_key`, 'length rounding'))} AS events,
  (${draw(sql`visit_key`, 'rhythm')} % ${RHYTHM_STARTS})::BIGINT AS rhythm_start,
  ${logNormal(draw(sql`visit_key`, 'pace'), ofPlatform('pace'), PACE_SIGMA)} AS wanted_pace,
  -- What is left of the slot once the pause before the next visit is taken off.
  slot_ms - ${PLANTED_GAP_MS + MARGIN_MS} AS room_ms,
  CASE WHEN beats AND ${happens(draw(sql`visit_key`, 'heartbeat visit'), LEFT_OPEN_SHARE)} THEN
    ${LEFT_OPEN_BEATS.least} + ${uniform(draw(sql`visit_key`, 'heartbeat length'))} * ${LEFT_OPEN_BEATS.most - LEFT_OPEN_BEATS.least}
  ELSE 0 END AS wanted_beats
FROM (
  SELECT *, CASE WHEN ${happens(draw(sql`visit_key`, 'switch'), 0.15)}
    THEN ${weighted(draw(sql`visit_key`, 'second platform'), shares(PLATFORMS))}
    ELSE home_platform END AS platform
  FROM planned
)`,
      },
      {
        name: 'fitted',
        comment: 'One row per planned visit, hurried where it would not fit its slot.',
        body: sql`SELECT drawn.*, first.micros AS rhythm_micros, last.micros AS rhythm_end_micros,
  least(wanted_pace, room_ms * 1000 / greatest(1, last.micros - first.micros)) AS pace,
  floor(least(wanted_beats, room_ms / ${HEARTBEAT_MS} - 1))::INTEGER AS beat_count
FROM drawn
JOIN rhythm first ON first.position = rhythm_start
JOIN rhythm last ON last.position = rhythm_start + events - 1`,
      },
      {
        name: 'spanned',
        comment: 'One row per planned visit with its length.',
        body: sql`SELECT *, ${momentMs(sql`rhythm_end_micros`)} AS active_ms, ${beatingMs} AS beating_ms
FROM fitted`,
      },
      {
        name: 'placed',
        comment: 'One row per planned visit at a place in waking time, inside its slot.',
        body: sql`SELECT *, (visit_number * slot_ms + ${uniform(draw(sql`visit_key`, 'start'))}
    * greatest(0, room_ms - greatest(active_ms, beating_ms)))::BIGINT AS waking_ms
FROM spanned`,
      },
      {
        name: 'dated',
        comment: 'One row per planned visit at a local time.',
        body: sql`SELECT *, waking_ms // ${WAKING_DAY_MS} AS day,
  (waking_ms % ${WAKING_DAY_MS}) // 3600000 AS waking_hour,
  ${plan.startMs} + (waking_ms // ${WAKING_DAY_MS}) * ${DAY_MS}
    + ${WAKING_START_HOUR * 3_600_000} + waking_ms % ${WAKING_DAY_MS} AS local_ms
FROM placed`,
      },
    ],
    sql`SELECT user_number, visit_number::INTEGER AS visit_number, platform, country,
  events::INTEGER AS events, beat_count, rhythm_start::INTEGER AS rhythm_start, rhythm_micros, pace, active_ms,
  (local_ms - ${byPlace(COUNTRIES.map(({ offsetMinutes }) => offsetMinutes * 60_000))}[country]::BIGINT) // 2 * 2 AS start_ms,
  planned_visits
FROM dated
WHERE ${uniform(draw(sql`visit_key`, 'keep'))} <
  ${byPlace(BY_WAKING_HOUR)}[1 + waking_hour] * ${byPlace(BY_WEEKDAY)}[1 + (${plan.startMs / DAY_MS + 3} + day) % 7]`,
  )}`
}

const visitKey = sql`hash(xor(user_key, visit_number::UBIGINT))`
const slotMs = ({ wakingMs }: Plan): Sql => sql`${wakingMs}::DOUBLE / planned_visits`
const beatingMs = sql`CASE WHEN beat_count > 0 THEN ${beatMs(sql`beat_count`)} ELSE 0 END`

/** One row per planted visit: who, where, when, and what it is made of. */
export function visitsView(plan: Plan): Sql {
  const { options } = plan
  return sql`
CREATE VIEW visits AS
SELECT * REPLACE (visit_number::BIGINT AS visit_number, rhythm_start::BIGINT AS rhythm_start),
  ${slotMs(plan)} AS slot_ms, ${beatingMs} AS beating_ms,
  ${extra(options.duplicateShare, 'duplicates')} AS duplicates,
  ${extra(options.outOfSessionShare, 'strays')} AS strays
FROM (
  SELECT *, ${visitKey} AS visit_key
  FROM (SELECT *, ${keyOf(plan, sql`user_number`)} AS user_key FROM kept_visits)
)`
}

/** How many events a visit brings besides its own: a share of those, rounded at random. */
const extra = (share: number, purpose: 'duplicates' | 'strays'): Sql =>
  share === 0
    ? sql`0`
    : roundedAtRandom(sql`(events + beat_count) * ${share}`, draw(sql`visit_key`, purpose))

const LENGTH_SIGMA = 1

/**
 * Events after the first: none in a bounce, otherwise log-normal, with the mean that the plan asks
 * for over all visits of the platform.
 */
function furtherEvents(plan: Plan): Sql {
  const median = (plan.eventsPerVisit - 1) / logNormalMean(LENGTH_SIGMA)
  const bounces = sql`${byPlace(PLATFORMS.map((platform) => platform.bounces))}[platform]`
  return sql`CASE WHEN ${uniform(draw(sql`visit_key`, 'bounce'))} < ${bounces} THEN 0 ELSE
    ${logNormal(
      draw(sql`visit_key`, 'length'),
      sql`${median} * ${ofPlatform('eventsPerVisit')} / (1 - ${bounces})`,
      LENGTH_SIGMA,
    )} END`
}

/** A platform's factor, scaled so that the mean over all visits is one. */
function ofPlatform(factor: 'pace' | 'eventsPerVisit'): Sql {
  const mean = PLATFORMS.reduce((sum, platform) => sum + platform.share * platform[factor], 0)
  return sql`${byPlace(PLATFORMS.map((platform) => platform[factor] / mean))}[platform]`
}

const shares = (of: readonly { readonly share: number }[]): number[] => of.map(({ share }) => share)
const byPlace = (values: readonly number[]): Sql => raw(`([${values.join(', ')}]::DOUBLE[])`)
