/** How long a server may take. */

/** Slower than this no export ever ends. */
const SLOWEST_BYTES_PER_SECOND = 1_000

export interface PatienceOptions {
  /** Without a byte for so long, or with too few in such a time, the connection is given up. */
  readonly patienceMillis: number
  readonly signal: AbortSignal
}

/** Ends a request that gives nothing any more, or next to nothing, or when the user says so. */
export class Patience {
  private readonly controller = new AbortController()
  private timer: NodeJS.Timeout | undefined
  private windowBegan = performance.now()
  private windowBytes = 0
  /** Why the request was ended, if it was not the user. */
  reason: string | undefined

  constructor(private readonly options: PatienceOptions) {
    options.signal.addEventListener('abort', this.stop)
    if (options.signal.aborted) this.stop()
    this.wait()
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** The answer begins: how long it took to begin is another matter. */
  begin(): void {
    this.windowBegan = performance.now()
    this.windowBytes = 0
    this.wait()
  }

  /** So much came. */
  renew(bytes: number): void {
    this.wait()
    this.windowBytes += bytes
    const millis = performance.now() - this.windowBegan
    if (millis < this.options.patienceMillis) return
    if ((this.windowBytes * 1_000) / millis < SLOWEST_BYTES_PER_SECOND) {
      this.giveUp(`the server sent less than ${SLOWEST_BYTES_PER_SECOND} bytes a second`)
    }
    this.begin()
  }

  end(): void {
    clearTimeout(this.timer)
    this.options.signal.removeEventListener('abort', this.stop)
  }

  private wait(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(
      () => this.giveUp('the server sent nothing for too long'),
      this.options.patienceMillis,
    )
  }

  private giveUp(reason: string): void {
    this.reason ??= reason
    this.controller.abort()
  }

  private readonly stop = (): void => this.controller.abort()
}
