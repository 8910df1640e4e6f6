/**
 * Times one by one, as the batch reads whole columns (`events/clock.ts`): the same spellings, the
 * same rounding, the same local times. In JavaScript a number holds microseconds exactly only in
 * the years 1684 to 2255, which is what a live stream can hold; others count as out of range.
 */
import { smallerUnits, type TimeFormat } from '../events/clock.js'
import { MICROSECOND_PLACES } from '../events/epoch.js'
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

/** @param detected the format was found from samples, so that plain ISO 8601 is read as well. */
export function timeReader(format: TimeFormat, timeZone: string, detected = false): TimeReader {
  const zone = Zone.named(timeZone)
  const read = reader(format, zone)
  if (!detected || format === 'iso') return (text) => inRange(read(text))
  const iso = new IsoTimes(zone)
  const inUnit = unitTest(format)
  return (text) => {
    const micros = read(text)
    return inRange(inUnit(micros) ? micros : iso.read(text))
  }
}

/** False for what is no time, and for numbers that look like another unit than the column's. */
function unitTest(format: TimeFormat): (micros: number) => boolean {
  const others = smallerUnits(format).map(({ from, to }) => ({
    from: Number(from),
    to: Number(to),
  }))
  return (micros) => {
    const magnitude = Math.abs(micros)
    return (
      !Number.isNaN(micros) && !others.some(({ from, to }) => magnitude >= from && magnitude < to)
    )
  }
}

function reader(format: TimeFormat, zone: Zone): TimeReader {
  if (typeof format === 'object') return patternTimes(format.pattern, zone)
  switch (format) {
    case 'epoch_s':
    case 'epoch_ms':
    case 'epoch_us':
    case 'epoch_ns': {
      const places = MICROSECOND_PLACES[format]
      return (text) => epochTime(text, places)
    }
    case 'compact_iso':
    case 'common_log':
      return patternTimes(PATTERNS[format], zone)
    case 'rfc2822': {
      const times = patternTimes(PATTERNS[format], zone)
      return (text) => times(text.replace(/(?<!\s)\s+(GMT|UTC?|Z)$/, ' +0000'))
    }
    // Text that would be a typed column elsewhere is read as the batch reads text.
    case 'iso':
    case 'timestamp':
    case 'timestamp_ns':
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
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?$/i

/**
 * Microseconds, of a unit that has so many decimal places more than they: cut downwards, digit by
 * digit where there is something to cut.
 */
export function epochTime(text: string, places: number): number {
  if (places >= 0 && WHOLE.test(text)) return Number(text) * 10 ** places + 0
  const [, sign, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text.trim()) ?? []
  const digits = whole + fraction
  if (digits === '') return Number.NaN
  const count = Math.max(0, whole.length + Number(exponent) + places)
  const kept = digits.slice(0, count)
  const micros = Number(`0${kept}e${count - kept.length}`)
  return sign === '-' ? 0 - micros - (/[1-9]/.test(digits.slice(count)) ? 1 : 0) : micros
}
