/**
 * Rank comparisons of two groups, from counts per length: exact with ties, in integers.
 *
 * A placement of a session is how many sessions of the other group are shorter, those of equal
 * length counted half. Everything here follows from the placements.
 */
import type { Engine } from '../../engines/duckdb.js'
import { sql } from '../../sql/sql.js'
import {
  kolmogorovSurvival,
  normalQuantile,
  twoSidedNormal,
  twoSidedStudent,
} from '../distributions.js'

export interface RankComparison {
  /** P(group longer) - P(group shorter) over all pairs of a session of each: Cliff 1993. */
  readonly delta: number
  readonly deltaLow: number | null
  readonly deltaHigh: number | null
  /** Of no difference in `delta`, users resampled as wholes (Obuchowski 1997). */
  readonly clusteredP: number | null
  readonly brunnerMunzel: BrunnerMunzel | null
  readonly kolmogorovSmirnov: KolmogorovSmirnov
}

/** As if every session were of another user. */
export interface BrunnerMunzel {
  /** Positive where the group is longer. */
  readonly statistic: number
  readonly freedom: number
  readonly p: number
}

/** The largest distance between the two cumulative distributions, from 0 to 1. */
export interface KolmogorovSmirnov {
  readonly distance: number
  /** As if every session were of another user; asymptotic. */
  readonly p: number
}

/** Sums over the sessions of a group `a` (n of them) with placements among `b`, doubled. */
export interface PlacementSums {
  readonly n: number
  readonly sum: bigint
  readonly squares: bigint
}

/** Over the users that have a session in either group. */
export interface ClusterSums {
  readonly usersA: number
  readonly usersB: number
  readonly users: number
  /** Of a user, A: doubled placements in a, m: sessions in a; B and n the same in b. */
  readonly aa: bigint
  readonly am: bigint
  readonly mm: bigint
  readonly bb: bigint
  readonly bn: bigint
  readonly nn: bigint
  readonly ab: bigint
  readonly an: bigint
  readonly bm: bigint
  readonly mn: bigint
}

/** Of the groups numbered `a` and `b` in `compared`. */
export async function compareRanks(
  engine: Engine,
  a: number,
  b: number,
  confidence: number,
): Promise<RankComparison> {
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE placements AS
    SELECT length, na, nb,
      sum(na) OVER up_to - na AS a_below, sum(nb) OVER up_to - nb AS b_below,
      2 * b_below + nb AS placement_a, 2 * a_below + na AS placement_b
    FROM (
      SELECT length, count(*) FILTER (WHERE g = ${a}) AS na, count(*) FILTER (WHERE g = ${b}) AS nb
      FROM compared WHERE g IN (${a}, ${b}) GROUP BY length
    )
    WINDOW up_to AS (ORDER BY length ROWS UNBOUNDED PRECEDING)`)
  const sums = await engine.row<Record<string, bigint>>(sql`
    SELECT sum(na) AS na, sum(nb) AS nb,
      sum(na * placement_a) AS a, sum(na * placement_a * placement_a) AS aa,
      sum(nb * placement_b) AS b, sum(nb * placement_b * placement_b) AS bb,
      max(abs((a_below + na) * (SELECT sum(nb) FROM placements) - (b_below + nb) * (SELECT sum(na) FROM placements))) AS apart
    FROM placements`)
  const clusters = await engine.row<Record<string, bigint>>(sql`
    SELECT count(*) AS users, count(*) FILTER (WHERE m > 0) AS users_a, count(*) FILTER (WHERE n > 0) AS users_b,
      sum(a * a) AS aa, sum(a * m) AS am, sum(m * m) AS mm,
      sum(b * b) AS bb, sum(b * n) AS bn, sum(n * n) AS nn,
      sum(a * b) AS ab, sum(a * n) AS an, sum(b * m) AS bm, sum(m * n) AS mn
    FROM (
      SELECT user,
        coalesce(sum(placement_a) FILTER (WHERE g = ${a}), 0) AS a, count(*) FILTER (WHERE g = ${a}) AS m,
        coalesce(sum(placement_b) FILTER (WHERE g = ${b}), 0) AS b, count(*) FILTER (WHERE g = ${b}) AS n
      FROM compared JOIN placements USING (length) WHERE g IN (${a}, ${b}) GROUP BY user
    )`)
  await engine.run(sql`DROP TABLE placements`)
  const at = (row: Record<string, bigint>, name: string): bigint => row[name] ?? 0n
  const inA: PlacementSums = {
    n: Number(at(sums, 'na')),
    sum: at(sums, 'a'),
    squares: at(sums, 'aa'),
  }
  const inB: PlacementSums = {
    n: Number(at(sums, 'nb')),
    sum: at(sums, 'b'),
    squares: at(sums, 'bb'),
  }
  const theta = Number(inA.sum) / (2 * inA.n * inB.n)
  const error = clusteredError(theta, inA.n, inB.n, {
    users: Number(at(clusters, 'users')),
    usersA: Number(at(clusters, 'users_a')),
    usersB: Number(at(clusters, 'users_b')),
    aa: at(clusters, 'aa'),
    am: at(clusters, 'am'),
    mm: at(clusters, 'mm'),
    bb: at(clusters, 'bb'),
    bn: at(clusters, 'bn'),
    nn: at(clusters, 'nn'),
    ab: at(clusters, 'ab'),
    an: at(clusters, 'an'),
    bm: at(clusters, 'bm'),
    mn: at(clusters, 'mn'),
  })
  return {
    ...interval(theta, error, confidence),
    brunnerMunzel: brunnerMunzel(inB, inA),
    kolmogorovSmirnov: kolmogorovSmirnov(Number(at(sums, 'apart')) / (inA.n * inB.n), inA.n, inB.n),
  }
}

/**
 * Standard error of P(a longer) + P(equal)/2 where users are the independent units, also where they
 * have sessions in both groups: Obuchowski 1997, "Nonparametric analysis of clustered ROC curve
 * data", Biometrics 53. Null where either group has fewer than two users.
 */
function clusteredError(theta: number, m: number, n: number, sums: ClusterSums): number | null {
  const { users, usersA, usersB } = sums
  if (usersA < 2 || usersB < 2) return null
  // Per user: (A / 2n - m θ), (B / 2m - n (1 - θ)); their squares and products, summed.
  const a = (value: bigint): number => Number(value) / (2 * n)
  const b = (value: bigint): number => Number(value) / (2 * m)
  const other = 1 - theta
  const inA = Number(sums.aa) / (4 * n * n) - 2 * theta * a(sums.am) + theta ** 2 * Number(sums.mm)
  const inB = Number(sums.bb) / (4 * m * m) - 2 * other * b(sums.bn) + other ** 2 * Number(sums.nn)
  // In b, a placement counts what is shorter, so its deviation has the opposite sign.
  const both = -(
    Number(sums.ab) / (4 * m * n) -
    other * a(sums.an) -
    theta * b(sums.bm) +
    theta * other * Number(sums.mn)
  )
  const s10 = ((usersA / (usersA - 1)) * Math.max(0, inA)) / m
  const s01 = ((usersB / (usersB - 1)) * Math.max(0, inB)) / n
  const s11 = (users / (users - 1)) * both
  return Math.sqrt(Math.max(0, s10 / m + s01 / n + (2 * s11) / (m * n)))
}

function interval(
  theta: number,
  error: number | null,
  confidence: number,
): Pick<RankComparison, 'delta' | 'deltaLow' | 'deltaHigh' | 'clusteredP'> {
  const delta = 2 * theta - 1
  if (error === null) return { delta, deltaLow: null, deltaHigh: null, clusteredP: null }
  const half = 2 * error * normalQuantile(1 - (1 - confidence) / 2)
  return {
    delta,
    deltaLow: Math.max(-1, delta - half),
    deltaHigh: Math.min(1, delta + half),
    clusteredP: error === 0 ? (delta === 0 ? 1 : 0) : twoSidedNormal((theta - 0.5) / error),
  }
}

/**
 * Brunner and Munzel 2000, with the t approximation, as `scipy.stats.brunnermunzel(x, y)`. Null
 * where it is not defined: fewer than two sessions, or groups that do not overlap.
 */
function brunnerMunzel(x: PlacementSums, y: PlacementSums): BrunnerMunzel | null {
  if (x.n < 2 || y.n < 2) return null
  const variance = ({ n, sum, squares }: PlacementSums): number =>
    Number(BigInt(n) * squares - sum * sum) / (4 * n * (n - 1))
  const [inX, inY] = [x.n * variance(x), y.n * variance(y)]
  if (inX + inY === 0) return null
  const meanX = (x.n + 1) / 2 + Number(x.sum) / (2 * x.n)
  const meanY = (y.n + 1) / 2 + Number(y.sum) / (2 * y.n)
  const statistic = (x.n * y.n * (meanY - meanX)) / ((x.n + y.n) * Math.sqrt(inX + inY))
  const freedom = (inX + inY) ** 2 / (inX ** 2 / (x.n - 1) + inY ** 2 / (y.n - 1))
  return { statistic, freedom, p: twoSidedStudent(statistic, freedom) }
}

/** Two samples, asymptotic: `scipy.stats.ks_2samp(a, b, method='asymp')` but for its correction. */
const kolmogorovSmirnov = (distance: number, n: number, m: number): KolmogorovSmirnov => ({
  distance,
  p: kolmogorovSurvival(distance * Math.sqrt((n * m) / (n + m))),
})
