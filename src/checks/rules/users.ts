/** Users that are not one person. */
import { ACTIVE_HOURS, activeDays } from '../../analysis/background/round-the-clock.js'
import { nullLike } from '../../events/null-like.js'
import { join, raw, sql } from '../../sql/sql.js'
import { EXAMPLES_SHOWN, type SqlRule, tolerant } from '../rule.js'
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

/** Nobody keeps several times twenty devices; a shared login or a test farm does. */
export const devicePool = tolerant({ unit: 'number', amount: 20 }, (most) => ({
  kind: 'sql',
  id: 'device-pool',
  meaning: `users with more than ${most} devices`,
  unit: 'share',
  warn: 0,
  error: 0.01,
  hint: 'A shared login or a test farm: group by device instead, e.g. --user device_id.',
  absent: ({ extras }) =>
    extras.device === undefined ? 'the export has no device beside the user' : undefined,
  measure: ({ extras: { device = raw('NULL') } }) => sql`
    SELECT count(*) FILTER (WHERE devices > ${most}) AS found, count(*) AS of
    FROM (SELECT count(DISTINCT ${device}) AS devices FROM events GROUP BY user)`,
  examples: ({ extras: { device = raw('NULL') } }) => sql`
    SELECT user, count(DISTINCT ${device}) AS devices, count(*) AS events
    FROM events GROUP BY user HAVING devices > ${most}
    ORDER BY devices DESC, user LIMIT ${EXAMPLES_SHOWN}`,
}))

export const roundTheClockUser = tolerant({ unit: 'number', amount: ACTIVE_HOURS }, (hours) => ({
  kind: 'sql',
  id: 'round-the-clock-user',
  meaning: `users active in ${hours} or more hours of one day`,
  unit: 'share',
  warn: 0,
  error: 0.01,
  hint: 'Bots, monitors or shared logins: leave them out with --where.',
  measure: () => sql`
    SELECT (SELECT count(DISTINCT user) FROM (${activeDays(hours)})) AS found,
      (SELECT count(DISTINCT user) FROM events) AS of`,
  examples: () => sql`
    SELECT user, max(hours) AS hours, count(*) AS days, sum(events) AS events
    FROM (${activeDays(hours)}) GROUP BY user ORDER BY events DESC, user LIMIT ${EXAMPLES_SHOWN}`,
}))
