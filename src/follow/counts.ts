/** Where every line of a stream went; as in the batch's row ledger, it always adds up. */
import { perReason, REASONS } from '../events/ledger.js'
import { asNumber, asRecord, oneOf } from './saved.js'

export class LineCounts {
  read = 0
  outOfSession = 0
  /** Events further in the future than a clock may be ahead. */
  ahead = 0
  readonly rejected = perReason(() => 0)

  /** Counts rows that are no events, by the name of their fate. */
  refuse(fate: unknown, rows = 1): void {
    this.read += rows
    if (fate === 'out_of_session') this.outOfSession += rows
    else this.rejected[oneOf(REASONS, fate)] += rows
  }

  get rejectedTotal(): number {
    return Object.values(this.rejected).reduce((sum, n) => sum + n, 0)
  }

  save(): Readonly<Record<string, number>> {
    const { read, outOfSession, ahead, rejected } = this
    return { read, outOfSession, ahead, ...rejected }
  }

  load(saved: unknown): void {
    const counts = asRecord(saved)
    this.read = asNumber(counts['read'])
    this.outOfSession = asNumber(counts['outOfSession'])
    this.ahead = asNumber(counts['ahead'])
    for (const reason of REASONS) this.rejected[reason] = asNumber(counts[reason])
  }
}
