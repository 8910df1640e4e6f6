/** What is said of a stream beside its lines: figures while it runs, and a ledger at its end. */
import { REASONS, REJECT_REASONS } from '../events/ledger.js'
import { formatCount, formatNumberOf, formatSeconds } from '../report/quantities.js'
import type { LineCounts } from './counts.js'
import type { LengthQuantiles } from './quantiles.js'
import type { SessionStream, StreamCounts } from './session-stream.js'

export function streamFigures(
  lines: number,
  perSecond: number,
  { counts, openUsers, users }: SessionStream,
  lengths: LengthQuantiles,
): string {
  const length = (quantile: number): string => formatSeconds(lengths.at(quantile))
  return [
    rateOf(lines, perSecond),
    formatNumberOf(counts.sessions, 'session'),
    `${formatNumberOf(openUsers, 'user')} with open ones of ${formatCount(users)}`,
    `${formatCount(counts.late)} late; length p50 ${length(0.5)}, p90 ${length(0.9)}, p99 ${length(0.99)}`,
  ].join(', ')
}

export const labelFigures = (
  lines: number,
  perSecond: number,
  labelled: number,
  users: number,
): string =>
  `${rateOf(lines, perSecond)}, ${formatCount(labelled)} labelled, ${formatNumberOf(users, 'user')}`

const rateOf = (lines: number, perSecond: number): string =>
  `${formatNumberOf(lines, 'line')} (${formatCount(perSecond)}/s)`

export function streamSentences(
  lines: LineCounts,
  counts: StreamCounts,
  openUsers: number,
  kept: boolean,
): string[] {
  const { sessions, revisions, late, dropped, evicted, forgotten } = counts
  const corrections = revisions > 0 ? `, ${formatNumberOf(revisions, 'correction')}` : ''
  return [
    ledger(lines, counts.ignored, dropped),
    `${formatNumberOf(sessions, 'session')} written${corrections}`,
    ...(late > 0
      ? [
          `${formatNumberOf(late, 'event')} came later than the allowed lateness; ${formatCount(late - dropped)} of them still found their session`,
        ]
      : []),
    ...(evicted + forgotten > 0
      ? [
          `--max-users was reached: sessions of ${formatNumberOf(evicted, 'user')} were closed early (evicted), ${formatNumberOf(forgotten, 'idle user')} forgotten; sessions of users who may have been forgotten are not numbered`,
        ]
      : []),
    ...(openUsers > 0
      ? [
          `${formatNumberOf(openUsers, 'user')} with open sessions, ${kept ? 'kept in the checkpoint' : 'which were not written: --flush-on-end writes them'}`,
        ]
      : []),
  ]
}

export const labelSentence = (lines: LineCounts, inNoSession: number): string =>
  ledger(lines, inNoSession, 0)

/** `1,000 lines: 990 in sessions, 10 rejected (no user: 10)`. It always adds up. */
function ledger(lines: LineCounts, ignored: number, dropped: number): string {
  const { read, rejected, rejectedTotal, outOfSession, ahead } = lines
  const reasons = REASONS.filter((reason) => rejected[reason] > 0).map(
    (reason) => `${REJECT_REASONS[reason]}: ${formatCount(rejected[reason])}`,
  )
  const places: readonly [number, string][] = [
    [rejectedTotal, `rejected (${reasons.join(', ')})`],
    [outOfSession, 'out of session'],
    [ignored, 'ignored'],
    [dropped, 'too late'],
    [ahead, 'too far ahead of the clock'],
  ]
  const elsewhere = places.filter(([count]) => count > 0)
  const inSessions = read - elsewhere.reduce((sum, [count]) => sum + count, 0)
  return `${formatNumberOf(read, 'line')}: ${[[inSessions, 'in sessions'] as const, ...elsewhere]
    .map(([count, place]) => `${formatCount(count)} ${place}`)
    .join(', ')}`
}
