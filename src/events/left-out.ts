/** Why rows are no events, and what to type. */
import { option } from '../errors/option.js'
import { formatName } from './clock.js'
import { type LedgerCounts, REASONS, REJECT_REASONS, type RejectReason } from './ledger.js'
import type { Mapping } from './mapping.js'
import type { RejectedRow } from './rejected-rows.js'
import { excerpt, notRead } from './unreadable.js'

export const commonestReason = ({ rejected }: LedgerCounts): RejectReason | undefined =>
  REASONS.filter((reason) => rejected[reason] > 0).sort((a, b) => rejected[b] - rejected[a])[0]

/**
 * Events of Amplitude's HTTP API and of Segment have no session (its documentation of the HTTP API v2:
 * `session_id`, -1 by default).
 *
 * @param role as the reader writes the option
 */
export const outOfSessionAdvice = (
  { session, outOfSession }: Mapping,
  role = '--session',
): string =>
  `Their ${session} is ${outOfSession}, as in events that a server sends. To cut sessions by the gap all the same: ${role} ""`

/** What to type when rows are left out, by the commonest reason. */
export function adviceOn(ledger: LedgerCounts, mapping: Mapping): string {
  const { user, time, timeFormat } = mapping
  if (ledger.outOfSession > ledger.read / 2) return outOfSessionAdvice(mapping, option('session'))
  switch (commonestReason(ledger)) {
    case 'no_user':
      return `The user was looked for in ${user.join(', ')}: name another column with ${option('user')}. See: sessionize inspect FILE`
    case 'null_text':
      return `A text such as NULL stands in ${user.join(', ')} or in ${time}: name a column to fall back on, as in ${option('user')} ${user[0] ?? 'a'},OTHER. See: sessionize inspect FILE`
    case 'no_time':
      return `The time was looked for in ${time}: name another column with ${option('time')}. See: sessionize inspect FILE`
    case 'bad_time':
    case 'time_out_of_range':
      return `The time in ${time} was read as ${formatName(timeFormat)}: say how it is written with ${option('timeFormat')}, or name another column with ${option('time')}. See: sessionize inspect FILE`
    case 'malformed':
    case 'nested_too_deep':
    case undefined:
      return 'See what the input is taken for: sessionize inspect FILE'
  }
}

/** `events.csv, row 3: no user`, and of what could not be read the beginning. */
export function describeRejected({
  file,
  row,
  reason,
  value,
  record,
  format,
}: RejectedRow): string {
  const place = `${file}, row ${row}: ${REJECT_REASONS[reason]}`
  if (reason === 'bad_time') return value === null ? place : `${place} "${excerpt(value)}"`
  if (reason !== 'malformed' || record === null) return place
  return `${file}, row ${row}: ${notRead(format, record)}`
}
