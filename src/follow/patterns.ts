/** Times by a strptime pattern, as the engine reads them. */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { dayNumber } from './calendar.js'
import { Zone, Zones } from './zone.js'

interface Parts {
  year: number
  month: number
  day: number
  dayOfYear: number | undefined
  hour: number
  minute: number
  second: number
  micros: number
  afternoon: boolean | undefined
  offsetMinutes: number | undefined
  zone: Zone | undefined
}

interface Specifier {
  readonly pattern: string
  /** False when the text is no value of it. */
  readonly read: (parts: Parts, text: string) => boolean
}

const within =
  (least: number, most: number, store: (parts: Parts, value: number) => void) =>
  (parts: Parts, text: string): boolean => {
    const value = Number(text)
    store(parts, value)
    return value >= least && value <= most
  }

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

const anyOf = (names: readonly string[]): string => `(${names.join('|')})`
const short = (name: string): string => name.slice(0, 3)

const digits = (most: number, read: Specifier['read']): Specifier => ({
  pattern: `(\\d{1,${most}})`,
  read,
})

const fraction = (places: number): Specifier =>
  digits(places, (parts, text) => {
    parts.micros = Math.floor(Number(text.padEnd(9, '0')) / 1_000)
    return true
  })

const month =
  (names: readonly string[]): Specifier['read'] =>
  (parts, text) => {
    parts.month = names.indexOf(text.toLowerCase()) + 1
    return true
  }

const ZONES = new Zones()

const SPECIFIERS: Readonly<Record<string, Specifier>> = {
  Y: digits(
    4,
    within(0, 9999, (p, v) => (p.year = v)),
  ),
  y: digits(
    2,
    within(0, 99, (p, v) => (p.year = v < 69 ? 2000 + v : 1900 + v)),
  ),
  m: digits(
    2,
    within(1, 12, (p, v) => (p.month = v)),
  ),
  d: digits(
    2,
    within(1, 31, (p, v) => (p.day = v)),
  ),
  j: digits(
    3,
    within(1, 366, (p, v) => (p.dayOfYear = v)),
  ),
  H: digits(
    2,
    within(0, 23, (p, v) => (p.hour = v)),
  ),
  I: digits(
    2,
    within(1, 12, (p, v) => (p.hour = v % 12)),
  ),
  M: digits(
    2,
    within(0, 59, (p, v) => (p.minute = v)),
  ),
  S: digits(
    2,
    within(0, 59, (p, v) => (p.second = v)),
  ),
  g: fraction(3),
  f: fraction(6),
  n: fraction(9),
  b: {
    pattern: anyOf(MONTHS.map(short)),
    read: month(MONTHS.map(short)),
  },
  B: {
    pattern: anyOf(MONTHS),
    read: month(MONTHS),
  },
  // The date says which day of the week it is.
  a: { pattern: anyOf(DAYS.map(short)), read: () => true },
  A: { pattern: anyOf(DAYS), read: () => true },
  p: {
    pattern: '(am|pm)',
    read: (p, text) => {
      p.afternoon = text.toLowerCase() === 'pm'
      return true
    },
  },
  z: {
    pattern: '([+-]\\d{2}(?::?\\d{2})?)',
    read: (p, text) => {
      const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(3).replace(':', ''))
      p.offsetMinutes = text.startsWith('-') ? -minutes : minutes
      return true
    },
  },
  Z: {
    pattern: '([\\w/+-]+)',
    read: (p, text) => {
      p.zone = ZONES.named(text)
      return p.zone !== undefined
    },
  },
}

/**
 * A reader for texts of this pattern: microseconds since 1970, or NaN.
 *
 * @throws SessionizeError `unsupported` for a specifier that only the engine knows.
 */
export function patternTimes(pattern: string, zone: Zone): (text: string) => number {
  const specifiers: Specifier[] = []
  const source = pattern.replaceAll(
    /%(-?[a-zA-Z%])|(\s+)|([^%\s]+)|%/g,
    (whole, code, blank, plain) => {
      if (code === '%') return '%'
      if (typeof blank === 'string') return '\\s+'
      if (typeof plain === 'string') return plain.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
      const specifier = SPECIFIERS[String(code ?? '').replace('-', '')]
      if (specifier === undefined) {
        throw new SessionizeError(
          'unsupported',
          `follow cannot read ${whole} in ${option('timeFormat')}.`,
          {
            hint: `It reads ${Object.keys(SPECIFIERS)
              .map((one) => `%${one}`)
              .join(' ')}.`,
          },
        )
      }
      specifiers.push(specifier)
      return specifier.pattern
    },
  )
  const expression = new RegExp(`^\\s*${source}\\s*$`, 'i')
  // As the batch: `%z` names an offset, and a final `Z` means UTC.
  const local = /%z/i.test(pattern) || pattern.endsWith('Z') ? new Zone('UTC') : zone
  return (text) => {
    const match = expression.exec(text)
    if (match === null) return Number.NaN
    const parts: Parts = {
      year: 1900,
      month: 1,
      day: 1,
      dayOfYear: undefined,
      hour: 0,
      minute: 0,
      second: 0,
      micros: 0,
      afternoon: undefined,
      offsetMinutes: undefined,
      zone: undefined,
    }
    const whole = specifiers.every((specifier, i) => specifier.read(parts, match[i + 1] ?? ''))
    return whole ? toMicros(parts, local) : Number.NaN
  }
}

function toMicros(parts: Parts, zone: Zone): number {
  const day =
    parts.dayOfYear === undefined
      ? dayNumber(parts.year, parts.month, parts.day)
      : dayNumber(parts.year, 1, 1) + parts.dayOfYear - 1
  const hour = parts.afternoon === true ? parts.hour + 12 : parts.hour
  const seconds = day * 86_400 + hour * 3_600 + parts.minute * 60 + parts.second
  const local = (seconds - (parts.offsetMinutes ?? 0) * 60) * 1_000_000 + parts.micros
  return (parts.zone ?? zone).instant(local)
}
