/** Waiting for the next chunk of a stream, but not for ever: a signal or a moment can come first. */

export type Arrival = { readonly chunk: Buffer } | 'end' | 'tick' | 'stopped'

/** The longest that a timer takes: it would end at once if asked for more. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1

export class Arrivals {
  private readonly iterator: AsyncIterator<Buffer>
  private asked = false
  private come: { readonly arrival: Arrival } | { readonly failure: unknown } | undefined
  private wake: () => void = () => undefined
  private readonly onAbort = (): void => this.wake()

  constructor(
    chunks: AsyncIterable<Buffer>,
    private readonly signal: AbortSignal,
  ) {
    this.iterator = chunks[Symbol.asyncIterator]()
    signal.addEventListener('abort', this.onAbort)
  }

  /** `tick` when nothing has come for so long; what is coming is not lost by that. */
  async next(patienceMillis: number): Promise<Arrival> {
    if (this.signal.aborted) return 'stopped'
    this.ask()
    if (this.come === undefined) await this.change(patienceMillis)
    // Asked first, so that a stream that never pauses can still be stopped.
    if (this.signal.aborted) return 'stopped'
    const { come } = this
    if (come === undefined) return 'tick'
    this.come = undefined
    this.asked = false
    if ('failure' in come) throw come.failure
    return come.arrival
  }

  /**
   * Once for each chunk, with nothing that outlives it. (A race with a promise that stays open, as
   * one for the signal, would hold every chunk that ever won it.)
   */
  private ask(): void {
    if (this.asked) return
    this.asked = true
    this.iterator.next().then(
      ({ done, value }) => this.take({ arrival: done === true ? 'end' : { chunk: value } }),
      (failure: unknown) => this.take({ failure }),
    )
  }

  private take(come: NonNullable<Arrivals['come']>): void {
    this.come = come
    this.wake()
  }

  private async change(patienceMillis: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.wake = resolve
      if (patienceMillis === Number.POSITIVE_INFINITY) return
      timer = setTimeout(resolve, Math.min(LONGEST_TIMER_MILLIS, Math.max(0, patienceMillis)))
    })
    clearTimeout(timer)
  }

  /** Lets go of the source; what it was about to give is dropped. */
  close(): void {
    this.signal.removeEventListener('abort', this.onAbort)
    void this.iterator.return?.().catch(() => undefined)
  }
}
