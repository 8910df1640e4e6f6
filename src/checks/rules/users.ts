/** Users that are not one person. */
import { nullLike } from '../../events/null-like.js'
import { join, raw, sql } from '../../sql/sql.js'
import type { SqlRule } from '../rule.js'
import { EXAMPLES_SHOWN } from '../rule.js'
import { DAY, HOUR } from '../scene.js'
import { EVENT_COLUMNS } from './shapes.js'

export const nullLikeUser: SqlRule = {
  kind: 'sql',
  id: 'null-like-user',
  meaning: 'events whose user stands for nobody (null, undefined, anonymous, zeros)',
  unit: 'share',
  warn: 0,
  error: 0.01,
  hint: 'They count as one user with very long sessions: fix the sender, or leave them out with --where.',
  needs: ['placed'],
  measure: () =>
    sql`SELECT count(*) FILTER (WHERE ${nullLike(raw('user'))}) AS found, count(*) AS of FROM events`,
  examples: () => sql`
    SELECT file, ordinal, ${join(EVENT_COLUMNS)} FROM placed
    WHERE fate IS NULL AND ${nullLike(raw('user'))} ORDER BY ordinal LIMIT ${EXAMPLES_SHOWN}`,
}

/** Nobody keeps several times this many; a shared login or a test farm does. */
const DEVICES = 20

export const devicePool: SqlRule = {
  kind: 'sql',
  id: 'device-pool',
  meaning: `users with more than ${DEVICES} devices`,
  unit: 'share',
  warn: 0,
  error: 0.01,
  hint: 'A shared login or a test farm: group by device instead, e.g. --user device_id.',
  absent: ({ extras }) =>
    extras.device === undefined ? 'the export has no device beside the user' : undefined,
  measure: ({ extras: { device = raw('NULL') } }) => sql`
    SELECT count(*) FILTER (WHERE devices > ${DEVICES}) AS found, count(*) AS of
    FROM (SELECT count(DISTINCT ${device}) AS devices FROM events GROUP BY user)`,
  examples: ({ extras: { device = raw('NULL') } }) => sql`
    SELECT user, count(DISTINCT ${device}) AS devices, count(*) AS events
    FROM events GROUP BY user HAVING devices > ${DEVICES}
    ORDER BY devices DESC, user LIMIT ${EXAMPLES_SHOWN}`,
}

/** People sleep. */
const WAKING_HOURS = 20

const activeDays = sql`
  SELECT user, t // ${DAY} AS day, count(DISTINCT t // ${HOUR}) AS hours, count(*) AS events
  FROM events GROUP BY ALL HAVING hours >= ${WAKING_HOURS}`

export const roundTheClockUser: SqlRule = {
  kind: 'sql',
  id: 'round-the-clock-user',
  meaning: `users active in ${WAKING_HOURS} or more hours of one day`,
  unit: 'share',
  warn: 0,
  error: 0.01,
  hint: 'Bots, monitors or shared logins: leave them out with --where.',
  measure: () => sql`
    SELECT (SELECT count(DISTINCT user) FROM (${activeDays})) AS found,
      (SELECT count(DISTINCT user) FROM events) AS of`,
  examples: () => sql`
    SELECT user, max(hours) AS hours, count(*) AS days, sum(events) AS events
    FROM (${activeDays}) GROUP BY user ORDER BY events DESC, user LIMIT ${EXAMPLES_SHOWN}`,
}
