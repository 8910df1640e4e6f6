/**
 * Sudden changes from day to day. A day is compared with the range of the seven whole days before,
 * so that weekends are no change; the factor says how far outside of that range it lies.
 */
import { raw, type Sql, sql } from '../../sql/sql.js'
import { MICROS_PER_DAY } from '../../units/time.js'
import type { SqlRule } from '../rule.js'
import { EXAMPLES_SHOWN } from '../rule.js'
import { type Scene, spanMicros } from '../scene.js'
import { shownDay } from './shapes.js'

const DAYS_BEFORE = 7
/** Of fewer, chance alone makes large factors. */
const LEAST_SESSIONS = 30

/** The half keeps a day with nothing from being infinitely far away. */
const factor = sql`greatest((x + 0.5) / (high + 0.5), (low + 0.5) / (x + 0.5), 1)`

function changes(figure: Sql, which: Sql, least: Sql): Sql {
  return sql`
    SELECT dimension, value, day, x, low, high, ${factor} AS factor
    FROM (
      SELECT *, max(x) OVER before AS high, min(x) OVER before AS low, count(*) OVER before AS days,
        min(sessions) OVER before AS least_sessions, max(sessions) OVER before AS most_sessions
      FROM (SELECT *, ${figure} AS x FROM daily WHERE ${which})
      WINDOW before AS (PARTITION BY dimension, value ORDER BY day ROWS BETWEEN ${DAYS_BEFORE} PRECEDING AND 1 PRECEDING)
    )
    WHERE days = ${DAYS_BEFORE} AND x IS NOT NULL AND low IS NOT NULL AND ${least}`
}

const volumes = changes(
  raw('sessions'),
  // Versions come and go by design: theirs is no sign of anything.
  raw("dimension <> 'version'"),
  sql`greatest(sessions, most_sessions) >= ${LEAST_SESSIONS}`,
)

const enoughEachDay = sql`least(sessions, least_sessions) >= ${LEAST_SESSIONS}`

const perUser = changes(raw('sessions / nullif(users, 0)'), raw('true'), enoughEachDay)
const perSession = changes(raw('events / nullif(sessions, 0)'), raw('true'), enoughEachDay)

const tooShort = (scene: Scene): string | undefined =>
  spanMicros(scene) < (DAYS_BEFORE + 2) * MICROS_PER_DAY
    ? `it takes ${DAYS_BEFORE + 1} whole days to see a change`
    : undefined

const changeRule = (
  words: Pick<SqlRule, 'id' | 'meaning' | 'warn' | 'error' | 'hint'>,
  query: Sql,
  shown: (value: Sql) => Sql,
): SqlRule => ({
  ...words,
  kind: 'sql',
  unit: 'factor',
  needs: ['daily'],
  absent: tooShort,
  measure: () => sql`SELECT max(factor) AS value FROM (${query})`,
  examples: () => sql`
    SELECT dimension || ' ' || value AS segment, ${shownDay(raw('day'))} AS day, ${shown(raw('x'))} AS figure,
      ${shown(raw('low'))} || ' to ' || ${shown(raw('high'))} AS "week before"
    FROM (${query}) AS c WHERE factor > 1
    ORDER BY factor DESC, c.day, dimension, value LIMIT ${EXAMPLES_SHOWN}`,
})

const whole = (value: Sql): Sql => sql`CAST(${value} AS VARCHAR)`
const decimal = (value: Sql): Sql => sql`printf('%.2f', ${value})`

export const volumeChange = changeRule(
  {
    id: 'volume-change',
    meaning: 'sessions on a day outside the range of the week before, over all or on a platform',
    warn: 2,
    error: 5,
    hint: 'A release, an outage, or part of the export missing.',
  },
  volumes,
  whole,
)

export const sessionsPerUserChange = changeRule(
  {
    id: 'sessions-per-user-change',
    meaning:
      'sessions per user on a day outside the range of the week before, by platform or version',
    warn: 1.5,
    error: 3,
    hint: 'Ids that are renewed too often, or a user column that changed its meaning.',
  },
  perUser,
  decimal,
)

export const eventsPerSessionChange = changeRule(
  {
    id: 'events-per-session-change',
    meaning:
      'events per session on a day outside the range of the week before, by platform or version',
    warn: 1.5,
    error: 3,
    hint: 'Events that were added, dropped or doubled by a release.',
  },
  perSession,
  decimal,
)
