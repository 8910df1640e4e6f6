/** Waiting for the next chunk of a stream, but not for ever: a signal or a moment can come first. */

export type Arrival = { readonly chunk: Buffer } | 'end' | 'tick' | 'stopped'

export class Arrivals {
  private readonly iterator: AsyncIterator<Buffer>
  private coming: Promise<Arrival> | undefined
  private readonly stopped: Promise<Arrival>

  constructor(chunks: AsyncIterable<Buffer>, signal: AbortSignal) {
    this.iterator = chunks[Symbol.asyncIterator]()
    this.stopped = new Promise((resolve) => {
      if (signal.aborted) resolve('stopped')
      else signal.addEventListener('abort', () => resolve('stopped'), { once: true })
    })
  }

  /** `tick` when nothing has come for so long; what is coming is not lost by that. */
  async next(patienceMillis: number): Promise<Arrival> {
    this.coming ??= this.iterator
      .next()
      .then((result) => (result.done === true ? 'end' : { chunk: result.value }))
    let timer: NodeJS.Timeout | undefined
    const tick = new Promise<Arrival>((resolve) => {
      if (patienceMillis !== Number.POSITIVE_INFINITY) {
        timer = setTimeout(() => resolve('tick'), Math.max(0, patienceMillis))
      }
    })
    // Named first, so that a stream that never pauses can still be stopped.
    const arrival = await Promise.race([this.stopped, this.coming, tick])
    clearTimeout(timer)
    if (arrival !== 'tick' && arrival !== 'stopped') this.coming = undefined
    return arrival
  }

  /** Lets go of the source; what it was about to give is dropped. */
  close(): void {
    this.coming?.catch(() => undefined)
    void this.iterator.return?.().catch(() => undefined)
  }
}
