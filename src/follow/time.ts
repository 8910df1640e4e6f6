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
      return (text) => decimalTime(text, unit)
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

const DECIMAL = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/

/** Whole numbers are exact; a fraction is rounded to nine places and then to microseconds, half up. */
function decimalTime(text: string, unit: number): number {
  const whole = Number(text)
  if (Number.isSafeInteger(whole) && text !== '' && !text.includes('x')) {
    if (Number.isSafeInteger(whole * unit)) return whole * unit
  }
  const match = DECIMAL.exec(text)
  const [, sign = '', units = '', fraction = '', power = '0'] = match ?? []
  const shift = Number(power) + 9
  const digits = units + fraction
  // Nineteen digits before the point are what the engine's decimal holds.
  const places = units.length + shift
  if (match === null || digits === '' || places - leadingZeros(digits) > 28) return Number.NaN
  const billionths =
    places < 0 ? 0n : BigInt(digits.slice(0, places).padEnd(places, '0') || '0') + roundUp(digits, places)
  const micros = (billionths * BigInt(unit) + 500_000_000n) / 1_000_000_000n
  return Number(sign === '-' ? -micros : micros)
}

const leadingZeros = (digits: string): number => digits.length - digits.replace(/^0+/, '').length

const roundUp = (digits: string, places: number): bigint =>
  digits.charCodeAt(places) >= 53 ? 1n : 0n

/** Cut to microseconds towards zero. */
function nanosecondTime(text: string): number {
  const match = /^\s*([+-]?\d{1,38})(?:\.(\d*))?\s*$/.exec(text)
  if (match === null) {
    const value = Number(text)
    return /^\s*[+-]?[\d.]+[eE][+-]?\d+\s*$/.test(text) ? Math.trunc(value / 1_000) : Number.NaN
  }
  return Number(BigInt(match[1] ?? '0') / 1_000n)
}
