/**
 * Intervals for quantiles. Sessions of one user are alike, so an interval that counted them as
 * independent would be too narrow.
 *
 * The share of sessions at most as long as the quantile is given a Clopper-Pearson interval with
 * the effective sample size n / design effect (Korn and Graubard 1998), and its ends are turned
 * into lengths (Woodruff 1952): what R's survey package calls `svyquantile(interval.type =
 * "beta")`. With one session per user it is the usual interval between two order statistics
 * (Conover 1999, section 3.2).
 */
import type { Engine } from '../engines/duckdb.js'
import { count, list, quantiles, seconds, select, sum } from '../figures/figure.js'
import { identifier, join, type Sql, sql } from '../sql/sql.js'
import { betaQuantile, normalQuantile, studentQuantile } from './distributions.js'
import type { QuantileEstimate } from './figures.js'

/** From here on the Wilson interval is as good, and the beta quantile is hard to compute. */
const LARGE = 1_000

/** The ends of the interval for a share `p` seen in `n` independent observations. */
export function shareInterval(p: number, n: number, confidence: number): [number, number] {
  const tail = (1 - confidence) / 2
  if (n < LARGE) {
    const successes = p * n
    return [
      successes <= 0 ? 0 : betaQuantile(tail, successes, n - successes + 1),
      successes >= n ? 1 : betaQuantile(1 - tail, successes + 1, n - successes),
    ]
  }
  // Wilson 1927.
  const z = normalQuantile(1 - tail)
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n)
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  return [Math.max(0, middle - half), Math.min(1, middle + half)]
}

/** What one user's sessions add to the variance of a share, summed over the users. */
export interface ClusterSums {
  readonly users: number
  /** Sessions, and those of them at most as long as the quantile. */
  readonly sessions: number
  readonly below: number
  /** Σ n², Σ k n, Σ k² over users with n sessions, k of them below. */
  readonly nn: number
  readonly kn: number
  readonly kk: number
}

/** How many independent sessions would tell as much; null where there are fewer than two users. */
export function effectiveSessions(sums: ClusterSums, confidence: number): number | null {
  const { users, sessions, below, nn, kn, kk } = sums
  if (users < 2 || sessions === 0) return null
  const p = below / sessions
  const independent = (p * (1 - p)) / sessions
  // Of a ratio of sums over clusters: Cochran 1977, section 3.12.
  const clustered =
    ((users / (users - 1)) * Math.max(0, kk - 2 * p * kn + p * p * nn)) / sessions ** 2
  const effect = independent > 0 ? Math.max(1, clustered / independent) : nn / sessions
  const tail = 1 - (1 - confidence) / 2
  // Few users say little about their own spread: Korn and Graubard's correction of the freedom.
  const freedom = (normalQuantile(tail) / studentQuantile(tail, users - 1)) ** 2
  return (sessions / effect) * Math.min(1, freedom)
}

/** Quantiles of `length` over the rows of `from`, each with its interval. */
export async function quantileEstimates(
  engine: Engine,
  from: Sql,
  shares: readonly number[],
  confidence: number,
): Promise<QuantileEstimate[]> {
  const at = await quantilesOf(engine, from, shares)
  if (at === null) {
    return shares.map((share) => ({ share, seconds: null, lowSeconds: null, highSeconds: null }))
  }
  const sums = await clusterSums(engine, from, at)
  const ends = sums.map((one, i) => {
    const effective = effectiveSessions(one, confidence)
    return effective === null ? null : shareInterval(shares[i] ?? 0, effective, confidence)
  })
  const wanted = ends.flatMap((pair) => pair ?? [])
  const lengths = wanted.length === 0 ? [] : ((await quantilesOf(engine, from, wanted)) ?? [])
  let next = 0
  return shares.map((share, i) => {
    const known = ends[i] !== null
    const [low, high] = known ? [lengths[next++], lengths[next++]] : [undefined, undefined]
    return {
      share,
      seconds: seconds(at[i]),
      // Whole microseconds: interpolating between ties would leave a trace of rounding.
      lowSeconds: seconds(low === undefined ? low : Math.round(low)),
      highSeconds: seconds(high === undefined ? high : Math.round(high)),
    }
  })
}

/** Null of no session. */
async function quantilesOf(
  engine: Engine,
  from: Sql,
  shares: readonly number[],
): Promise<readonly number[] | null> {
  if (shares.length === 0) return []
  const { at } = await select(engine, from, { at: quantiles(sql`length`, shares) })
  const known = at.flatMap((length) => length ?? [])
  return known.length === shares.length ? known : null
}

async function clusterSums(
  engine: Engine,
  from: Sql,
  at: readonly number[],
): Promise<ClusterSums[]> {
  if (at.length === 0) return []
  const counts = at.map(
    (micros, i) => sql`count(*) FILTER (WHERE length <= ${micros}) AS ${identifier(`k${i}`)}`,
  )
  const under = (of: (k: Sql) => Sql) => list(at.map((_, i) => sum(of(identifier(`k${i}`)))))
  const { users, sessions, nn, below, kn, kk } = await select(
    engine,
    sql`(SELECT user, count(*) AS n, ${join(counts)} FROM ${from} GROUP BY user)`,
    {
      users: count(),
      sessions: sum(sql`n`),
      nn: sum(sql`n * n`),
      below: under((k) => k),
      kn: under((k) => sql`${k} * n`),
      kk: under((k) => sql`${k} * ${k}`),
    },
  )
  return at.map((_, i) => ({
    users,
    sessions,
    nn,
    below: below[i] ?? 0,
    kn: kn[i] ?? 0,
    kk: kk[i] ?? 0,
  }))
}
