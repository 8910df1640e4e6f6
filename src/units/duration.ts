import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import {
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  MICROS_PER_WEEK,
} from './time.js'

const UNITS: readonly (readonly [micros: number, ...names: string[]])[] = [
  [1, 'us', 'µs', 'microsecond', 'microseconds'],
  [1_000, 'ms', 'msec', 'millisecond', 'milliseconds'],
  [MICROS_PER_SECOND, 's', 'sec', 'secs', 'second', 'seconds'],
  [MICROS_PER_MINUTE, 'm', 'min', 'mins', 'minute', 'minutes'],
  [MICROS_PER_HOUR, 'h', 'hr', 'hrs', 'hour', 'hours'],
  [MICROS_PER_DAY, 'd', 'day', 'days'],
  [MICROS_PER_WEEK, 'w', 'week', 'weeks'],
]

const UNIT_MICROS: Readonly<Record<string, number>> = Object.fromEntries(
  UNITS.flatMap(([micros, ...names]) => names.map((name) => [name, micros])),
)

const ISO_UNIT_MICROS: Readonly<Record<string, number>> = {
  W: MICROS_PER_WEEK,
  D: MICROS_PER_DAY,
  H: MICROS_PER_HOUR,
  M: MICROS_PER_MINUTE,
  S: MICROS_PER_SECOND,
}

/** In milliseconds. No timeout of a vendor's SDK is shorter, and people who type 30 mean minutes. */
const SHORTEST_BARE = 60_000

const LONGEST_MICROS = 10_000 * MICROS_PER_DAY

/**
 * A length of time, in whole microseconds: `30m`, `1h30m`, `90s`, `1.5h`, `30 minutes`, ISO 8601 `PT30M`,
 * or a bare number of milliseconds, at least 60000, as vendors' SDKs write timeouts
 * (`sessionTimeout: 1800000`).
 *
 * @throws SessionizeError `usage` when the text is none of these, is not positive, or is over 10,000 days.
 */
export function parseDuration(text: string, flag = option('gap')): number {
  const trimmed = text.trim()
  const micros = BARE.test(trimmed) ? bareMicros(trimmed, flag) : readDuration(trimmed)
  if (micros === undefined || !Number.isFinite(micros)) {
    throw new SessionizeError('usage', `${flag} ${text} is not a length of time.`, {
      hint: `Write it as ${flag} 30m, 90s, 1h30m, PT30M, or as milliseconds: 1800000.`,
    })
  }
  const rounded = Math.round(micros)
  if (rounded <= 0 || rounded > LONGEST_MICROS) {
    throw new SessionizeError('usage', `${flag} ${text} is out of range.`, {
      hint: 'It must be more than zero and at most 10000d.',
    })
  }
  return rounded
}

const BARE = /^\d+(\.\d+)?$/

/** @throws SessionizeError `usage` for a number that may as well be seconds or minutes */
function bareMicros(text: string, flag: string): number {
  const millis = Number(text)
  if (millis === 0 || millis >= SHORTEST_BARE) return millis * 1_000
  const seconds = Math.round(millis * MICROS_PER_SECOND)
  const offered =
    millis < 300
      ? [`${text}m`, `${text}s`, `${text}ms`]
      : [`${text}s`, formatDuration(seconds), `${text}ms`]
  const [last, ...before] = [...new Set(offered)].reverse()
  throw new SessionizeError('usage', `${flag} ${text} has no unit.`, {
    hint: `Write ${before.reverse().join(', ')} or ${last}. A number alone is milliseconds from ${SHORTEST_BARE} on, as in vendors' SDKs.`,
  })
}

function readDuration(text: string): number | undefined {
  const iso =
    /^P(?:(\d+(?:\.\d+)?W)?(\d+(?:\.\d+)?D)?)(?:T(\d+(?:\.\d+)?H)?(\d+(?:\.\d+)?M)?(\d+(?:\.\d+)?S)?)?$/i
  if (iso.test(text))
    return sumOfParts(text.slice(1).replace(/t/i, '').toUpperCase(), ISO_UNIT_MICROS)
  return sumOfParts(text.toLowerCase().replaceAll(/\s+/g, ''), UNIT_MICROS)
}

/** `1h30m` is the sum of its parts; undefined when anything is left over. */
function sumOfParts(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const part = /(\d+(?:\.\d+)?)([a-zµ]+)/giy
  let total: number | undefined
  let end = 0
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    const unit = units[match[2] ?? '']
    if (unit === undefined) return undefined
    total = (total ?? 0) + Number(match[1]) * unit
    end = part.lastIndex
  }
  return end === text.length ? total : undefined
}

/** The shortest exact spelling of whole microseconds: 1800000000 is `30m`, 5400000000 is `1h30m`. */
export function formatDuration(micros: number): string {
  const names = ['d', 'h', 'm', 's', 'ms', 'us'] as const
  let rest = micros
  let out = ''
  for (const name of names) {
    const unit = UNIT_MICROS[name] ?? 1
    const count = Math.floor(rest / unit)
    if (count > 0) out += `${count}${name}`
    rest -= count * unit
  }
  return out === '' ? '0s' : out
}
