/** The shape of the distributions, for `--detail`. */
import type { Engine } from '../engines/duckdb.js'
import { count, max, numeric, quantiles, select } from '../figures/figure.js'
import { type Sql, sql } from '../sql/sql.js'
import { LOG_STEPS, squareStep, sumOfSteps, variance } from './exact.js'
import type { Detail, EcdfPoint, LengthDistribution, Spread } from './figures.js'
import { fitLogNormal } from './log-normal.js'
import { quantileEstimates } from './quantile-interval.js'

export const DEFAULT_QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const
export const CONFIDENCE = 0.95
const TRIMMED_SHARE = 0.05

/** Over the table `sessions`. */
export async function describeDetail(engine: Engine, shares: readonly number[]): Promise<Detail> {
  return {
    confidence: CONFIDENCE,
    length: await lengthDistribution(engine, sql`sessions`, shares),
    lengthWithoutBounces: await lengthDistribution(
      engine,
      sql`(SELECT user, length FROM sessions WHERE NOT bounce)`,
      shares,
    ),
    logNormal: await fitLogNormal(engine, sql`sessions`),
    eventsPerSession: await spread(engine, sql`SELECT events AS value FROM sessions`),
    sessionsPerUser: await spread(
      engine,
      sql`SELECT count(*) AS value FROM sessions GROUP BY user`,
    ),
    secondsBetweenSessions: await spread(
      engine,
      sql`SELECT start - previous_end AS value FROM sessions WHERE previous_end IS NOT NULL`,
      1e6,
    ),
  }
}

async function lengthDistribution(
  engine: Engine,
  from: Sql,
  shares: readonly number[],
): Promise<LengthDistribution> {
  const { n, longest } = await engine.row<{ n: bigint; longest: bigint | null }>(
    sql`SELECT count(*) AS n, max(length) AS longest FROM ${from}`,
  )
  const step = squareStep(longest ?? 0n)
  const sums = await engine.row<{
    sum: bigint | null
    squares: bigint | null
    positive: bigint
    logs: bigint | null
  }>(sql`
    SELECT sum(value) AS sum, sum(CAST(value AS HUGEINT) * value) AS squares,
      count(*) FILTER (WHERE length > 0) AS positive,
      ${sumOfSteps(sql`CASE WHEN length > 0 THEN ln(length / 1e6) END`)} AS logs
    FROM (SELECT length, length // ${step} AS value FROM ${from})`)
  const spread = variance({ count: n, sum: sums.sum ?? 0n, squares: sums.squares ?? 0n })
  return {
    sessions: Number(n),
    trimmedMeanSeconds: await trimmedMean(engine, from, Number(n)),
    geometricMeanSeconds:
      sums.logs === null ? null : Math.exp(Number(sums.logs) / LOG_STEPS / Number(sums.positive)),
    standardDeviationSeconds:
      spread === null ? null : (Math.sqrt(Math.max(0, spread)) * Number(step)) / 1e6,
    quantiles: await quantileEstimates(engine, from, shares, CONFIDENCE),
    ecdf: await ecdf(engine, from, Number(n)),
  }
}

/** The mean without the floor(n / 20) shortest and as many longest (as `scipy.stats.trim_mean`). */
async function trimmedMean(engine: Engine, from: Sql, n: number): Promise<number | null> {
  if (n === 0) return null
  const cut = Math.floor(n * TRIMMED_SHARE)
  // The half keeps the rank from falling on either side by rounding.
  const { ends } = await engine.row<{ ends: bigint[] }>(
    sql`SELECT quantile_disc(length, [${(cut + 0.5) / n}, ${(n - cut - 0.5) / n}]) AS ends FROM ${from}`,
  )
  const [low = 0n, high = 0n] = ends
  const { below, above, between } = await engine.row<{
    below: bigint
    above: bigint
    between: bigint
  }>(sql`
    SELECT count(*) FILTER (WHERE length <= ${low}) AS below,
      count(*) FILTER (WHERE length >= ${high}) AS above,
      coalesce(sum(length) FILTER (WHERE length > ${low} AND length < ${high}), 0) AS between
    FROM ${from}`)
  const kept = BigInt(n - 2 * cut)
  if (low === high) return Number(low) / 1e6
  const sum = between + low * (below - BigInt(cut)) + high * (above - BigInt(cut))
  return Number(sum) / Number(kept) / 1e6
}

const ECDF_POINTS = 100
const BINS_PER_OCTAVE = 64

/**
 * Exact points of the cumulative distribution, at most one per percent: the longest length of a
 * fine bin, and how many sessions are no longer.
 */
async function ecdf(engine: Engine, from: Sql, n: number): Promise<EcdfPoint[]> {
  const bins = await engine.rows<{ longest: bigint; n: bigint }>(sql`
    SELECT max(length) AS longest, count(*) AS n FROM ${from}
    GROUP BY CASE WHEN length > 0 THEN floor(log2(length) * ${BINS_PER_OCTAVE}) END
    ORDER BY longest`)
  const points: EcdfPoint[] = []
  let below = 0
  let percent = -1
  bins.forEach((bin, i) => {
    below += Number(bin.n)
    const reached = Math.floor((below * ECDF_POINTS) / n)
    if (reached === percent && i < bins.length - 1) return
    percent = reached
    points.push({ seconds: Number(bin.longest) / 1e6, share: below / n })
  })
  return points
}

const SPREAD_QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99] as const

/** @param unit how much of it is 1 to the reader */
async function spread(engine: Engine, values: Sql, unit = 1): Promise<Spread> {
  const {
    count: n,
    total,
    most,
    at,
  } = await select(engine, sql`(${values})`, {
    count: count(),
    total: numeric(sql`sum(value)`),
    most: max(sql`value`),
    at: quantiles(sql`value`, SPREAD_QUANTILES),
  })
  const read = (value: number | null | undefined): number | null =>
    value === null || value === undefined ? null : value / unit
  const [p50, p75, p90, p95, p99] = at
  return {
    count: n,
    mean: read(total === null ? null : total / n),
    p50: read(p50),
    p75: read(p75),
    p90: read(p90),
    p95: read(p95),
    p99: read(p99),
    max: read(most),
  }
}
