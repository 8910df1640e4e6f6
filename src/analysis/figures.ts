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

/** Sessions in figures; shares are from 0 to 1, and null where there is nothing to divide by. */
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

/** What `--detail` adds: the shape of the distributions, over all sessions. */
export interface Detail {
  /** Of the intervals of the quantiles: 0.95. */
  readonly confidence: number
  readonly length: LengthDistribution
  readonly lengthWithoutBounces: LengthDistribution
  /** Null where fewer than two different positive lengths exist. */
  readonly logNormal: LogNormalFit | null
  readonly eventsPerSession: Spread
  readonly sessionsPerUser: Spread
  /** Seconds from the end of a user's session to the start of the next. */
  readonly secondsBetweenSessions: Spread
}

/**
 * How lengths are distributed, with 95 % confidence intervals that hold for the users, not for the
 * single sessions.
 */
export interface LengthDistribution {
  readonly sessions: number
  /** Without the shortest and the longest 5 % of the sessions. */
  readonly trimmedMeanSeconds: number | null
  /** Of the positive lengths. */
  readonly geometricMeanSeconds: number | null
  /** With n - 1 below. */
  readonly standardDeviationSeconds: number | null
  readonly quantiles: readonly QuantileEstimate[]
  /** About a hundred points of the cumulative distribution; each is exact. */
  readonly ecdf: readonly EcdfPoint[]
}

/** A quantile with its confidence interval; the ends are null where there are too few users. */
export interface QuantileEstimate {
  readonly share: number
  readonly seconds: number | null
  /** Null where there are fewer than two users. */
  readonly lowSeconds: number | null
  readonly highSeconds: number | null
}

/** This share of the sessions is at most so long. */
export interface EcdfPoint {
  readonly seconds: number
  readonly share: number
}

/** Maximum likelihood over the positive lengths: ln(seconds) ~ normal. */
export interface LogNormalFit {
  readonly sessions: number
  readonly logMean: number
  readonly logStandardDeviation: number
  readonly medianSeconds: number
  readonly meanSeconds: number
  /** Largest distance between the observed and the fitted cumulative distribution, from 0 to 1. */
  readonly ksDistance: number
  readonly reading: 'close' | 'rough' | 'poor'
}

/** How a quantity spreads over sessions, users or pauses. */
export interface Spread {
  readonly count: number
  readonly mean: number | null
  readonly p50: number | null
  readonly p75: number | null
  readonly p90: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
}
