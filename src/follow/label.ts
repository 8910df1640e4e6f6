/** An event passed on with its place: `session_id`, `session_number` and `event_number` added. */
import { harmlessJson } from '../files/json-escapes.js'
import { membersOf } from './json-text.js'
import type { Tracked } from './tracker.js'

const ADDED = ['"session_id"', '"session_number"', '"event_number"']

/** @param json one object, with at least one member. */
export function labelledLine(json: string, tracked: Tracked): string {
  const own = ADDED.some((key) => json.includes(key)) ? renamed(json) : json
  const body = own.slice(0, own.lastIndexOf('}'))
  return harmlessJson(
    `${body},"session_id":${tracked.sessionId},"session_number":${tracked.sessionNumber},"event_number":${tracked.eventNumber}}\n`,
  )
}

/** A member that has one of the names already is kept as `recorded_...`. */
function renamed(json: string): string {
  let out = ''
  let from = 0
  for (const { key } of membersOf(json)) {
    const name = json.slice(key.start, key.end)
    if (!ADDED.includes(name)) continue
    out += `${json.slice(from, key.start)}"recorded_${name.slice(1)}`
    from = key.end
  }
  return out + json.slice(from)
}
