/** When to try again: exponentially later, and never two clients at the same moment. */

export interface Waiting {
  /** Resolves after so long, or at once when stopped. */
  readonly sleep: (millis: number, signal: AbortSignal) => Promise<void>
  /** From 0 up to 1. */
  readonly random: () => number
}

export const MOST_ATTEMPTS = 7
const FIRST_MILLIS = 1_000
const LONGEST_MILLIS = 60_000
/** A server may ask for more patience than we would have, but not for any. */
const LONGEST_ASKED_MILLIS = 600_000

/**
 * Half of the wait is fixed and half is drawn ("equal jitter", as in AWS's "Exponential Backoff And
 * Jitter").
 *
 * @param attempt 1 after the first failure.
 * @param askedMillis by the server.
 */
export function waitMillis(attempt: number, random: () => number, askedMillis = 0): number {
  const full = Math.min(LONGEST_MILLIS, FIRST_MILLIS * 2 ** (attempt - 1))
  return Math.max(full / 2 + (full / 2) * random(), Math.min(askedMillis, LONGEST_ASKED_MILLIS))
}

/** `Retry-After`: seconds, or a date. */
export function retryAfterMillis(header: string | null, nowMillis: number): number {
  if (header === null) return 0
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? 0 : Math.max(0, date - nowMillis)
}

export function sleep(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, millis)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
