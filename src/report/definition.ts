import type { SessionDefinition } from '../sessions/definition.js'
import { formatDuration } from '../units/duration.js'

/**
 * `gap 30m, a gap of exactly the timeout continues; at most 24h; passive: heartbeat`: every rule
 * that shapes the sessions. Names in it are the user's, as they were written.
 */
export function describeDefinition(definition: SessionDefinition): string {
  const { maxLengthMicros, maxEvents, midnightZone, ignoreEvents } = definition
  const named = (label: string, names: readonly string[] = []): string[] =>
    names.length === 0 ? [] : [`${label} ${names.join(', ')}`]
  const without = named('without the events', ignoreEvents)
  if (definition.recorded === true) return ["the export's own session ids", ...without].join('; ')
  return [
    timeouts(definition),
    ...(maxLengthMicros === undefined ? [] : [`at most ${formatDuration(maxLengthMicros)}`]),
    ...(maxEvents === undefined ? [] : [`at most ${maxEvents} events`]),
    ...(midnightZone === undefined ? [] : [`cut at midnight (${midnightZone})`]),
    ...named('cut on', definition.cutOn),
    ...named('started by', definition.startEvents),
    ...named('ended by', definition.endEvents),
    ...named('passive:', definition.passiveEvents),
    ...without,
  ].join('; ')
}

function timeouts({ gapMicros, gaps = [], boundary }: SessionDefinition): string {
  const own = gaps.map(
    ({ property, value, gapMicros: gap }) => `${formatDuration(gap)} where ${property} is ${value}`,
  )
  const atTimeout = { after: 'continues', at: 'closes' }[boundary]
  const gap = [formatDuration(gapMicros), ...own].join(', ')
  return `gap ${gap}, a gap of exactly the timeout ${atTimeout}`
}
