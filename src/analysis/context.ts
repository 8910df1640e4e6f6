/** What every answer says about what it rests on. */

import type { Ledger } from '../events/ledger.js'
import { isoTime } from '../events/open.js'
import type { Events } from '../sessions/dataset.js'
import type { SessionDefinition } from '../sessions/definition.js'

/**
 * Kept events far from all others, as a wrong clock dates them. They are in sessions, but the data do
 * not begin or end with them.
 */
export interface FarEvents {
  readonly before: number
  readonly after: number
  /** First and last of all kept events, ISO 8601 UTC. */
  readonly firstEvent: string
  readonly lastEvent: string
}

/** What an answer rests on. */
export interface AnswerContext {
  readonly definition: SessionDefinition
  /** First and last kept event but for those far from all others, ISO 8601 UTC; null when nothing was kept. */
  readonly firstEvent: string | null
  readonly lastEvent: string | null
  readonly farEvents: FarEvents | null
  readonly ledger: Ledger
}

export function answerContext(
  events: Events,
  definition: SessionDefinition,
  ledger: Ledger = events.ledger,
): AnswerContext {
  return {
    definition,
    ...spanContext(events),
    ledger,
  }
}

export const spanContext = ({
  firstMicros,
  lastMicros,
  far,
}: Events): Pick<AnswerContext, 'firstEvent' | 'lastEvent' | 'farEvents'> => ({
  firstEvent: firstMicros === null ? null : isoTime(firstMicros),
  lastEvent: lastMicros === null ? null : isoTime(lastMicros),
  farEvents:
    far === null
      ? null
      : {
          before: far.before,
          after: far.after,
          firstEvent: isoTime(far.firstMicros),
          lastEvent: isoTime(far.lastMicros),
        },
})
