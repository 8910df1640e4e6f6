/**
 * Times one by one, as the batch reads whole columns (`events/clock.ts`): the same spellings, the
 * same rounding, the same local times. In JavaScript a number holds microseconds exactly only in
 * the years 1684 to 2255, which is what a live stream can hold; others count as out of range.
 */
import type { TimeFormat } from '../events/clock.js'
import { IsoTimes } from './iso-time.js'
import { patternTimes } from './patterns.js'
import { Zone } from './zone.js'

/** Microseconds since 1970: NaN where the text is no time, infinite where it is out of range. */
export type TimeReader = (text: string) => number

const PATTERNS = {
  compact_iso: '%Y%m%dT%H%M%SZ',
  common_log: '%d/%b/%Y:%H:%M:%S %z',
  rfc2822: '%a, %d %b %Y %H:%M:%S %z',
} as const

const MICROS_PER_UNIT = { epoch_s: 1_000_000, epoch_ms: 1_000, epoch_us: 1 } as const

export function timeReader(format: TimeFormat, timeZone: string): TimeReader {
  const read = reader(format, Zone.named(timeZone))
  return (text) => inRange(read(text))
}

function reader(format: TimeFormat, zone: Zone): TimeReader {
  if (typeof format === 'object') return patternTimes(format.pattern, zone)
  switch (format) {
    case 'epoch_s':
    case 'epoch_ms':
    case 'epoch_us': {
      const unit = MICROS_PER_UNIT[format]
      return (text) => epochTime(text, unit)
    }
    case 'epoch_ns':
      return nanosecondTime
    case 'compact_iso':
    case 'common_log':
    case 'rfc2822':
      return patternTimes(PATTERNS[format], zone)
    // Text that would be a typed column elsewhere is read as the batch reads text.
    case 'iso':
    case 'timestamp':
    case 'timestamptz': {
      const times = new IsoTimes(zone)
      return (text) => times.read(text)
    }
  }
}

const inRange = (micros: number): number =>
  micros > Number.MAX_SAFE_INTEGER
    ? Number.POSITIVE_INFINITY
    : micros < Number.MIN_SAFE_INTEGER
      ? Number.NEGATIVE_INFINITY
      : micros

const WHOLE = /^\s*[+-]?\d+\s*$/
const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i

/** Whole numbers are exact; others go through a double and are rounded, half away from zero. */
function epochTime(text: string, unit: number): number {
  if (WHOLE.test(text)) return Number(text) * unit
  return DECIMAL.test(text) ? rounded(Number(text) * unit) : Number.NaN
}

/** Whole numbers are cut towards zero, others rounded down. */
function nanosecondTime(text: string): number {
  if (WHOLE.test(text)) return Number(BigInt(text) / 1_000n)
  return DECIMAL.test(text) ? Math.floor(Number(text) / 1_000) : Number.NaN
}

const rounded = (value: number): number => Math.sign(value) * Math.round(Math.abs(value))
