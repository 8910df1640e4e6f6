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
  /**
   * Other timeouts for events with these values of a property; the first that matches counts. Each
   * event keeps its session alive for its own timeout, and the session lives until the latest of
   * those moments.
   */
  readonly gaps?: readonly GapRule[]
  /** An event later than the session's start by more than this opens a new session. */
  readonly maxLengthMicros?: number
  /** A session of this many events takes no more. */
  readonly maxEvents?: number
  /** An event of a later local date in this zone opens a new session. */
  readonly midnightZone?: string
  /** Properties: a value that differs from the user's latest one opens a new session. */
  readonly cutOn?: readonly string[]
  /** Event names (patterns with `*`) that always open a session. */
  readonly startEvents?: readonly string[]
  /** Event names that close the session they belong to. */
  readonly endEvents?: readonly string[]
  /** Event names left out as if they had never been recorded. */
  readonly ignoreEvents?: readonly string[]
  /**
   * Event names that join an open session but never open one, keep one alive, or move its end; where
   * no session is open they are counted as ignored.
   */
  readonly passiveEvents?: readonly string[]
  /** Groups by the export's own session id instead; no other rule applies. */
  readonly recorded?: boolean
}

export interface GapRule {
  readonly property: string
  readonly value: string
  readonly gapMicros: number
}

export const MICROS_PER_SECOND = 1_000_000
export const MICROS_PER_MINUTE = 60 * MICROS_PER_SECOND
export const MICROS_PER_HOUR = 60 * MICROS_PER_MINUTE

export const DEFAULT_DEFINITION: SessionDefinition = {
  gapMicros: 30 * MICROS_PER_MINUTE,
  boundary: 'after',
}

/** The properties of events that the rules look at, without repeats. */
export function ruleProperties({ gaps, cutOn }: SessionDefinition): string[] {
  return [...new Set([...(gaps ?? []).map(({ property }) => property), ...(cutOn ?? [])])]
}

/** The shortest timeout: events closer than this always share a session. */
export const smallestGapMicros = ({ gapMicros, gaps }: SessionDefinition): number =>
  Math.min(gapMicros, ...(gaps ?? []).map((rule) => rule.gapMicros))

export const largestGapMicros = ({ gapMicros, gaps }: SessionDefinition): number =>
  Math.max(gapMicros, ...(gaps ?? []).map((rule) => rule.gapMicros))

/**
 * Rules that depend on single events and their order, so that events cannot first be grouped into
 * blocks. All others keep the block path.
 */
export function eventRules(definition: SessionDefinition): string[] {
  const rules: [string, readonly string[] | undefined][] = [
    ['cut-on', definition.cutOn],
    ['start-event', definition.startEvents],
    ['end-event', definition.endEvents],
    ['passive-event', definition.passiveEvents],
  ]
  return rules.flatMap(([name, values]) => ((values ?? []).length > 0 ? [name] : []))
}
