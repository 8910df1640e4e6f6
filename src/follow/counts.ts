/** Where every line of a stream went; as in the batch's row ledger, it always adds up. */
import { REJECT_REASONS, type RejectReason } from '../events/ledger.js'
import { formatCount, formatNumberOf } from '../report/quantities.js'
import type { Fate } from './event-reader.js'
import { asNumber, asRecord } from './saved.js'
import type { StreamCounts } from './session-stream.js'

export class LineCounts {
  read = 0
  outOfSession = 0
  readonly rejected: Record<RejectReason, number> = {
    malformed: 0,
    no_user: 0,
    no_time: 0,
    bad_time: 0,
    time_out_of_range: 0,
  }

  reject(fate: Fate): void {
    if (fate === 'out_of_session') this.outOfSession++
    else this.rejected[fate]++
  }

  get rejectedTotal(): number {
    return Object.values(this.rejected).reduce((sum, n) => sum + n, 0)
  }

  save(): Readonly<Record<string, number>> {
    return { read: this.read, outOfSession: this.outOfSession, ...this.rejected }
  }

  load(saved: unknown): void {
    const counts = asRecord(saved)
    this.read = asNumber(counts['read'])
    this.outOfSession = asNumber(counts['outOfSession'])
    for (const reason of REASONS) this.rejected[reason] = asNumber(counts[reason])
  }
}

const REASONS = ['malformed', 'no_user', 'no_time', 'bad_time', 'time_out_of_range'] as const

/** What is told at the end: `1,000 lines: 990 in sessions, 10 rejected (10 no user)`. */
export function ledgerSentence(lines: LineCounts, stream: StreamCounts): string {
  const inSessions = lines.read - lines.rejectedTotal - lines.outOfSession - stream.ignored - stream.dropped
  const reasons = REASONS.filter((reason) => lines.rejected[reason] > 0).map(
    (reason) => `${formatCount(lines.rejected[reason])} ${REJECT_REASONS[reason]}`,
  )
  const parts = [
    `${formatCount(inSessions)} in sessions`,
    ...(reasons.length > 0
      ? [`${formatCount(lines.rejectedTotal)} rejected (${reasons.join(', ')})`]
      : []),
    ...(lines.outOfSession > 0 ? [`${formatCount(lines.outOfSession)} out of session`] : []),
    ...(stream.ignored > 0 ? [`${formatCount(stream.ignored)} ignored`] : []),
    ...(stream.dropped > 0 ? [`${formatCount(stream.dropped)} too late`] : []),
  ]
  return `${formatNumberOf(lines.read, 'line')}: ${parts.join(', ')}`
}
