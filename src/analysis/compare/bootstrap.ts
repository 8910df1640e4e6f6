/**
 * Intervals for differences, by resampling users as wholes: the Poisson bootstrap over buckets of
 * users (Chamandy, Muralidharan, Najmi and Naidu 2012, "Estimating Uncertainty for Massive Data
 * Streams"). A bucket's sums are made in the engine; a replicate weighs each bucket by a Poisson(1)
 * draw and adds up again. The same bucket has the same weight in every group, so that users with
 * sessions in two groups are not taken for two.
 *
 * Means and shares of a replicate are exact. Its quantiles are read between up to 64 order
 * statistics around the observed one, far finer than the interval; where sessions are tied at one
 * of these, a quantile that falls among them is exactly it.
 */
import type { Engine } from '../../engines/duckdb.js'
import { join, sql } from '../../sql/sql.js'
import { shareInterval } from '../quantile-interval.js'

export interface BootstrapOptions {
  readonly groups: number
  readonly buckets: number
  readonly quantiles: readonly number[]
  readonly longMicros: number
  readonly replicates: number
  readonly seed: number
}

/** Per group, one value per replicate; NaN where a replicate has no session of the group. */
export interface Replicates {
  readonly meanMicros: readonly Float64Array[]
  readonly longShare: readonly Float64Array[]
  /** By quantile, then by group. */
  readonly quantileMicros: readonly (readonly Float64Array[])[]
}

export async function bootstrap(engine: Engine, options: BootstrapOptions): Promise<Replicates> {
  const { groups, buckets, replicates } = options
  const weights = poissonWeights(replicates * buckets, options.seed)
  const totals = await bucketTotals(engine, options)
  const grids = await quantileGrids(engine, options)
  const meanMicros = perGroup(groups, () => new Float64Array(replicates))
  const longShare = perGroup(groups, () => new Float64Array(replicates))
  const quantileMicros = options.quantiles.map(() =>
    perGroup(groups, () => new Float64Array(replicates)),
  )
  for (let r = 0; r < replicates; r++) {
    const weight = weights.subarray(r * buckets, (r + 1) * buckets)
    for (let g = 0; g < groups; g++) {
      const of = totals[g]
      const grid = grids[g]
      if (of === undefined || grid === undefined) continue
      const sessions = weighted(weight, of.sessions, 0, 1)
      const mean = meanMicros[g]
      const long = longShare[g]
      if (mean !== undefined) mean[r] = weighted(weight, of.micros, 0, 1) / sessions
      if (long !== undefined) long[r] = weighted(weight, of.long, 0, 1) / sessions
      options.quantiles.forEach((share, q) => {
        const into = quantileMicros[q]?.[g]
        if (into !== undefined) into[r] = grid.quantile(weight, share * sessions, sessions)
      })
    }
  }
  return { meanMicros, longShare, quantileMicros }
}

const perGroup = <T>(groups: number, make: () => T): T[] => Array.from({ length: groups }, make)

/** Percentiles of `value(group) - value(reference)` over the replicates; null of none. */
export function differenceInterval(
  group: Float64Array | undefined,
  reference: Float64Array | undefined,
  confidence: number,
): { low: number; high: number } | null {
  if (group === undefined || reference === undefined) return null
  const differences = group
    .map((value, r) => value - (reference[r] ?? Number.NaN))
    .filter((value) => !Number.isNaN(value))
    .sort()
  if (differences.length === 0) return null
  const tail = (1 - confidence) / 2
  return { low: percentile(differences, tail), high: percentile(differences, 1 - tail) }
}

function percentile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1)
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}

/** P(Poisson(1) <= k), k = 0, 1, ...; what is beyond is too rare to be drawn. */
const POISSON = cumulativePoisson(12)

function cumulativePoisson(count: number): number[] {
  const sums: number[] = []
  let probability = Math.exp(-1)
  let sum = 0
  for (let k = 0; k < count; k++) {
    sum += probability
    sums.push(sum)
    probability /= k + 1
  }
  return sums
}

function poissonWeights(count: number, seed: number): Uint8Array {
  const random = generator(seed)
  return Uint8Array.from({ length: count }, () => {
    const u = random()
    const k = POISSON.findIndex((upTo) => u < upTo)
    return k === -1 ? POISSON.length : k
  })
}

/** Mulberry32: small, and good enough for weights. The same seed gives the same intervals. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Σ weight × value over the buckets; values lie `stride` apart. */
function weighted(
  weight: Uint8Array,
  values: Float64Array,
  offset: number,
  stride: number,
): number {
  let sum = 0
  for (let i = 0; i < weight.length; i++) {
    sum += (weight[i] ?? 0) * (values[i * stride + offset] ?? 0)
  }
  return sum
}

interface BucketTotals {
  readonly sessions: Float64Array
  readonly micros: Float64Array
  readonly long: Float64Array
}

async function bucketTotals(
  engine: Engine,
  { groups, buckets, longMicros }: BootstrapOptions,
): Promise<BucketTotals[]> {
  const totals = perGroup(groups, () => ({
    sessions: new Float64Array(buckets),
    micros: new Float64Array(buckets),
    long: new Float64Array(buckets),
  }))
  const rows = await engine.rows<{
    g: number
    bucket: bigint
    sessions: bigint
    micros: bigint
    long: bigint
  }>(sql`
    SELECT g, bucket, count(*) AS sessions, sum(length) AS micros,
      count(*) FILTER (WHERE length >= ${longMicros}) AS long
    FROM compared JOIN buckets USING (user) GROUP BY g, bucket`)
  for (const row of rows) {
    const of = totals[row.g]
    if (of === undefined) continue
    const at = Number(row.bucket)
    of.sessions[at] = Number(row.sessions)
    of.micros[at] = Number(row.micros)
    of.long[at] = Number(row.long)
  }
  return totals
}

const GRID_POINTS = 64
/** So rare that no replicate falls outside. */
const GRID_CONFIDENCE = 1 - 1e-7

/** How many sessions of each bucket are at most as long as each of some lengths. */
class QuantileGrid {
  constructor(
    private readonly lengths: readonly number[],
    /** By bucket, then by length. */
    private readonly upTo: Float64Array,
    /** Of the sessions that are longer than the length before, how many are exactly so long. */
    private readonly tiedShare: readonly number[],
  ) {}

  /** Where the weighted count reaches `wanted` of `all`, between the two nearest lengths. */
  quantile(weight: Uint8Array, wanted: number, all: number): number {
    if (all === 0) return Number.NaN
    const width = this.lengths.length
    const count = (at: number): number => weighted(weight, this.upTo, at, width)
    let low = 0
    let high = width - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (count(middle) >= wanted) high = middle
      else low = middle + 1
    }
    const at = this.lengths[low] ?? 0
    const before = this.lengths[low - 1]
    if (before === undefined) return at
    const [from, to] = [count(low - 1), count(low)]
    const spread = 1 - (this.tiedShare[low] ?? 1)
    const reached = to > from ? (wanted - from) / (to - from) : 1
    return reached < spread ? before + (at - before) * (reached / spread) : at
  }
}

async function quantileGrids(
  engine: Engine,
  { groups, buckets, quantiles }: BootstrapOptions,
): Promise<QuantileGrid[]> {
  const effective = await engine.rows<{ g: number; independent: number }>(sql`
    SELECT g, CAST(sum(n) AS DOUBLE) * sum(n) / sum(n * n) AS independent
    FROM (SELECT g, bucket, count(*) AS n FROM compared JOIN buckets USING (user) GROUP BY g, bucket)
    GROUP BY g`)
  const grids: QuantileGrid[] = []
  for (let g = 0; g < groups; g++) {
    const independent = effective.find((one) => one.g === g)?.independent ?? 1
    const wanted = quantiles.flatMap((share) => {
      const [low, high] = shareInterval(share, Math.max(1, independent), GRID_CONFIDENCE)
      return Array.from(
        { length: GRID_POINTS },
        (_, i) => low + ((high - low) * i) / (GRID_POINTS - 1),
      )
    })
    grids.push(await quantileGrid(engine, g, buckets, [...wanted, 1]))
  }
  return grids
}

async function quantileGrid(
  engine: Engine,
  g: number,
  buckets: number,
  shares: readonly number[],
): Promise<QuantileGrid> {
  const { at } = await engine.row<{ at: bigint[] | null }>(
    sql`SELECT list_sort(list_distinct(quantile_disc(length, [${join([...shares])}]))) AS at FROM compared WHERE g = ${g}`,
  )
  const lengths = (at ?? []).map(Number)
  const upTo = new Float64Array(buckets * lengths.length)
  if (lengths.length === 0) return new QuantileGrid(lengths, upTo, [])
  const rows = await engine.rows<{ bucket: bigint; length: bigint; n: bigint; tied: bigint }>(sql`
    SELECT bucket, edges.length AS length, count(*) AS n,
      count(*) FILTER (WHERE s.length = edges.length) AS tied
    FROM (SELECT bucket, length FROM compared JOIN buckets USING (user) WHERE g = ${g}) AS s
    ASOF JOIN (SELECT unnest([${join(at ?? [])}]) AS length) AS edges ON s.length <= edges.length
    GROUP BY ALL`)
  const position = new Map(lengths.map((length, i) => [length, i]))
  const counts = lengths.map(() => ({ n: 0, tied: 0 }))
  for (const row of rows) {
    const at = position.get(Number(row.length)) ?? 0
    upTo[Number(row.bucket) * lengths.length + at] = Number(row.n)
    const count = counts[at]
    if (count === undefined) continue
    count.n += Number(row.n)
    count.tied += Number(row.tied)
  }
  for (let bucket = 0; bucket < buckets; bucket++) {
    for (let i = 1; i < lengths.length; i++) {
      const index = bucket * lengths.length + i
      upTo[index] = (upTo[index] ?? 0) + (upTo[index - 1] ?? 0)
    }
  }
  return new QuantileGrid(
    lengths,
    upTo,
    counts.map(({ n, tied }) => (n === 0 ? 1 : tied / n)),
  )
}
