/** Bytes to lines, a whole chunk at a time, with the position of what was consumed. */
import { isUtf8 } from 'node:buffer'

/** As the batch: a longer line is no event. */
export const LONGEST_LINE_BYTES = 32 * 1024 * 1024

const NEWLINE = 10

export class LineSplitter {
  private rest: Buffer[] = []
  private restBytes = 0
  /** In the middle of a line that is too long, of which nothing is kept. */
  private skipping = false

  /** @param position in the input, of the first byte that will be pushed. */
  constructor(
    private position: number,
    private readonly onLine: (line: string) => void,
    /** A line that is too long, or no UTF-8. */
    private readonly onUnreadable: () => void,
  ) {}

  /** Where the first line begins that is not yet whole. */
  get consumed(): number {
    return this.position
  }

  push(chunk: Buffer): void {
    const last = chunk.lastIndexOf(NEWLINE)
    if (last < 0) {
      this.keep(chunk)
      return
    }
    let start = 0
    if (this.rest.length > 0 || this.skipping) {
      start = chunk.indexOf(NEWLINE) + 1
      this.endLine(chunk.subarray(0, start))
    }
    if (start <= last) {
      const whole = chunk.subarray(start, last + 1)
      if (isUtf8(whole)) this.lines(whole.toString('utf8'))
      else this.eachLine(whole)
      this.position += whole.length
    }
    this.keep(chunk.subarray(last + 1))
  }

  /** A last line without a newline; it counts as whole. */
  end(): void {
    if (this.restBytes === 0) return
    const line = Buffer.concat(this.rest)
    const { skipping } = this
    this.position += this.restBytes
    this.forget()
    if (skipping) this.onUnreadable()
    else this.line(line)
  }

  private lines(text: string): void {
    for (let from = 0; from < text.length; ) {
      const to = text.indexOf('\n', from)
      this.onLine(text.slice(from, to))
      from = to + 1
    }
  }

  private endLine(tail: Buffer): void {
    const bytes = this.restBytes + tail.length
    const skipped = this.skipping
    const line = skipped ? tail : Buffer.concat([...this.rest, tail])
    this.position += bytes
    this.forget()
    if (skipped) this.onUnreadable()
    else this.line(line.subarray(0, -1))
  }

  /** Where not all is text, the lines that are stay readable. */
  private eachLine(bytes: Buffer): void {
    for (let from = 0; from < bytes.length; ) {
      const to = bytes.indexOf(NEWLINE, from)
      this.line(bytes.subarray(from, to))
      from = to + 1
    }
  }

  private line(bytes: Buffer): void {
    if (isUtf8(bytes)) this.onLine(bytes.toString('utf8'))
    else this.onUnreadable()
  }

  private keep(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.restBytes += chunk.length
    if (this.restBytes > LONGEST_LINE_BYTES) {
      this.skipping = true
      this.rest = []
    } else if (!this.skipping) this.rest.push(chunk)
  }

  private forget(): void {
    this.rest = []
    this.restBytes = 0
    this.skipping = false
  }
}
