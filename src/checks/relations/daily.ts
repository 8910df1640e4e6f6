import { join, type Sql, sql, text } from '../../sql/sql.js'
import { MICROS_PER_DAY } from '../../units/time.js'
import { plausible, plausibleSpan } from '../scene.js'
import type { Relation } from './relation.js'

/** Whole days only: what happened on the first and the last day is not all known. */
export const daily: Relation = {
  comment: 'the figures of each whole day (UTC), over all and per value of each segment',
  body(scene) {
    const when = plausible(scene, sql`start`)
    const series = [
      figures('all', sql`'all'`, when),
      ...scene.segments.map((segment) => figures(segment.name, segment.ofSessions, when)),
    ]
    // A day on which a segment has no session is a day with none, not a day left out; a day
    // without any session at all is a missing day, and another rule's business.
    return sql`
      WITH counted AS (${join(series, ' UNION ALL ')}),
        edges AS (SELECT min(start) // ${MICROS_PER_DAY} AS first, least(max("end"), ${plausibleSpan(scene).last}) // ${MICROS_PER_DAY} AS last FROM sessions WHERE ${when}),
        days AS (SELECT DISTINCT day FROM counted, edges WHERE day > first AND day < last),
        known AS (SELECT DISTINCT dimension, value FROM counted)
      SELECT k.dimension, k.value, d.day, coalesce(c.sessions, 0) AS sessions,
        coalesce(c.users, 0) AS users, coalesce(c.events, 0) AS events
      FROM known AS k CROSS JOIN days AS d
      LEFT JOIN counted AS c ON c.dimension = k.dimension AND c.value = k.value AND c.day = d.day`
  },
}

const figures = (dimension: string, value: Sql, when: Sql): Sql => sql`
  SELECT ${text(dimension)} AS dimension, ${value} AS value, start // ${MICROS_PER_DAY} AS day,
    count(*) AS sessions, count(DISTINCT user) AS users, CAST(sum(events) AS BIGINT) AS events
  FROM sessions WHERE ${value} IS NOT NULL AND ${when} GROUP BY ALL`
