/** How far two distributions of session lengths lie apart, from counts in the same bins. */
import { normalQuantile } from '../analysis/distributions.js'
import { BINS_PER_OCTAVE } from './baseline.js'

export interface BinCount {
  readonly bin: number
  readonly sessions: number
}

const total = (bins: readonly BinCount[]): number =>
  bins.reduce((sum, { sessions }) => sum + sessions, 0)

/** Bins of both, in order, with both counts. */
function aligned(
  before: readonly BinCount[],
  now: readonly BinCount[],
): { readonly bin: number; readonly before: number; readonly now: number }[] {
  const of = (bins: readonly BinCount[]): Map<number, number> =>
    new Map(bins.map(({ bin, sessions }) => [bin, sessions]))
  const [a, b] = [of(before), of(now)]
  return [...new Set([...a.keys(), ...b.keys()])]
    .sort((x, y) => x - y)
    .map((bin) => ({ bin, before: a.get(bin) ?? 0, now: b.get(bin) ?? 0 }))
}

export interface Divergence {
  readonly value: number
  /** Chance alone stays below this 99 times of 100, if sessions were independent. */
  readonly noise: number
  /** The parts that differ most. */
  readonly parts: readonly {
    readonly from: number
    readonly before: number
    readonly now: number
  }[]
}

const GROUPS = 10

/**
 * Population stability index, Σ (p - q) ln(p / q), over ten groups of the earlier distribution
 * (Siddiqi 2006, Credit Risk Scorecards: below 0.1 stable, above 0.25 shifted). Under no change it
 * is distributed as (1/n + 1/m) χ² with one degree less than groups (Yurdakul and Naranjo 2020).
 * Half a session in each group keeps empty ones finite.
 */
export function stabilityIndex(before: readonly BinCount[], now: readonly BinCount[]): Divergence {
  const n = total(before)
  const m = total(now)
  const groups: { from: number; before: number; now: number }[] = []
  let open: { from: number; before: number; now: number } | undefined
  for (const { bin, before: a, now: b } of aligned(before, now)) {
    if (open === undefined || open.before >= n / GROUPS) {
      open = { from: bin, before: 0, now: 0 }
      groups.push(open)
    }
    open.before += a
    open.now += b
  }
  const share = (part: number, whole: number): number => (part + 0.5) / (whole + groups.length / 2)
  const parts = groups.map((group) => {
    const [p, q] = [share(group.before, n), share(group.now, m)]
    return { from: group.from, before: p, now: q, part: (p - q) * Math.log(p / q) }
  })
  return {
    value: parts.reduce((sum, { part }) => sum + part, 0),
    noise: chiSquareQuantile(0.99, Math.max(1, groups.length - 1)) * (1 / n + 1 / m),
    parts: parts
      .sort((a, b) => b.part - a.part)
      .map(({ from, before: p, now: q }) => ({ from, before: p, now: q })),
  }
}

/**
 * Kolmogorov-Smirnov: the largest distance between the cumulative shares, at the ends of the bins,
 * so a lower bound of the exact one. Critical value c(α) sqrt((n + m) / nm) with c(0.01) = 1.63
 * (Conover 1999, table A20).
 */
export function cumulativeDistance(
  before: readonly BinCount[],
  now: readonly BinCount[],
): Divergence {
  const n = total(before)
  const m = total(now)
  let [a, b] = [0, 0]
  let most = { value: 0, from: 0, before: 0, now: 0 }
  for (const bin of aligned(before, now)) {
    a += bin.before
    b += bin.now
    const value = Math.abs(a / n - b / m)
    if (value > most.value) most = { value, from: bin.bin + 1, before: a / n, now: b / m }
  }
  return {
    value: most.value,
    noise: 1.63 * Math.sqrt((n + m) / (n * m)),
    parts: [{ from: most.from, before: most.before, now: most.now }],
  }
}

/** Wilson and Hilferty 1931; within 1 % for the few degrees of freedom that are used. */
export function chiSquareQuantile(p: number, freedom: number): number {
  const spread = 2 / (9 * freedom)
  return freedom * (1 - spread + normalQuantile(p) * Math.sqrt(spread)) ** 3
}

/** Where a bin begins, in seconds. */
export const binStart = (bin: number): number =>
  bin <= -2 ? 0 : bin === -1 ? 0 : 2 ** (bin / BINS_PER_OCTAVE)
