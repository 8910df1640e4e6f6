/**
 * Sums that are the same whatever the order and the number of threads: integers, added exactly.
 */
import { type Sql, sql } from '../sql/sql.js'

/** Fixed-point steps of logarithms per unit: each value is off by at most half of 1e-12. */
export const LOG_STEPS = 1e12

/** The sum of a logarithm or of its square in fixed point. */
export const sumOfSteps = (value: Sql): Sql => sql`sum(CAST(round((${value}) * 1e12) AS HUGEINT))`

export interface Moments {
  readonly count: bigint
  readonly sum: bigint
  readonly squares: bigint
}

/** Integers up to this many bits can be squared and summed over 2^37 rows in 127 bits. */
const SQUARABLE = 2n ** 45n

/**
 * How coarse integers must be made so that the sum of their squares fits. 1 (nothing is lost) for
 * lengths up to a year; 1,000 (milliseconds) for lengths of up to a thousand years.
 */
export const squareStep = (largest: bigint): bigint => (largest < SQUARABLE ? 1n : 1_000n)

/** Sample variance (n - 1) of integers from their exact moments; null of fewer than two. */
export function variance({ count, sum, squares }: Moments): number | null {
  if (count < 2n) return null
  return Number(count * squares - sum * sum) / Number(count * (count - 1n))
}

export const ratio = (part: number, whole: number): number | null =>
  whole === 0 ? null : part / whole
