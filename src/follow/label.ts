/** An event passed on with its place: `session_id`, `session_number` and `event_number` added. */
import { harmlessJson } from '../files/json-escapes.js'
import { keysOf, withoutExtensions } from './json-text.js'
import type { Tracked } from './tracker.js'

const ADDED = ['"session_id"', '"session_number"', '"event_number"']

/** What looks as if JSON had it not; only then the line is looked at closely. */
const EXTENDED = /nan|inf|,\s*[}\]]/i

/** @param json one object, with at least one member. */
export function labelledLine(json: string, tracked: Tracked): string {
  const strict = EXTENDED.test(json) ? withoutExtensions(json) : json
  const own = ADDED.some((key) => strict.includes(key)) ? renamed(strict) : strict
  const body = own.slice(0, own.lastIndexOf('}'))
  return harmlessJson(
    `${body},"session_id":${tracked.sessionId},"session_number":${tracked.sessionNumber},"event_number":${tracked.eventNumber}}\n`,
  )
}

/** A member that has one of the names already is kept as `recorded_...`. */
function renamed(json: string): string {
  let out = ''
  let from = 0
  for (const { start, end } of keysOf(json)) {
    const name = json.slice(start, end)
    if (!ADDED.includes(name)) continue
    out += `${json.slice(from, start)}"recorded_${name.slice(1)}`
    from = end
  }
  return out + json.slice(from)
}
