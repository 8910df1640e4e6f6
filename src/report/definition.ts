import type { SessionDefinition } from '../sessions/definition.js'
import { formatDuration } from '../sessions/duration.js'

/** `gap 30m, a gap of exactly the timeout continues` */
export function describeDefinition(definition: SessionDefinition): string {
  const atTimeout = { after: 'continues', at: 'closes' }[definition.boundary]
  return `gap ${formatDuration(definition.gapMicros)}, a gap of exactly the timeout ${atTimeout}`
}
