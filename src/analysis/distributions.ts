/**
 * Distribution functions, from jStat (absolute error under 1e-8; tests hold them against SciPy's).
 * A probability below about 1e-15 comes out as 0.
 */
import jstat from 'jstat'

const { normal, studentt, beta } = jstat.jStat

export const normalCdf = (z: number): number => normal.cdf(z, 0, 1)

export const normalQuantile = (p: number): number => normal.inv(p, 0, 1)

export const studentCdf = (t: number, freedom: number): number => studentt.cdf(t, freedom)

export const studentQuantile = (p: number, freedom: number): number => studentt.inv(p, freedom)

export const betaQuantile = (p: number, a: number, b: number): number => beta.inv(p, a, b)

/** P(|Z| >= |z|) of a standard normal Z. */
export const twoSidedNormal = (z: number): number => Math.min(1, 2 * normalCdf(-Math.abs(z)))

/** P(|T| >= |t|) of Student's t. */
export const twoSidedStudent = (t: number, freedom: number): number =>
  Math.min(1, 2 * studentCdf(-Math.abs(t), freedom))

/**
 * P(K > x) of Kolmogorov's limiting distribution: 2 Σ (-1)^(k-1) exp(-2 k² x²) for large x, and its
 * theta transform where that converges slowly (Marsaglia, Tsang and Wang 2003, section 1). jStat
 * has none.
 */
export function kolmogorovSurvival(x: number): number {
  if (x <= 0) return 1
  let sum = 0
  if (x < 1.18) {
    const base = -(Math.PI ** 2) / (8 * x * x)
    for (let k = 1; k <= 7; k += 2) sum += Math.exp(base * k * k)
    return clip(1 - (Math.sqrt(2 * Math.PI) / x) * sum)
  }
  for (let k = 1; k <= 8; k++) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * x * x)
  return clip(2 * sum)
}

const clip = (p: number): number => Math.min(1, Math.max(0, p))
