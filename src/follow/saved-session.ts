/** A held session in a checkpoint. */
import { type DistinctTexts, listOf, withText } from './distinct.js'
import { NO_PROPERTIES, type StreamEvent } from './event.js'
import type { HeldSession } from './held-session.js'
import type { RecurringTexts } from './recurring.js'
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
  recurring: RecurringTexts,
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
  session.firstEvent = recurring.of(asText(firstEvent))
  session.lastEvent = recurring.of(asText(lastEvent))
  session.names = asTexts(asList(names).map((name) => recurring.of(asText(name))))
  session.recorded = asTexts(asList(recorded).map(asText))
  return session
}

const asTexts = (texts: readonly string[]): DistinctTexts =>
  texts.reduce<DistinctTexts>(withText, undefined)

export const saveEvent = ({ micros, name, recorded, properties }: StreamEvent): Saved => [
  micros,
  name,
  recorded,
  properties,
]

export function loadEvent(
  [micros, name, recorded, properties]: Saved,
  recurring: RecurringTexts,
): StreamEvent {
  const again = (value: unknown): string | null => recurring.orNull(asTextOrNull(value))
  const values = asList(properties)
  return {
    user: '',
    micros: asNumber(micros),
    name: again(name),
    recorded: asTextOrNull(recorded),
    properties: values.length === 0 ? NO_PROPERTIES : values.map(again),
  }
}
