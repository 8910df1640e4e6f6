/** What every answer says about what it rests on. */

import type { Ledger } from '../events/ledger.js'
import { isoTime } from '../events/open.js'
import type { Events } from '../sessions/dataset.js'
import type { SessionDefinition } from '../sessions/definition.js'

/** What an answer rests on. */
export interface AnswerContext {
  readonly definition: SessionDefinition
  /** First and last kept event, ISO 8601 UTC; null when nothing was kept. */
  readonly firstEvent: string | null
  readonly lastEvent: string | null
  readonly ledger: Ledger
}

export function answerContext(
  events: Events,
  definition: SessionDefinition,
  ledger: Ledger = events.ledger,
): AnswerContext {
  return {
    definition,
    firstEvent: events.firstMicros === null ? null : isoTime(events.firstMicros),
    lastEvent: events.lastMicros === null ? null : isoTime(events.lastMicros),
    ledger,
  }
}
