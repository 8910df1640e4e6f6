/** The start of a stream: enough lines to see the format and the columns. */

/** Lines that are looked at, when there are as many. */
export const HEAD_LINES = 100
/** Long lines are not all waited for. */
const HEAD_BYTES = 1024 * 1024

export class StreamHead {
  private readonly chunks: Buffer[] = []
  private bytes = 0
  private newlines = 0
  private tooLittle = false

  add(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.bytes += chunk.length
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) this.newlines++
  }

  get enough(): boolean {
    return this.newlines > HEAD_LINES || this.bytes > HEAD_BYTES
  }

  /** A line at least can be looked at, and was not found to say too little. */
  get some(): boolean {
    return this.newlines > 0 && !this.tooLittle
  }

  /** From now on only a full head will do, or the end. */
  moreIsNeeded(): void {
    this.tooLittle = true
  }

  content(): Buffer {
    return Buffer.concat(this.chunks)
  }
}
