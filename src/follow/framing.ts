/** The bytes of a stream as batches of whole lines, with the position up to which they were handed on. */
import { SessionizeError } from '../errors/errors.js'
import { CsvRecords, type EvenLines } from '../sources/line-ends.js'
import { LONGEST_LINE_BYTES } from '../sources/long-lines.js'
import type { Recognised } from './recognised.js'

export interface Batch {
  readonly bytes: Buffer
  /** At the start of the input, where CSV may have a header. */
  readonly isFirst: boolean
  /** Of CSV, how many end in it, with a header. */
  readonly records: number
  /** Lines that are longer than any that is read, of which nothing is kept. */
  readonly tooLong: number
}

const LINE_FEED = 10
const NOTHING = Buffer.alloc(0)
const BYTE_ORDER_MARK = Buffer.from('\uFEFF')

/** Pieces, and how many bytes of the input they stand for. */
class Pieces {
  private pieces: Buffer[] = []
  bytes = 0

  add(piece: Buffer, bytes: number): void {
    if (piece.length > 0) this.pieces.push(piece)
    this.bytes += bytes
  }

  take(): Buffer[] {
    const { pieces } = this
    this.pieces = []
    this.bytes = 0
    return pieces
  }
}

export class Framing {
  private readonly whole = new Pieces()
  private readonly rest = new Pieces()
  private readonly csv: CsvRecords | undefined
  private recordsBefore = 0
  private tooLong = 0
  /** Of a line that is too long, while it goes on. */
  private skipped = 0
  private begun: boolean

  /** @param consumed in the input, where the first byte will stand. */
  constructor(
    { csv }: Recognised,
    public consumed: number,
  ) {
    this.csv = csv === null ? undefined : new CsvRecords(csv)
    this.begun = consumed > 0
  }

  /** Bytes of whole lines that wait to be taken. */
  get waiting(): number {
    return this.whole.bytes
  }

  push(chunk: Buffer): void {
    let next = chunk
    if (this.isAtStart && chunk.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
      this.consumed += 3
      next = chunk.subarray(3)
    }
    if (this.skipped > 0) next = this.skip(next)
    const { bytes, end, taken } = this.csv?.add(next) ?? linesOf(next)
    if (taken > 0) {
      const before = this.rest.bytes
      for (const piece of this.rest.take()) this.whole.add(piece, 0)
      this.whole.add(bytes.subarray(0, end), before + taken)
    }
    this.rest.add(bytes.subarray(end), next.length - taken)
    if (this.rest.bytes <= LONGEST_LINE_BYTES) return
    if (this.csv !== undefined) throw unclosed()
    this.skipped = this.rest.bytes
    this.rest.take()
  }

  private get isAtStart(): boolean {
    return !this.begun && this.whole.bytes + this.rest.bytes + this.skipped === 0
  }

  /** What comes after the line that is too long. */
  private skip(chunk: Buffer): Buffer {
    const end = chunk.indexOf(LINE_FEED) + 1
    this.skipped += end === 0 ? chunk.length : end
    if (end > 0) this.endSkipped()
    return chunk.subarray(end === 0 ? chunk.length : end)
  }

  private endSkipped(): void {
    this.whole.add(NOTHING, this.skipped)
    this.skipped = 0
    this.tooLong++
  }

  /** The input is over: a last line without its end counts as whole. */
  end(): void {
    if (this.csv?.unclosed === true) throw unclosed()
    if (this.skipped > 0) this.endSkipped()
    const { bytes } = this.rest
    for (const piece of this.rest.take()) this.whole.add(piece, 0)
    this.whole.add(NOTHING, bytes)
  }

  /** Undefined when nothing waits. */
  take(): Batch | undefined {
    if (this.whole.bytes === 0) return undefined
    this.consumed += this.whole.bytes
    const [first = NOTHING, ...others] = this.whole.take()
    const all = others.length === 0 ? first : Buffer.concat([first, ...others])
    const bytes = this.csv === undefined ? this.withoutLong(all) : all
    const { tooLong } = this
    this.tooLong = 0
    const isFirst = !this.begun
    this.begun = true
    const { ended = 0 } = this.csv ?? {}
    const records = ended - this.recordsBefore
    this.recordsBefore = ended
    return { bytes, isFirst, records, tooLong }
  }

  /** Whatever the chunks were: a line that is too long may have come in one with its end. */
  private withoutLong(bytes: Buffer): Buffer {
    if (bytes.length <= LONGEST_LINE_BYTES) return bytes
    const kept: Buffer[] = []
    for (let from = 0; from < bytes.length; ) {
      const end = bytes.indexOf(LINE_FEED, from) + 1 || bytes.length
      if (end - from > LONGEST_LINE_BYTES) this.tooLong++
      else kept.push(bytes.subarray(from, end))
      from = end
    }
    return Buffer.concat(kept)
  }
}

function linesOf(chunk: Buffer): EvenLines {
  const end = chunk.lastIndexOf(LINE_FEED) + 1
  return { bytes: chunk, end, taken: end }
}

const unclosed = (): SessionizeError =>
  new SessionizeError('input_corrupt', 'The stream has a quote that is never closed.', {
    hint: 'Everything after it would be one value: repair the line that starts with it.',
  })
