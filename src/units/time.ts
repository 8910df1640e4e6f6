/** Lengths of time in microseconds, in which everything here is counted. */
export const MICROS_PER_SECOND = 1_000_000
export const MICROS_PER_MINUTE = 60 * MICROS_PER_SECOND
export const MICROS_PER_HOUR = 60 * MICROS_PER_MINUTE
export const MICROS_PER_DAY = 24 * MICROS_PER_HOUR
export const MICROS_PER_WEEK = 7 * MICROS_PER_DAY

/** Of the units in which numeric times count that are no finer. */
export const MICROS_PER_EPOCH_UNIT = {
  epoch_s: MICROS_PER_SECOND,
  epoch_ms: 1_000,
  epoch_us: 1,
} as const
