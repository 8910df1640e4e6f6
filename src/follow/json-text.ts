/** JSON as text, where the parsed value would say too little: a number beyond 2^53 loses its digits. */

export interface Span {
  readonly start: number
  readonly end: number
}

/** The keys of an object, with their quotes; none when it is no object. */
export function keysOf(json: string): Span[] {
  const keys: Span[] = []
  let at = blanks(json, 0)
  if (json[at] !== '{') return keys
  at = blanks(json, at + 1)
  while (json[at] === '"') {
    const key = { start: at, end: textEnd(json, at) }
    keys.push(key)
    at = blanks(json, valueEnd(json, blanks(json, blanks(json, key.end) + 1)))
    if (json[at] !== ',') break
    at = blanks(json, at + 1)
  }
  return keys
}

/** After the closing quote of the text that starts at `at`. */
function textEnd(json: string, at: number): number {
  for (let i = at + 1; i < json.length; i++) {
    if (json[i] === '\\') i++
    else if (json[i] === '"') return i + 1
  }
  return json.length
}

function valueEnd(json: string, start: number): number {
  if (json[start] === '"') return textEnd(json, start)
  let depth = 0
  for (let i = start; i < json.length; i++) {
    const char = json[i]
    if (char === '"') i = textEnd(json, i) - 1
    else if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') {
      if (depth === 0) return i
      depth--
      if (depth === 0) return i + 1
    } else if (depth === 0 && (char === ',' || isBlank(char))) return i
  }
  return json.length
}

function blanks(json: string, from: number): number {
  let at = from
  while (isBlank(json[at])) at++
  return at
}

const isBlank = (char: string | undefined): boolean =>
  char === ' ' || char === '\t' || char === '\n' || char === '\r'

/** What the engine reads and JSON has not: `NaN` and infinities, and commas before a closing bracket. */
const EXTENSIONS = /-?\b(?:nan|inf(?:inity)?)\b|,(\s*[}\]])/gi

/** Without them: numbers become null, commas go. */
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
