/** A line of NDJSON as an object, as leniently as the batch reads it. */

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
  return text.replaceAll(
    /("(?:[^"\\]|\\.)*")|-?\b(?:nan|inf(?:inity)?)\b|,(\s*[}\]])/gi,
    (_whole, quoted: string | undefined, closing: string | undefined) =>
      quoted ?? closing ?? 'null',
  )
}
