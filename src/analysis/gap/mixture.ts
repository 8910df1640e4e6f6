/**
 * Two normal components in log2 seconds, for pauses within and between sessions (Halfaker et al.
 * 2015, "User Session Identification Based on Strong Regularities in Inter-activity Time", WWW
 * '15), fitted by expectation-maximisation (Dempster, Laird and Rubin 1977) to binned counts.
 */
import { normalCdf } from '../distributions.js'
import { BINS_PER_OCTAVE, type LogBin } from './intervals.js'

export interface Component {
  /** Of all intervals. */
  readonly weight: number
  /** In log2 seconds. */
  readonly mean: number
  readonly deviation: number
}

export interface Mixture {
  readonly within: Component
  readonly between: Component
  /** Largest distance between the counted and the fitted cumulative distribution. */
  readonly ksDistance: number
}

export interface Valley {
  /** Log2 seconds where the fitted density is least between the two peaks. */
  readonly at: number
  /** 1 is down to nothing; 0 is level with the lower peak. */
  readonly depth: number
}

/** Narrower components are heaps of rounded times, not behaviour. */
const NARROWEST = 0.5
const MOST_STEPS = 1_000
const TOLERANCE = 1e-10

/** Undefined when there are fewer than two bins to tell apart. */
export function fitMixture(bins: readonly LogBin[]): Mixture | undefined {
  const filled = bins.filter(({ count }) => count > 0)
  if (filled.length < 2) return undefined
  let best: { pair: Pair; likelihood: number } | undefined
  for (const cut of startingCuts(filled)) {
    const fitted = maximise(filled, splitAt(filled, cut))
    if (best === undefined || fitted.likelihood > best.likelihood) best = fitted
  }
  if (best === undefined) return undefined
  const [first, second] = best.pair
  const [within, between] = first.mean <= second.mean ? [first, second] : [second, first]
  return { within, between, ksDistance: distance(filled, [within, between]) }
}

type Pair = readonly [Component, Component]

/** EM finds the nearest of several maxima, so it starts from several places; the best one counts. */
function startingCuts(bins: readonly LogBin[]): number[] {
  const total = sum(bins.map(({ count }) => count))
  const middles = [0.2, 0.4, 0.6, 0.8, 0.9, 0.95].map((share) => {
    let below = 0
    for (const { middle, count } of bins) {
      below += count
      if (below >= share * total) return middle
    }
    return 0
  })
  const usual = [60, 300, 1_800, 7_200, 28_800].map((seconds) => Math.log2(seconds))
  const first = bins[0]?.middle ?? 0
  const last = bins.at(-1)?.middle ?? 0
  return [...new Set([...middles, ...usual])].filter((cut) => cut > first && cut <= last)
}

function splitAt(bins: readonly LogBin[], cut: number): Pair {
  const total = sum(bins.map(({ count }) => count))
  const side = (wanted: readonly LogBin[]): Component => {
    const count = sum(wanted.map((bin) => bin.count))
    const mean = sum(wanted.map((bin) => bin.count * bin.middle)) / count
    const square = sum(wanted.map((bin) => bin.count * (bin.middle - mean) ** 2)) / count
    return { weight: count / total, mean, deviation: Math.max(NARROWEST, Math.sqrt(square)) }
  }
  return [
    side(bins.filter(({ middle }) => middle < cut)),
    side(bins.filter(({ middle }) => middle >= cut)),
  ]
}

function maximise(bins: readonly LogBin[], start: Pair): { pair: Pair; likelihood: number } {
  const total = sum(bins.map(({ count }) => count))
  let pair = start
  let likelihood = Number.NEGATIVE_INFINITY
  for (let step = 0; step < MOST_STEPS; step++) {
    const [a, b] = pair
    const moments = { a: new Moments(), b: new Moments() }
    let next = 0
    for (const { middle, count } of bins) {
      const inA = density(a, middle)
      const inB = density(b, middle)
      const both = Math.max(inA + inB, Number.MIN_VALUE)
      next += count * Math.log(both)
      moments.a.add(middle, (count * inA) / both)
      moments.b.add(middle, (count * inB) / both)
    }
    next /= total
    pair = [moments.a.component(total, a), moments.b.component(total, b)]
    const converged = Math.abs(next - likelihood) < TOLERANCE
    likelihood = next
    if (converged) break
  }
  return { pair, likelihood }
}

class Moments {
  private weight = 0
  private first = 0
  private second = 0

  add(x: number, weight: number): void {
    this.weight += weight
    this.first += weight * x
    this.second += weight * x * x
  }

  component(total: number, before: Component): Component {
    if (this.weight <= 0) return { ...before, weight: 0 }
    const mean = this.first / this.weight
    // Counts lie anywhere in their bin: Sheppard's correction takes its width out again.
    const variance = this.second / this.weight - mean * mean - 1 / (12 * BINS_PER_OCTAVE ** 2)
    return {
      weight: this.weight / total,
      mean,
      deviation: Math.max(NARROWEST, Math.sqrt(Math.max(0, variance))),
    }
  }
}

/** Weighted density of one component. */
const density = ({ weight, mean, deviation }: Component, x: number): number =>
  (weight * Math.exp(-0.5 * ((x - mean) / deviation) ** 2)) / (deviation * Math.sqrt(2 * Math.PI))

function distance(bins: readonly LogBin[], pair: Pair): number {
  const total = sum(bins.map(({ count }) => count))
  const fitted = (x: number): number =>
    sum(pair.map(({ weight, mean, deviation }) => weight * normalCdf((x - mean) / deviation)))
  const half = 0.5 / BINS_PER_OCTAVE
  let below = 0
  let most = 0
  for (const { middle, count } of bins) {
    most = Math.max(most, Math.abs(fitted(middle - half) - below / total))
    below += count
    most = Math.max(most, Math.abs(fitted(middle + half) - below / total))
  }
  return most
}

const STEP = 1 / 64

/** Null when the fitted density has one peak only. */
export function findValley({ within, between }: Mixture): Valley | null {
  const at = (x: number): number => density(within, x) + density(between, x)
  const points: { x: number; y: number }[] = []
  for (let x = within.mean; x <= between.mean; x += STEP) points.push({ x, y: at(x) })
  const lowest = points.reduce<{ x: number; y: number } | undefined>(
    (best, point) => (best === undefined || point.y < best.y ? point : best),
    undefined,
  )
  if (lowest === undefined) return null
  const highest = (part: readonly { x: number; y: number }[]): number =>
    Math.max(0, ...part.map(({ y }) => y))
  const peak = Math.min(
    highest(points.filter(({ x }) => x < lowest.x)),
    highest(points.filter(({ x }) => x > lowest.x)),
  )
  return peak > lowest.y ? { at: lowest.x, depth: 1 - lowest.y / peak } : null
}

/**
 * Log2 seconds at which a pause is as likely within as between sessions: Halfaker et al.'s
 * threshold. Null when one component is the likelier everywhere between the means.
 */
export function equallyLikely({ within, between }: Mixture): number | null {
  const favour = (x: number): number => density(within, x) - density(between, x)
  let low = within.mean
  let high = between.mean
  if (!(favour(low) > 0 && favour(high) < 0)) return null
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (favour(middle) > 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Share of all pauses that a timeout puts on the wrong side, if the mixture is right. */
export function misplacedShare({ within, between }: Mixture, at: number): number {
  const beyond = normalCdf((within.mean - at) / within.deviation)
  const before = normalCdf((at - between.mean) / between.deviation)
  return within.weight * beyond + between.weight * before
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
