/**
 * CSV in which some lines end in CRLF and some in LF, as files put together have them. The engine's
 * strict parser takes one kind, and its lenient one lets rows pass that are too wide, so such a file
 * is copied with one kind; what is in quotes stays as it is.
 */
import type { Bytes } from './bytes.js'
import type { CsvLayout } from './group.js'

const RETURN = 13
const LINE_FEED = 10

/** Where in a field the text has come to. */
type State = 'start' | 'plain' | 'quoted' | 'escaped' | 'closing'

export async function* withOneLineEnd(
  bytes: Bytes,
  { delimiter, quote, escape: escapes }: Pick<CsvLayout, 'delimiter' | 'quote' | 'escape'>,
): AsyncGenerator<Buffer> {
  const code = (text: string): number => (text === '' ? -1 : text.charCodeAt(0))
  const [separator, mark, escapeMark] = [code(delimiter), code(quote), code(escapes)]
  let state: State = 'start'
  let returned = false
  for await (const chunk of bytes) {
    const copy = Buffer.allocUnsafe(chunk.length)
    let length = 0
    for (const byte of chunk) {
      if (state === 'quoted' || state === 'escaped') {
        if (state === 'escaped') state = 'quoted'
        else if (byte === escapeMark && escapeMark !== mark) state = 'escaped'
        else if (byte === mark) state = 'closing'
      } else if (byte === RETURN || byte === LINE_FEED) {
        // One that ends in both ends once.
        const second = byte === LINE_FEED && returned
        returned = byte === RETURN
        state = 'start'
        if (!second) copy[length++] = LINE_FEED
        continue
      } else if (byte === separator) state = 'start'
      else if (
        byte === mark &&
        (state === 'start' || (state === 'closing' && mark === escapeMark))
      ) {
        state = 'quoted'
      } else state = 'plain'
      returned = false
      copy[length++] = byte
    }
    yield copy.subarray(0, length)
  }
}

/** Whether there are line ends of both kinds, in quotes or not. */
export async function hasBothLineEnds(bytes: Bytes): Promise<boolean> {
  const seen = new Set<boolean>()
  let last = -1
  for await (const chunk of bytes) {
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) {
      seen.add((at === 0 ? last : chunk[at - 1]) === RETURN)
      if (seen.size > 1) return true
    }
    last = chunk.at(-1) ?? last
  }
  return false
}
