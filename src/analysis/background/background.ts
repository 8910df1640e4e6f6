import type { LengthFigures } from '../lengths.js'

/** What goes on in the data while nobody is there. */
export interface Background {
  /** Lengths with the definition as it is. */
  readonly lengths: LengthFigures
  /** Names that were looked at closely, because of their rhythm or their place in long sessions. */
  readonly events: readonly BackgroundEvent[]
  /** All that keep sessions alive made passive together; null when there is none. */
  readonly without: {
    readonly lengths: LengthFigures
    /** As the command line takes it. */
    readonly flags: readonly string[]
  } | null
  readonly longSessions: LongSessions
  readonly roundTheClock: RoundTheClock
  readonly method: {
    readonly leastIntervals: number
    readonly coefficientThreshold: number
    readonly regularUserShare: number
    readonly effectThreshold: number
    readonly tailShare: number
    readonly tailLift: number
    readonly activeHours: number
    readonly activeDays: number
  }
}

/** An event that may keep sessions alive while nobody is there. */
export interface BackgroundEvent {
  readonly name: string
  readonly events: number
  readonly users: number
  /** Null when its rhythm could not be measured: no user has enough intervals. */
  readonly rhythm: Rhythm | null
  readonly tail: TailShare | null
  /** Lengths when this event is passive. */
  readonly without: LengthFigures
  /** Change of the mean without it, as a share of the mean with it. */
  readonly meanChange: number | null
  /** Whether sessions last through it: found by rhythm or tail, and the mean falls without it. */
  readonly keepsAlive: boolean
  /** The flag that makes it passive. */
  readonly flag: string
}

/** How evenly an event comes. */
export interface Rhythm {
  /** Users with enough intervals to tell, and those of them whose intervals are near constant. */
  readonly measuredUsers: number
  readonly regularUsers: number
  /** Median over the regular users of each one's median interval. */
  readonly periodSeconds: number
  /** The same of the robust coefficient of variation. */
  readonly coefficient: number
}

/** How much of the later half of long sessions an event makes up. */
export interface TailShare {
  /** Of the events there. */
  readonly share: number
  /** Of the events of all other sessions. */
  readonly shareElsewhere: number
}

/** What the longest tenth of the sessions is filled with. */
export interface LongSessions {
  /** Sessions at least this long (the 90th percentile) are long. */
  readonly fromSeconds: number | null
  readonly sessions: number
  /** The commonest events of their later halves, most first. */
  readonly tail: readonly (TailShare & { readonly name: string | null })[]
}

/** Users who never sleep. */
export interface RoundTheClock {
  readonly users: number
  readonly userShare: number | null
  readonly eventShare: number | null
  readonly timeShare: number | null
  /** Lengths of all other users' sessions. */
  readonly withoutThem: LengthFigures
  readonly examples: readonly {
    readonly user: string
    /** Days with events in nearly every hour. */
    readonly days: number
    readonly commonestEvent: string | null
  }[]
}
