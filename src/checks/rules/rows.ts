/** Rows that are no events, and events that came twice. */
import { join, raw, type Sql, sql, text } from '../../sql/sql.js'
import type { SqlRule } from '../rule.js'
import { EXAMPLES_SHOWN } from '../rule.js'
import type { Scene } from '../scene.js'
import { EVENT_COLUMNS, eventShare, noRecordedSession, rejectedRows } from './shapes.js'

export const malformedRow = rejectedRows(
  {
    id: 'malformed-row',
    meaning: 'rows that cannot be parsed, or are nested too deep',
    warn: 0,
    error: 0.01,
    hint: 'Write them with --rejects rejects.csv, and look for broken quotes or cut lines.',
  },
  ['malformed', 'nested_too_deep'],
)

export const missingUser = rejectedRows(
  {
    id: 'missing-user',
    meaning: 'rows without a user, or with NULL or the like for one or for the time',
    warn: 0,
    error: 0.01,
    hint: 'Name a second column to fall back on: --user user_id,device_id.',
  },
  ['no_user', 'null_text'],
)

export const missingTime = rejectedRows(
  {
    id: 'missing-time',
    meaning: 'rows without a time',
    warn: 0,
    error: 0.01,
    hint: 'Look for the sender that leaves the time out; another column may have it: --time.',
  },
  ['no_time'],
)

export const unreadableTime = rejectedRows(
  {
    id: 'unreadable-time',
    meaning: 'times that cannot be read, or lie outside the years 1 to 9999',
    warn: 0,
    error: 0.01,
    hint: 'Say how times are written with --time-format, or fix the sender.',
  },
  ['bad_time', 'time_out_of_range'],
)

/** With a key the ledger has counted them; without one, events alike in all that was read. */
export const duplicateEvents: SqlRule = {
  kind: 'sql',
  id: 'duplicate-events',
  meaning: 'events that came more than once',
  unit: 'share',
  warn: 0.01,
  error: 0.1,
  hint: 'With --dedupe COLUMN they are left out; overlapping exports are a usual cause.',
  needs: ['placed'],
  measure: (scene) =>
    hasKey(scene)
      ? sql`SELECT ${scene.events.ledger.duplicates} AS found, ${scene.events.ledger.read} AS of`
      : sql`SELECT coalesce(sum(n - 1), 0) AS found, coalesce(sum(n), 0) AS of
            FROM (SELECT count(*) AS n FROM events GROUP BY ${alike(scene)})`,
  examples: (scene) =>
    hasKey(scene)
      ? sql`SELECT file, ordinal, ${join(EVENT_COLUMNS)}, key FROM placed
            WHERE fate = 'duplicate' ORDER BY ordinal LIMIT ${EXAMPLES_SHOWN}`
      : sql`SELECT file, ordinal, ${join(EVENT_COLUMNS)} FROM placed WHERE fate IS NULL
            QUALIFY row_number() OVER (PARTITION BY ${alike(scene)} ORDER BY ordinal) > 1
            ORDER BY ordinal LIMIT ${EXAMPLES_SHOWN}`,
}

const hasKey = ({ events: { mapping } }: Scene): boolean => mapping.dedupe.length > 0

const alike = ({ segments }: Scene): Sql =>
  join([raw('user'), raw('t'), raw('name'), raw('session'), ...segments.map((s) => s.ofEvents)])

export const outOfSession: SqlRule = {
  kind: 'sql',
  id: 'out-of-session',
  meaning: 'rows marked as outside any session (session id -1)',
  unit: 'share',
  warn: 0.2,
  error: 0.8,
  hint: 'Server-side sources send no session id by default; they count in no session.',
  needs: ['placed'],
  absent: ({ events: { mapping } }) =>
    mapping.outOfSession === null ? 'no session id stands for "in no session" here' : undefined,
  measure: ({ events: { ledger } }) =>
    sql`SELECT ${ledger.outOfSession} AS found, ${ledger.read} AS of`,
  examples: () => sql`
    SELECT file, ordinal, ${join(EVENT_COLUMNS)} FROM placed
    WHERE fate = ${text('out_of_session')} ORDER BY ordinal LIMIT ${EXAMPLES_SHOWN}`,
}

export const missingSessionId = eventShare(
  {
    id: 'missing-session-id',
    meaning: 'events without a recorded session id, in an export that records them',
    warn: 0.05,
    error: 0.5,
    hint: 'Find the source that does not send it: sessionize FILE --by platform,library.',
    absent: noRecordedSession,
  },
  () => raw("coalesce(session, '') = ''"),
)
