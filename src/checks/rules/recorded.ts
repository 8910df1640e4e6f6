/** Session ids that the vendor recorded. */

import { raw, type Sql, sql } from '../../sql/sql.js'
import { YEAR_ONE_MICROS } from '../../units/instant.js'
import { MICROS_PER_SECOND } from '../../units/time.js'
import { EXAMPLES_SHOWN, type SqlRule, tolerant } from '../rule.js'
import { shownTime } from '../scene.js'
import { eventShare, noRecordedSession, shownSeconds } from './shapes.js'

const hasId = (): Sql => raw("coalesce(session, '') <> ''")

export const sessionIdIsUser = eventShare(
  {
    id: 'session-id-is-user',
    meaning: 'events whose recorded session id is their user id',
    warn: 0,
    error: 0.01,
    hint: 'One of the two is mapped or sent wrongly: check --session and --user.',
    absent: noRecordedSession,
  },
  () => raw('session = user'),
  { among: hasId },
)

/** GA4's ids are seconds, which by design repeat between users. */
const SHARED_BY_DESIGN: readonly string[] = ['ga4']

export const sharedSessionId: SqlRule = {
  kind: 'sql',
  id: 'shared-session-id',
  meaning: 'recorded session ids that several users have',
  unit: 'share',
  warn: 0.01,
  error: 0.1,
  hint: 'Group by user and session id together, as this program does; look for a cached or constant id.',
  needs: ['recorded_sessions'],
  absent: (scene) =>
    SHARED_BY_DESIGN.includes(scene.events.mapping.preset)
      ? 'these ids are only meant to be unique for one user'
      : noRecordedSession(scene),
  measure: () => sql`
    SELECT count(*) FILTER (WHERE users > 1) AS found, count(*) AS of
    FROM (SELECT count(*) AS users FROM recorded_sessions GROUP BY session)`,
  examples: () => sql`
    SELECT session, count(*) AS users, sum(events) AS events, min(user) AS "one user"
    FROM recorded_sessions GROUP BY session HAVING users > 1
    ORDER BY users DESC, session LIMIT ${EXAMPLES_SHOWN}`,
}

const asNumber = sql`TRY_CAST(session AS BIGINT)`
/** Of an id that is a time in milliseconds or seconds, as vendors' are; else NULL. */
const idTime = sql`CASE
  WHEN ${asNumber} BETWEEN 100000000000 AND 9999999999999 THEN ${asNumber} * 1000 + ${YEAR_ONE_MICROS}
  WHEN ${asNumber} BETWEEN 100000000 AND 9999999999 THEN ${asNumber} * 1000000 + ${YEAR_ONE_MICROS}
END`

/** Times of events are corrected by the server, ids are the device's: a minute is no difference. */
export const sessionIdAfterFirstEvent = tolerant(
  { unit: 'time', amount: 60 * MICROS_PER_SECOND },
  (tolerance, shown) => ({
    kind: 'sql',
    id: 'session-id-after-first-event',
    meaning: `recorded sessions whose id is a time more than ${shown} after their first event`,
    unit: 'share',
    warn: 0.01,
    error: 0.1,
    hint: 'Lengths taken from the session id come out negative; take them from the events.',
    needs: ['recorded_sessions'],
    absent: noRecordedSession,
    // NULL, nothing to measure, where the ids are not times.
    measure: () => sql`
    SELECT CASE WHEN of > 0 THEN found END AS found, of FROM (
      SELECT count(*) FILTER (WHERE ${idTime} > first + ${tolerance}) AS found, count(${idTime}) AS of
      FROM recorded_sessions
    )`,
    examples: () => sql`
    SELECT user, session, ${shownTime(raw('first'))} AS "first event",
      ${shownSeconds(sql`${idTime} - first`)} AS later
    FROM recorded_sessions WHERE ${idTime} > first + ${tolerance}
    ORDER BY ${idTime} - first DESC, user, session LIMIT ${EXAMPLES_SHOWN}`,
  }),
)

export const sessionIdOverGap: SqlRule = {
  kind: 'sql',
  id: 'session-id-over-gap',
  meaning: 'recorded sessions that go on after a pause longer than the gap',
  unit: 'share',
  warn: 0.1,
  error: 0.5,
  hint: 'The recorder has another timeout, or its ids are not renewed: see sessionize audit.',
  needs: ['recorded_sessions'],
  absent: noRecordedSession,
  measure: ({ definition: { gapMicros } }) => sql`
    SELECT count(*) FILTER (WHERE pause > ${gapMicros}) AS found, count(*) AS of
    FROM recorded_sessions`,
  examples: ({ definition: { gapMicros } }) => sql`
    SELECT user, session, ${shownTime(raw('first'))} AS "first event", ${shownSeconds(raw('pause'))} AS pause
    FROM recorded_sessions WHERE pause > ${gapMicros}
    ORDER BY recorded_sessions.pause DESC, user, session LIMIT ${EXAMPLES_SHOWN}`,
}

const overlapping = sql`
  SELECT *, max(last) OVER (
      PARTITION BY user ORDER BY first, last, session
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS others_last
  FROM recorded_sessions`

export const overlappingSessions: SqlRule = {
  kind: 'sql',
  id: 'overlapping-sessions',
  meaning: "recorded sessions that begin before the user's other one has ended",
  unit: 'share',
  warn: 0.05,
  error: 0.5,
  hint: 'One user on several devices, or tabs with ids of their own.',
  needs: ['recorded_sessions'],
  absent: noRecordedSession,
  measure: () => sql`
    SELECT count(*) FILTER (WHERE first < others_last) AS found, count(*) AS of
    FROM (${overlapping})`,
  examples: () => sql`
    SELECT user, session, ${shownTime(raw('first'))} AS "first event",
      ${shownSeconds(raw('least(last, others_last) - first'))} AS overlap
    FROM (${overlapping}) WHERE first < others_last
    ORDER BY least(last, others_last) - first DESC, user, session LIMIT ${EXAMPLES_SHOWN}`,
}
