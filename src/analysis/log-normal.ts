/** How well a log-normal distribution tells the positive lengths. */
import type { Engine } from '../engines/duckdb.js'
import { type Sql, sql } from '../sql/sql.js'
import { normalCdf } from './distributions.js'
import { LOG_STEPS, sumOfSteps } from './exact.js'
import type { LogNormalFit } from './figures.js'

/** Bins are this fine: within one, the fitted distribution hardly moves. */
const BINS_PER_OCTAVE = 512

/** Up to here the fit can stand for the data, or for a rough idea of them. */
const CLOSE = 0.03
const ROUGH = 0.1

/**
 * Maximum likelihood: the mean and the (n below) standard deviation of ln(seconds). Its quality is
 * the Kolmogorov-Smirnov distance. No p-value is made of it: the parameters were fitted to the same
 * data (Lilliefors 1967), and of many sessions every smooth shape is refuted.
 */
export async function fitLogNormal(engine: Engine, from: Sql): Promise<LogNormalFit | null> {
  const log = sql`ln(length / 1e6)`
  const { n, logs, squares, kinds } = await engine.row<{
    n: bigint
    logs: bigint | null
    squares: bigint | null
    kinds: boolean | null
  }>(sql`
    SELECT count(*) AS n, ${sumOfSteps(log)} AS logs, ${sumOfSteps(sql`${log} * ${log}`)} AS squares,
      min(length) < max(length) AS kinds
    FROM ${from} WHERE length > 0`)
  if (logs === null || squares === null || kinds !== true) return null
  const count = Number(n)
  const mean = Number(logs) / LOG_STEPS / count
  const spread = Math.sqrt(Math.max(0, Number(squares) / LOG_STEPS / count - mean * mean))
  if (spread === 0) return null
  const ksDistance = await distance(engine, from, count, mean, spread)
  return {
    sessions: count,
    logMean: mean,
    logStandardDeviation: spread,
    medianSeconds: Math.exp(mean),
    meanSeconds: Math.exp(mean + (spread * spread) / 2),
    ksDistance,
    reading: ksDistance <= CLOSE ? 'close' : ksDistance <= ROUGH ? 'rough' : 'poor',
  }
}

/** At the shortest and the longest length of each fine bin, where the observed one is exact. */
async function distance(
  engine: Engine,
  from: Sql,
  count: number,
  mean: number,
  spread: number,
): Promise<number> {
  const bins = await engine.rows<{ shortest: bigint; longest: bigint; n: bigint }>(sql`
    SELECT min(length) AS shortest, max(length) AS longest, count(*) AS n
    FROM ${from} WHERE length > 0
    GROUP BY floor(log2(length) * ${BINS_PER_OCTAVE}) ORDER BY shortest`)
  const fitted = (micros: bigint): number =>
    normalCdf((Math.log(Number(micros) / 1e6) - mean) / spread)
  let below = 0
  let most = 0
  for (const { shortest, longest, n } of bins) {
    most = Math.max(most, Math.abs(fitted(shortest) - below / count))
    below += Number(n)
    most = Math.max(most, Math.abs(fitted(longest) - below / count))
  }
  return most
}
