/** A stream of bytes: a Node stream, or a generator over one. */
export type Bytes = AsyncIterable<Buffer>

/** How much of a file is looked at to say what it is. */
export const HEAD_BYTES = 64 * 1024

/** A stream whose first bytes have been looked at, and can still be read from the start. */
export class PeekedBytes {
  private constructor(
    readonly head: Buffer,
    /** The head is all there is. */
    readonly complete: boolean,
    private readonly rest: AsyncIterator<Buffer>,
  ) {}

  static async of(bytes: Bytes, wanted = HEAD_BYTES): Promise<PeekedBytes> {
    const rest = bytes[Symbol.asyncIterator]()
    const chunks: Buffer[] = []
    let length = 0
    let complete = false
    while (length < wanted) {
      const next = await rest.next()
      if (next.done === true) {
        complete = true
        break
      }
      chunks.push(next.value)
      length += next.value.length
    }
    const [only] = chunks
    const head = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length)
    return new PeekedBytes(head, complete, rest)
  }

  /** Everything, from the first byte. Can be read once. */
  async *all(): AsyncGenerator<Buffer> {
    try {
      if (this.head.length > 0) yield this.head
      while (!this.complete) {
        const next = await this.rest.next()
        if (next.done === true) return
        yield next.value
      }
    } finally {
      await this.close()
    }
  }

  /** Lets go of the stream below when the rest is not wanted. */
  async close(): Promise<void> {
    await this.rest.return?.()
  }
}
