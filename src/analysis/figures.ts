/** Figures about a set of sessions. Lengths are in seconds; shares are from 0 to 1. */
export interface LengthStatistics {
  readonly sessions: number
  /** Null where there is no session to speak of. */
  readonly meanSeconds: number | null
  readonly p50Seconds: number | null
  readonly p75Seconds: number | null
  readonly p90Seconds: number | null
  readonly p95Seconds: number | null
  readonly p99Seconds: number | null
  readonly maxSeconds: number | null
}

export interface Figures {
  readonly sessions: number
  readonly users: number
  readonly events: number
  /** Sessions of a single event: their length is 0 by definition. */
  readonly bounces: number
  readonly bounceShare: number | null
  readonly totalSeconds: number
  readonly eventsPerSession: number | null
  readonly sessionsPerUser: number | null
  /** Over all sessions, bounces included. */
  readonly length: LengthStatistics
  /** Over the sessions of two events or more. */
  readonly lengthWithoutBounces: LengthStatistics
  readonly histogram: readonly HistogramBin[]
  /** Sessions within one gap of the first or last event of the data: their true length is unknown. */
  readonly startCensored: number
  readonly endCensored: number
}

/** Sessions whose length is at least `fromSeconds` and less than `toSeconds` (null: no upper end). */
export interface HistogramBin {
  readonly label: string
  readonly fromSeconds: number
  readonly toSeconds: number | null
  readonly sessions: number
}
