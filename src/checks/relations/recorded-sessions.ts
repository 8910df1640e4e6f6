import { sql } from '../../sql/sql.js'
import type { Relation } from './relation.js'

/** A recorded id need only be unique for one user, so a session is a user and an id. */
export const recordedSessions: Relation = {
  comment: 'the recorded sessions: user, id, first and last event, longest pause, any file',
  body: () => sql`
    SELECT user, session, min(t) AS first, max(t) AS last, count(*) AS events,
      coalesce(max(pause), 0) AS pause, min(file) AS file
    FROM (
      SELECT user, session, t, file, t - lag(t) OVER (PARTITION BY user, session ORDER BY t) AS pause
      FROM events WHERE coalesce(session, '') <> ''
    )
    GROUP BY user, session`,
}
