/** Where every line of a stream went; as in the batch's row ledger, it always adds up. */
import { perReason, REASONS } from '../events/ledger.js'
import type { Fate } from './event-reader.js'
import { asNumber, asRecord } from './saved.js'

export class LineCounts {
  read = 0
  outOfSession = 0
  /** Events further in the future than a clock may be ahead. */
  ahead = 0
  readonly rejected = perReason(() => 0)

  reject(fate: Fate): void {
    if (fate === 'out_of_session') this.outOfSession++
    else this.rejected[fate]++
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
    // Checkpoints of before know nothing of it.
    this.ahead = counts['ahead'] === undefined ? 0 : asNumber(counts['ahead'])
    for (const reason of REASONS) {
      // Checkpoints of before know nothing of it.
      const absent = reason === 'nested_too_deep' && counts[reason] === undefined
      this.rejected[reason] = absent ? 0 : asNumber(counts[reason])
    }
  }
}
