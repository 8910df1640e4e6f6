import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'

const UNIT_MICROS: Readonly<Record<string, number>> = {
  us: 1,
  µs: 1,
  ms: 1_000,
  s: 1_000_000,
  sec: 1_000_000,
  m: 60_000_000,
  min: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
  w: 604_800_000_000,
}

const ISO_UNIT_MICROS: Readonly<Record<string, number>> = {
  W: 604_800_000_000,
  D: 86_400_000_000,
  H: 3_600_000_000,
  M: 60_000_000,
  S: 1_000_000,
}

/**
 * A length of time, in whole microseconds: `30m`, `1h30m`, `90s`, `1.5h`, ISO 8601 `PT30M`, or a
 * bare number of milliseconds as vendors' SDKs write timeouts (`sessionTimeout: 1800000`).
 *
 * @throws SessionizeError `usage` when the text is none of these, is not positive, or is over 10,000 days.
 */
export function parseDuration(text: string, flag = option('gap')): number {
  const micros = readDuration(text.trim())
  if (micros === undefined || !Number.isFinite(micros)) {
    throw new SessionizeError('usage', `${flag} ${text} is not a length of time.`, {
      hint: `Write it as ${flag} 30m, 90s, 1h30m, PT30M, or as milliseconds: 1800000.`,
    })
  }
  const rounded = Math.round(micros)
  if (rounded <= 0 || rounded > 10_000 * 86_400_000_000) {
    throw new SessionizeError('usage', `${flag} ${text} is out of range.`, {
      hint: 'It must be more than zero and at most 10000d.',
    })
  }
  return rounded
}

function readDuration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000
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
