/**
 * What must be shown nowhere. A server may repeat a secret that was sent to it: as it is, in base64,
 * escaped for a URL, JSON or HTML, broken over lines, or only a part of it.
 */

/** So many characters in a row tell of a secret, also where the rest of it is missing. */
const TELLING = 8
/** Shorter pieces of base64 or hexadecimal digits occur in any text. */
const SHORTEST_ENCODED = 6
/** `&amp;quot;` or `%255B`: escaped text is escaped again on its way. */
const DEEPEST = 3

const HIDDEN = '***'

export class Secrets {
  // Not even `console.log` shows a field of this kind.
  readonly #whole: ReadonlySet<string>
  readonly #pieces: ReadonlySet<string>

  /** Empty ones are none. */
  constructor(secrets: readonly string[]) {
    const forms = new Set(secrets.flatMap(formsOf))
    this.#whole = new Set([...forms].filter(({ length }) => length < TELLING))
    this.#pieces = new Set(
      [...forms].flatMap((form) =>
        Array.from({ length: Math.max(0, form.length - TELLING + 1) }, (_, at) =>
          form.slice(at, at + TELLING),
        ),
      ),
    )
  }

  /** The text with `***` in the place of each. Do it before anything is cut off. */
  redact(text: string): string {
    if (this.#whole.size + this.#pieces.size === 0) return text
    const hidden = new Uint8Array(text.length)
    let reading = Reading.of(text)
    for (let depth = 0; depth <= DEEPEST; depth++) {
      for (const [from, to] of this.#found(reading.bytes.toLowerCase())) {
        hidden.fill(1, reading.starts[from], reading.ends[to - 1])
      }
      const next = reading.unescaped()
      if (next === undefined) break
      reading = next
    }
    return without(text, hidden)
  }

  *#found(bytes: string): Generator<[number, number]> {
    for (let at = 0; at + TELLING <= bytes.length; at++) {
      if (this.#pieces.has(bytes.slice(at, at + TELLING))) yield [at, at + TELLING]
    }
    for (const secret of this.#whole) {
      for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret, at + 1)) {
        yield [at, at + secret.length]
      }
    }
  }
}

/** Bytes as a string of as many characters; in lower case, for some servers change it. */
const bytesOf = (text: string | Buffer): string =>
  (typeof text === 'string' ? Buffer.from(text) : text).toString('latin1')

/** A secret as it may lie in a text from which blanks and escapes were taken out. */
function formsOf(secret: string): string[] {
  if (secret === '') return []
  const plain = Buffer.from(secret)
  const base64 = [0, 1, 2].map((before) => base64Within(plain, before))
  const encoded = [
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    plain.toString('hex'),
  ].filter(({ length }) => length >= SHORTEST_ENCODED)
  const spelled = [bytesOf(secret), bytesOf(secret.replaceAll(' ', '+'))].map(
    (bytes) => bytes.replaceAll(BLANK, '') || bytes,
  )
  return [...spelled, ...encoded].map((form) => form.toLowerCase())
}

/** Those characters of base64 that tell of these bytes alone, when so many others come before them. */
function base64Within(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
}

/** What breaks a text up without being seen: blanks, controls, line ends, marks of no width (UTF-8). */
const BLANK =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /=\r?\n|[\x00-\x20\x7f]|\xc2[\x80-\xa0\xad]|\xd8\x9c|\xe2\x80[\x8b-\x8f\xa8-\xaf]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf/g

/** Escapes of URLs, of JSON and other strings, and of HTML, whose tags may stand in a word as well. */
const ESCAPE =
  /<[^<>]{0,200}>|%[0-9a-f]{2}|(?:\\u[0-9a-f]{4})+|\\u\{[0-9a-f]{1,6}\}|\\x[0-9a-f]{2}|\\[\s\S]|&#(?:\d{1,7}|x[0-9a-f]{1,6});|&(?:amp|lt|gt|quot|apos|nbsp);/gi

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
}

/** Bytes that an escape stands for. */
function meant(escaped: string): string {
  const lower = escaped.toLowerCase()
  if (lower.startsWith('<')) return ''
  const hex = (digits: string): number => Number.parseInt(digits, 16)
  if (lower.startsWith('&#')) {
    return character(lower[2] === 'x' ? hex(lower.slice(3)) : Number.parseInt(lower.slice(2), 10))
  }
  if (lower.startsWith('&')) return ENTITIES[lower] ?? ''
  if (lower.startsWith('%')) return String.fromCharCode(hex(lower.slice(1)))
  if (lower.startsWith('\\u{')) return character(hex(lower.slice(3)))
  // Characters beyond 16 bits are written as two escapes.
  if (/^\\u[0-9a-f]/.test(lower)) {
    return bytesOf(String.fromCharCode(...lower.slice(2).split('\\u').map(hex)))
  }
  if (/^\\x[0-9a-f]{2}/.test(lower)) return String.fromCharCode(hex(lower.slice(2)))
  return /^\\[nrtbfv0\s]/.test(escaped) ? '' : escaped.slice(1)
}

const character = (code: number): string =>
  code <= 0x10ffff ? bytesOf(String.fromCodePoint(code)) : ''

/** A text as bytes without blanks, each with where it comes from. */
class Reading {
  private constructor(
    readonly bytes: string,
    /** Where in the text the character of each byte starts and ends. */
    readonly starts: readonly number[],
    readonly ends: readonly number[],
  ) {}

  static of(text: string): Reading {
    const starts: number[] = []
    const ends: number[] = []
    let at = 0
    for (const one of text) {
      for (let i = Buffer.byteLength(one); i > 0; i--) {
        starts.push(at)
        ends.push(at + one.length)
      }
      at += one.length
    }
    const whole = new Reading(bytesOf(text), starts, ends)
    return whole.replaced(BLANK, () => '')
  }

  /** Undefined where nothing is escaped. */
  unescaped(): Reading | undefined {
    const plain = this.replaced(ESCAPE, meant)
    return plain.bytes === this.bytes ? undefined : plain.replaced(BLANK, () => '')
  }

  private replaced(pattern: RegExp, by: (found: string) => string): Reading {
    let bytes = ''
    const starts: number[] = []
    const ends: number[] = []
    let at = 0
    const keep = (until: number): void => {
      bytes += this.bytes.slice(at, until)
      for (let i = at; i < until; i++) {
        starts.push(this.starts[i] ?? 0)
        ends.push(this.ends[i] ?? 0)
      }
    }
    for (const { 0: found, index } of this.bytes.matchAll(pattern)) {
      keep(index)
      at = index + found.length
      const put = by(found)
      bytes += put
      for (let i = put.length; i > 0; i--) {
        starts.push(this.starts[index] ?? 0)
        ends.push(this.ends[at - 1] ?? 0)
      }
    }
    keep(this.bytes.length)
    return new Reading(bytes, starts, ends)
  }
}

function without(text: string, hidden: Uint8Array): string {
  let out = ''
  for (let at = 0; at < text.length; ) {
    const isHidden = hidden[at] === 1
    let end = at + 1
    while (end < text.length && (hidden[end] === 1) === isHidden) end++
    out += isHidden ? HIDDEN : text.slice(at, end)
    at = end
  }
  return out
}
