/** A line of NDJSON as an object, as leniently as the batch reads it. */

import { textEnd } from './json-text.js'

export type JsonObject = Readonly<Record<string, unknown>>

/** Undefined when the text is not a JSON object. */
export function parseObject(text: string): JsonObject | undefined {
  return parseStrict(text) ?? parseStrict(withoutExtensions(text))
}

export function parseStrict(text: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(text))
  } catch {
    return undefined
  }
}

export function asObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `NaN` and infinities, which Python writes, become null; commas before a closing bracket go. */
export function withoutExtensions(text: string): string {
  const parts: string[] = []
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at)
    const start = quote < 0 ? text.length : quote
    parts.push(
      text.slice(at, start).replace(EXTENSIONS, (_whole, closing?: string) => closing ?? 'null'),
    )
    // Not by an expression: of a text of megabytes it would run out of stack.
    at = quote < 0 ? text.length : textEnd(text, quote)
    parts.push(text.slice(start, at))
  }
  return parts.join('')
}

/** Outside of texts. */
const EXTENSIONS = /-?\b(?:nan|inf(?:inity)?)\b|,(\s*[}\]])/gi
