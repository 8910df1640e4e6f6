/**
 * Bins of session lengths: at least `fromMicros` and less than the next bin's `fromMicros`; the last
 * has no upper end. The first holds the lengths of 0 alone, so that bounces never hide in another.
 */
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
} from '../units/time.js'

export interface Bin {
  readonly label: string
  readonly fromMicros: number
}

export const BIN_SCALES = ['product', 'log', 'linear'] as const
/** Bins of a histogram of lengths: those of product analytics, logarithmic, or linear ones. */
export type BinScale = (typeof BIN_SCALES)[number]

/**
 * The buckets of product analytics. A length between 0 and 1 s is not nothing, so it is counted in
 * the first bucket that is not: `1-10 s` starts just above 0.
 */
export const PRODUCT_BINS: readonly Bin[] = [
  { label: '0 s', fromMicros: 0 },
  { label: '1-10 s', fromMicros: 1 },
  { label: '10-30 s', fromMicros: 10 * MICROS_PER_SECOND },
  { label: '30-60 s', fromMicros: 30 * MICROS_PER_SECOND },
  { label: '1-3 min', fromMicros: MICROS_PER_MINUTE },
  { label: '3-10 min', fromMicros: 3 * MICROS_PER_MINUTE },
  { label: '10-30 min', fromMicros: 10 * MICROS_PER_MINUTE },
  { label: '30-60 min', fromMicros: 30 * MICROS_PER_MINUTE },
  { label: '1 h+', fromMicros: MICROS_PER_HOUR },
]

/** Each bin is twice as wide as the one before, from 1 s. */
export function logBins(longestMicros: number): Bin[] {
  const edges: number[] = []
  for (let edge = MICROS_PER_SECOND; edge <= longestMicros; edge *= 2) edges.push(edge)
  return labelled([0, 1, ...edges])
}

const LINEAR_BINS = 20
const NICE_WIDTHS = [
  MICROS_PER_SECOND,
  2 * MICROS_PER_SECOND,
  5 * MICROS_PER_SECOND,
  10 * MICROS_PER_SECOND,
  15 * MICROS_PER_SECOND,
  30 * MICROS_PER_SECOND,
  MICROS_PER_MINUTE,
  2 * MICROS_PER_MINUTE,
  5 * MICROS_PER_MINUTE,
  10 * MICROS_PER_MINUTE,
  15 * MICROS_PER_MINUTE,
  30 * MICROS_PER_MINUTE,
  MICROS_PER_HOUR,
  2 * MICROS_PER_HOUR,
  4 * MICROS_PER_HOUR,
  6 * MICROS_PER_HOUR,
  12 * MICROS_PER_HOUR,
  MICROS_PER_DAY,
] as const

/** At most 20 bins of one round width up to the 99th percentile; what is longer is one bin. */
export function linearBins(p99Micros: number): Bin[] {
  const least = p99Micros / LINEAR_BINS
  const width =
    NICE_WIDTHS.find((nice) => nice >= least) ?? Math.ceil(least / MICROS_PER_DAY) * MICROS_PER_DAY
  const count = Math.max(1, Math.ceil(p99Micros / width))
  return labelled([0, 1, ...Array.from({ length: count }, (_, i) => (i + 1) * width)])
}

const UNITS = [
  { name: 'd', micros: MICROS_PER_DAY },
  { name: 'h', micros: MICROS_PER_HOUR },
  { name: 'min', micros: MICROS_PER_MINUTE },
  { name: 's', micros: MICROS_PER_SECOND },
] as const

function labelled(edges: readonly number[]): Bin[] {
  return edges.map((from, i) => {
    const to = edges[i + 1]
    if (from === 0) return { label: '0 s', fromMicros: 0 }
    // The bin of what is more than 0 is spoken of as starting there.
    const start = from === 1 ? 0 : from
    const unit = UNITS.find(
      ({ micros }) => micros <= (start === 0 ? (to ?? MICROS_PER_SECOND) : start),
    ) ?? {
      name: 's',
      micros: MICROS_PER_SECOND,
    }
    const amount = (micros: number): string => String(Math.round((micros / unit.micros) * 10) / 10)
    const label =
      to === undefined
        ? `${amount(start)} ${unit.name}+`
        : `${amount(start)}-${amount(to)} ${unit.name}`
    return { label, fromMicros: from }
  })
}
