/** A session as one line of JSON: the columns of the session table, then what only a stream has. */

import { harmlessJson } from '../files/json-escapes.js'
import { compareText } from '../units/text-order.js'
import { MICROS_PER_SECOND } from '../units/time.js'
import { listOf, sizeOf } from './distinct.js'
import type { ToldSession } from './session-stream.js'

/** Written part by part: half the time of an object that is then turned into text. */
export function sessionLine(told: ToldSession): string {
  const { closed } = told
  const { session } = closed
  const since = session.start - told.previousEnd
  return harmlessJson(
    `{"user":${JSON.stringify(told.user)},"session_id":"${told.id}","session_number":${told.number}` +
      `,"start":"${isoMicros(session.start)}","end":"${isoMicros(session.end)}"` +
      `,"length_seconds":${(session.end - session.start) / MICROS_PER_SECOND}` +
      `,"events":${session.events},"distinct_events":${sizeOf(session.names)}` +
      `,"first_event":${nameOrNull(session.firstEvent)},"last_event":${nameOrNull(session.lastEvent)}` +
      `,"bounce":${session.active === 1}` +
      `,"seconds_since_previous":${Number.isNaN(since) ? null : since / MICROS_PER_SECOND}` +
      `,"recorded_session_ids":${JSON.stringify(listOf(session.recorded).sort(compareText))}` +
      `,"end_reason":${told.endReason === null ? null : `"${told.endReason}"`}` +
      `,"start_censored":${told.startCensored},"end_censored":${told.endCensored}` +
      `,"open":${told.open},"evicted":${told.evicted}` +
      `,"revision":${closed.revision},"revises":${JSON.stringify(closed.revises)}}\n`,
  )
}

const nameOrNull = (name: string): string => (name === '' ? 'null' : JSON.stringify(name))

/** ISO 8601 with all six digits, UTC. */
function isoMicros(micros: number): string {
  const millis = Math.floor(micros / 1_000)
  const rest = String(micros - millis * 1_000).padStart(3, '0')
  return `${new Date(millis).toISOString().slice(0, -1)}${rest}Z`
}
