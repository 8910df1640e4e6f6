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

/** What a chunk holds, with one kind of line ends. */
export interface EvenLines {
  readonly bytes: Buffer
  /** In `bytes`, after the last record that has ended; 0 where none has. */
  readonly end: number
  /** The same place in the chunk. */
  readonly taken: number
}

/** Follows the records of CSV chunk by chunk: a line end in quotes is part of a value. */
export class CsvRecords {
  /** That have ended; blank lines are none. */
  ended = 0
  private state: State = 'start'
  private returned = false
  private blank = true
  private readonly separator: number
  private readonly mark: number
  private readonly escapeMark: number
  /** Stands outside of quotes before what is data, as a line end may be. */
  private readonly bareMark: number
  private literal = false

  constructor({
    delimiter,
    quote,
    escape: escapes,
    bareEscapes = false,
  }: Pick<CsvLayout, 'delimiter' | 'quote' | 'escape' | 'bareEscapes'>) {
    const code = (text: string): number => (text === '' ? -1 : text.charCodeAt(0))
    this.separator = code(delimiter)
    this.mark = code(quote)
    this.escapeMark = code(escapes)
    this.bareMark = bareEscapes ? this.escapeMark : -1
  }

  /** In a value whose quote is not closed. */
  get unclosed(): boolean {
    return this.state === 'quoted' || this.state === 'escaped'
  }

  add(chunk: Buffer): EvenLines {
    const { separator, mark, escapeMark } = this
    const copy = Buffer.allocUnsafe(chunk.length)
    let length = 0
    let end = 0
    let taken = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0
      if (this.returned && byte !== LINE_FEED) {
        end = length
        taken = at
      }
      if (this.literal || byte === this.bareMark) {
        this.literal = !this.literal
        this.state = 'plain'
      } else if (this.state === 'quoted' || this.state === 'escaped') {
        if (this.state === 'escaped') this.state = 'quoted'
        else if (byte === escapeMark && escapeMark !== mark) this.state = 'escaped'
        else if (byte === mark) this.state = 'closing'
      } else if (byte === RETURN || byte === LINE_FEED) {
        // One that ends in both ends once.
        const second = byte === LINE_FEED && this.returned
        this.returned = byte === RETURN
        this.state = 'start'
        if (!second) {
          copy[length++] = LINE_FEED
          if (!this.blank) this.ended++
          this.blank = true
        }
        // A return alone has ended one when the next byte is seen.
        if (byte === LINE_FEED) {
          end = length
          taken = at + 1
        }
        continue
      } else if (byte === separator) this.state = 'start'
      else if (
        byte === mark &&
        (this.state === 'start' || (this.state === 'closing' && mark === escapeMark))
      ) {
        this.state = 'quoted'
      } else this.state = 'plain'
      this.returned = false
      this.blank = false
      copy[length++] = byte
    }
    return { bytes: copy.subarray(0, length), end, taken }
  }
}

export async function* withOneLineEnd(
  bytes: Bytes,
  layout: Pick<CsvLayout, 'delimiter' | 'quote' | 'escape'>,
): AsyncGenerator<Buffer> {
  const records = new CsvRecords(layout)
  for await (const chunk of bytes) yield records.add(chunk).bytes
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
