import { option } from '../errors/option.js'
import { MICROS_PER_MINUTE } from '../units/time.js'

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
  /** Groups by the export's own session id; the gap then tells only what the data's edges censor. */
  readonly recorded?: boolean
}

/** A timeout for the events with a value of a property. */
export interface GapRule {
  readonly property: string
  readonly value: string
  readonly gapMicros: number
}

/** A timeout of 30 minutes, and no other rule. */
export const DEFAULT_DEFINITION: SessionDefinition = {
  gapMicros: 30 * MICROS_PER_MINUTE,
  boundary: 'after',
}

const some = (values: readonly unknown[] | undefined): boolean => (values ?? []).length > 0

/** The properties of events that the rules look at, without repeats. */
export function ruleProperties({ gaps, cutOn }: SessionDefinition): string[] {
  return [...new Set([...(gaps ?? []).map(({ property }) => property), ...(cutOn ?? [])])]
}

/** The shortest timeout: events closer than this always share a session. */
export const smallestGapMicros = ({ gapMicros, gaps }: SessionDefinition): number =>
  Math.min(gapMicros, ...(gaps ?? []).map((rule) => rule.gapMicros))

export const hasGapRules = ({ gaps }: SessionDefinition): boolean => some(gaps)

export const hasPassiveEvents = ({ passiveEvents }: SessionDefinition): boolean =>
  some(passiveEvents)

/** A rule besides the gap and its boundary. */
export interface Rule {
  /** The option that says it, as messages tell it. */
  readonly flag: string
  /**
   * `blocks` rules let events first be grouped into blocks; `events` rules depend on single events
   * and their order; the others change what events there are, or replace all rules.
   */
  readonly path: 'blocks' | 'events' | 'none'
  readonly isIn: (definition: SessionDefinition) => boolean
}

export const RULES: readonly Rule[] = [
  { flag: `${option('gap')} PROPERTY=VALUE:TIME`, path: 'blocks', isIn: ({ gaps }) => some(gaps) },
  {
    flag: option('maxLength'),
    path: 'blocks',
    isIn: ({ maxLengthMicros }) => maxLengthMicros !== undefined,
  },
  { flag: option('maxEvents'), path: 'blocks', isIn: ({ maxEvents }) => maxEvents !== undefined },
  {
    flag: option('cutAtMidnight'),
    path: 'blocks',
    isIn: ({ midnightZone }) => midnightZone !== undefined,
  },
  { flag: option('cutOn'), path: 'events', isIn: ({ cutOn }) => some(cutOn) },
  { flag: option('startEvent'), path: 'events', isIn: ({ startEvents }) => some(startEvents) },
  { flag: option('endEvent'), path: 'events', isIn: ({ endEvents }) => some(endEvents) },
  {
    flag: option('passiveEvent'),
    path: 'events',
    isIn: ({ passiveEvents }) => some(passiveEvents),
  },
  { flag: option('ignoreEvent'), path: 'none', isIn: ({ ignoreEvents }) => some(ignoreEvents) },
  { flag: option('byRecorded'), path: 'none', isIn: ({ recorded }) => recorded === true },
]

export const rulesOf = (definition: SessionDefinition): Rule[] =>
  RULES.filter(({ isIn }) => isIn(definition))

/** The rules for which events cannot first be grouped into blocks. */
export const eventRules = (definition: SessionDefinition): Rule[] =>
  rulesOf(definition).filter(({ path }) => path === 'events')

/** Whether the definition is a single gap and nothing that changes how sessions are built. */
export const isGapOnly = (definition: SessionDefinition): boolean =>
  definition.recorded !== true && rulesOf(definition).every(({ path }) => path === 'none')
