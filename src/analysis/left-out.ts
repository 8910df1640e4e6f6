/** What a run did not take of its inputs, and why. */
import type { Ledger } from '../events/ledger.js'
import { commonestReason } from '../events/left-out.js'
import type { RejectedRow } from '../events/rejected-rows.js'
import type { Events } from '../sessions/dataset.js'
import { type FarEvents, spanContext } from './context.js'

/** Rows that are in no session, files that were passed over, and what is not sure about the events. */
export interface LeftOut {
  /** Where every row went; it adds up. */
  readonly ledger: Ledger
  /** The first row with the commonest reason of rejection; null where none was rejected, or it is no longer there to be seen. */
  readonly example: RejectedRow | null
  /** Events that are in sessions, but not in the span of the data. */
  readonly farEvents: FarEvents | null
  /** What may be wrong with the mapping, and what to do about it. */
  readonly doubts: readonly string[]
}

/** @returns undefined when all was taken, and nothing is doubtful */
export async function leftOut(events: Events, ledger: Ledger): Promise<LeftOut | undefined> {
  const { doubts } = events.mapping
  const { farEvents } = spanContext(events)
  const isWhole = ledger.kept === ledger.read && ledger.skipped.length === 0
  if (isWhole && doubts.length === 0 && farEvents === null) return undefined
  const reason = commonestReason(ledger)
  const example = reason === undefined ? undefined : await events.firstRejected(reason)
  return { ledger, example: example ?? null, farEvents, doubts }
}
