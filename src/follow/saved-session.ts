/** A held session in a checkpoint. */
import { type DistinctTexts, listOf, withText } from './distinct.js'
import { NO_PROPERTIES, type StreamEvent } from './event.js'
import type { HeldSession } from './held-session.js'
import { asList, asNumber, asText, asTextOrNull, type Saved } from './saved.js'

export const saveSession = (session: HeldSession): Saved => [
  session.start,
  session.end,
  session.events,
  session.active,
  session.firstEvent,
  session.lastEvent,
  listOf(session.names),
  listOf(session.recorded),
]

export function loadSession<S extends HeldSession>(
  [start, end, events, active, firstEvent, lastEvent, names, recorded]: Saved,
  create: (first: StreamEvent) => S,
): S {
  const session = create({
    user: '',
    micros: asNumber(start),
    name: null,
    recorded: null,
    properties: NO_PROPERTIES,
  })
  session.end = asNumber(end)
  session.events = asNumber(events)
  session.active = asNumber(active)
  session.firstEvent = asText(firstEvent)
  session.lastEvent = asText(lastEvent)
  session.names = asTexts(names)
  session.recorded = asTexts(recorded)
  return session
}

const asTexts = (saved: unknown): DistinctTexts =>
  asList(saved).map(asText).reduce<DistinctTexts>(withText, undefined)

export const saveEvent = ({ micros, name, recorded, properties }: StreamEvent): Saved => [
  micros,
  name,
  recorded,
  properties,
]

export function loadEvent([micros, name, recorded, properties]: Saved, user: string): StreamEvent {
  return {
    user,
    micros: asNumber(micros),
    name: asTextOrNull(name),
    recorded: asTextOrNull(recorded),
    properties: asList(properties).map(asTextOrNull),
  }
}
