/** Sessions that look wrong, however they were built. */
import { rhythms } from '../../analysis/background/rhythm.js'
import { join, raw, type Sql, sql, text } from '../../sql/sql.js'
import { MICROS_PER_DAY } from '../../units/time.js'
import type { SqlRule } from '../rule.js'
import { EXAMPLES_SHOWN } from '../rule.js'
import { type Scene, shownTime } from '../scene.js'
import { noEventNames, shownSeconds } from './shapes.js'

export const zeroLength: SqlRule = {
  kind: 'sql',
  id: 'zero-length',
  meaning: 'sessions of length 0',
  unit: 'share',
  warn: 0.7,
  error: 0.95,
  hint: 'Single events from push or background starts, or a user column that is unique per event.',
  measure: () => sql`
    SELECT count(*) FILTER (WHERE length = 0) AS found, count(*) AS of FROM sessions`,
  examples: () => sql`
    SELECT user, ${shownTime(raw('start'))} AS start, events FROM sessions
    WHERE length = 0 ORDER BY sessions.start, user LIMIT ${EXAMPLES_SHOWN}`,
}

const cap = ({ definition: { maxLengthMicros = MICROS_PER_DAY } }: Scene): number => maxLengthMicros

export const overlongSession: SqlRule = {
  kind: 'sql',
  id: 'overlong-session',
  meaning: 'sessions longer than the maximum length (24 h unless the definition says)',
  unit: 'share',
  warn: 0,
  error: 0.01,
  hint: 'Heartbeats, background events or bots: --ignore-event, --passive-event or --max-length 24h.',
  measure: (scene) => sql`
    SELECT count(*) FILTER (WHERE length > ${cap(scene)}) AS found, count(*) AS of FROM sessions`,
  examples: (scene) => sql`
    SELECT user, ${shownTime(raw('start'))} AS start, ${shownSeconds(raw('length'))} AS length, events
    FROM sessions WHERE sessions.length > ${cap(scene)}
    ORDER BY sessions.length DESC, user, sessions.start LIMIT ${EXAMPLES_SHOWN}`,
}

const STARTS = ['session_start', 'start_session', 'session_started', 'session_begin']
const ENDS = ['session_end', 'end_session', 'session_ended', 'session_finish']

/** `[Amplitude] Start Session` and `Session Start` as `start_session` and `session_start`. */
const plainName = sql`regexp_replace(trim(regexp_replace(lower(name), '^\\[[^\\]]*\\]', '')), '[^a-z0-9]+', '_', 'g')`

const kind: Sql = sql`CASE
  WHEN ${plainName} IN (${join(STARTS.map(text))}) THEN 'start'
  WHEN ${plainName} IN (${join(ENDS.map(text))}) THEN 'end'
END`

/** Of two marks at one time the end comes first: it is the earlier session's. */
const marks = sql`
  SELECT user, t, name, kind, lead(kind) OVER (PARTITION BY user ORDER BY t, kind) AS next
  FROM (SELECT user, t, name, ${kind} AS kind FROM events WHERE ${kind} IS NOT NULL)`

export const startWithoutEnd: SqlRule = {
  kind: 'sql',
  id: 'start-without-end',
  meaning: "session starts that another start follows without an end (a user's last start apart)",
  unit: 'share',
  warn: 0.05,
  error: 0.5,
  hint: 'Ends are lost when an app is killed: do not take lengths from start and end events alone.',
  absent: noEventNames,
  // Where no end is ever sent (GA4), none is missing.
  measure: () => sql`
    SELECT CASE WHEN ends > 0 AND of > 0 THEN found END AS found, of FROM (
      SELECT count(*) FILTER (WHERE kind = 'start' AND next = 'start') AS found,
        count(*) FILTER (WHERE kind = 'start' AND next IS NOT NULL) AS of,
        count(*) FILTER (WHERE kind = 'end') AS ends
      FROM (${marks})
    )`,
  examples: () => sql`
    SELECT user, ${shownTime(raw('t'))} AS time, name AS event FROM (${marks})
    WHERE kind = 'start' AND next = 'start' ORDER BY t, user LIMIT ${EXAMPLES_SHOWN}`,
}

/**
 * Stricter than the audit, which rebuilds the sessions to convict: here the rhythm alone has to
 * tell. The middle 80 % of normal intervals then lie within a tenth of their median.
 */
const STEADY = 0.04

const beats = ({ definition }: Scene): Sql => sql`
  SELECT user, name, intervals + 1 AS beats, period
  FROM (${rhythms(definition)})
  WHERE coefficient <= ${STEADY} AND resolved`

export const heartbeats: SqlRule = {
  kind: 'sql',
  id: 'heartbeats',
  meaning: 'events that come at a near-constant pace, as a timer sends them',
  unit: 'share',
  warn: 0.05,
  error: 0.5,
  hint: 'They keep sessions alive while nobody is there: --passive-event NAME.',
  measure: (scene) => sql`
    SELECT (SELECT coalesce(sum(beats), 0) FROM (${beats(scene)})) AS found,
      ${scene.events.ledger.kept} AS of`,
  examples: (scene) => sql`
    SELECT name AS event, count(*) AS users, sum(beats) AS events,
      ${shownSeconds(sql`median(period)`)} AS pace
    FROM (${beats(scene)}) GROUP BY name ORDER BY sum(beats) DESC, name LIMIT ${EXAMPLES_SHOWN}`,
}
