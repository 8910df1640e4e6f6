/**
 * Bins of session lengths: at least `fromMicros` and less than the next bin's `fromMicros`; the last
 * has no upper end. The first holds the lengths of 0 alone, so that bounces never hide in another.
 */
export interface Bin {
  readonly label: string
  readonly fromMicros: number
}

export const BIN_SCALES = ['product', 'log', 'linear'] as const
/** Bins of a histogram of lengths: those of product analytics, logarithmic, or linear ones. */
export type BinScale = (typeof BIN_SCALES)[number]

const SECOND = 1_000_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * The buckets of product analytics. A length between 0 and 1 s is not nothing, so it is counted in
 * the first bucket that is not: `1-10 s` starts just above 0.
 */
export const PRODUCT_BINS: readonly Bin[] = [
  { label: '0 s', fromMicros: 0 },
  { label: '1-10 s', fromMicros: 1 },
  { label: '10-30 s', fromMicros: 10 * SECOND },
  { label: '30-60 s', fromMicros: 30 * SECOND },
  { label: '1-3 min', fromMicros: MINUTE },
  { label: '3-10 min', fromMicros: 3 * MINUTE },
  { label: '10-30 min', fromMicros: 10 * MINUTE },
  { label: '30-60 min', fromMicros: 30 * MINUTE },
  { label: '1 h+', fromMicros: HOUR },
]

/** Each bin is twice as wide as the one before, from 1 s. */
export function logBins(longestMicros: number): Bin[] {
  const edges: number[] = []
  for (let edge = SECOND; edge <= longestMicros; edge *= 2) edges.push(edge)
  return labelled([0, 1, ...edges])
}

const LINEAR_BINS = 20
const NICE_WIDTHS = [
  SECOND,
  2 * SECOND,
  5 * SECOND,
  10 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
] as const

/** At most 20 bins of one round width up to the 99th percentile; what is longer is one bin. */
export function linearBins(p99Micros: number): Bin[] {
  const least = p99Micros / LINEAR_BINS
  const width = NICE_WIDTHS.find((nice) => nice >= least) ?? Math.ceil(least / DAY) * DAY
  const count = Math.max(1, Math.ceil(p99Micros / width))
  return labelled([0, 1, ...Array.from({ length: count }, (_, i) => (i + 1) * width)])
}

const UNITS = [
  { name: 'd', micros: DAY },
  { name: 'h', micros: HOUR },
  { name: 'min', micros: MINUTE },
  { name: 's', micros: SECOND },
] as const

function labelled(edges: readonly number[]): Bin[] {
  return edges.map((from, i) => {
    const to = edges[i + 1]
    if (from === 0) return { label: '0 s', fromMicros: 0 }
    // The bin of what is more than 0 is spoken of as starting there.
    const start = from === 1 ? 0 : from
    const unit = UNITS.find(({ micros }) => micros <= (start === 0 ? (to ?? SECOND) : start)) ?? {
      name: 's',
      micros: SECOND,
    }
    const amount = (micros: number): string => String(Math.round((micros / unit.micros) * 10) / 10)
    const label =
      to === undefined
        ? `${amount(start)} ${unit.name}+`
        : `${amount(start)}-${amount(to)} ${unit.name}`
    return { label, fromMicros: from }
  })
}
