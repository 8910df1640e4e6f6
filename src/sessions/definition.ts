/**
 * What a session is, as a plain serializable value. SQL is one rendering of it.
 */
export interface SessionDefinition {
  /** The inactivity timeout, in microseconds. */
  readonly gapMicros: number
  /**
   * What a gap of exactly the timeout does: `after` continues the session, which closes only when
   * the timeout is exceeded (as Amplitude's SDKs do); `at` closes it (as Spark's `session_window`).
   */
  readonly boundary: 'after' | 'at'
}

export const MICROS_PER_SECOND = 1_000_000

export const DEFAULT_DEFINITION: SessionDefinition = {
  gapMicros: 30 * 60 * MICROS_PER_SECOND,
  boundary: 'after',
}
