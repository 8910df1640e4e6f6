/**
 * Numbers as people read them. Every function takes null, because a figure about no sessions has
 * no value, and prints it as `absent`.
 */
const ABSENT = '–'

/** Made when first used: it takes longer than all else that loading this costs. */
function numbers(options: Intl.NumberFormatOptions): Pick<Intl.NumberFormat, 'format'> {
  let made: Intl.NumberFormat | undefined
  return {
    format: (value) => {
      made ??= new Intl.NumberFormat('en-US', options)
      // What is rounded to nothing has no sign.
      return made.format(value).replace(/^-(0(?:\.0+)?)$/, '$1')
    },
  }
}

const whole = numbers({ maximumFractionDigits: 0 })
const oneDecimal = numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1 })

/** Of an average hour: `12`, `0.4`; what is not nothing never reads as `0`. */
export function formatRate(rate: number): string {
  if (rate >= 10) return formatCount(rate)
  return rate > 0 && rate < 0.05 ? '<0.1' : String(Math.round(rate * 10) / 10)
}

/** `12,345` */
export const formatCount = (count: number | null, absent = ABSENT): string =>
  count === null ? absent : whole.format(count)

/** `8.3` */
export const formatDecimal = (value: number | null, absent = ABSENT): string =>
  value === null ? absent : oneDecimal.format(value)

/** `9,999`, `12.3k`, `1.2M`: where a narrow table has no room for every digit. */
export function formatCompactCount(count: number | null, absent = ABSENT): string {
  if (count === null) return absent
  if (Math.abs(count) < 10_000) return whole.format(count)
  return scaled(count, ['', 'k', 'M', 'B', 'T'])
}

/** `1.2 GB`, in powers of ten, as disks and networks are sold. */
export const formatBytes = (bytes: number): string =>
  scaled(bytes, [' B', ' kB', ' MB', ' GB', ' TB'])

/** Three figures at most, then the unit; `999.96k` is `1.0M`. */
function scaled(value: number, units: readonly string[]): string {
  let rest = value
  let unit = 0
  while (Math.abs(rest) >= 999.5 && unit < units.length - 1) {
    rest /= 1_000
    unit += 1
  }
  const digits = unit === 0 || Math.abs(rest) >= 99.95 ? whole : oneDecimal
  return digits.format(rest) + (units[unit] ?? '')
}

/** `34.2%`. What is not exactly nothing or all never reads as `0%` or `100%`. */
export function formatShare(share: number | null, absent = ABSENT): string {
  if (share === null) return absent
  if (share === 0 || share === 1) return `${share * 100}%`
  const percent = share * 100
  if (percent > 0 && percent < 0.1) return '<0.1%'
  if (percent > 99.9 && percent < 100) return '>99.9%'
  return `${oneDecimal.format(percent)}%`
}

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * A length of time in at most two units and seven characters: `850ms`, `4.2s`, `4m 12s`, `1h 03m`,
 * `3d 04h`, `120d`. Rounded once, in the smaller unit, so that 59.7 s is `1m 00s` and never `0m 60s`.
 */
export function formatSeconds(seconds: number | null, absent = ABSENT): string {
  if (seconds === null) return absent
  if (seconds < 0) return `-${formatSeconds(-seconds, absent)}`
  if (seconds === 0) return '0s'
  if (seconds < 0.000_5) return '<1ms'
  if (seconds < 0.999_5) return `${Math.round(seconds * 1_000)}ms`
  if (seconds < 9.95) return `${Math.round(seconds * 10) / 10}s`
  if (seconds < MINUTE - 0.5) return `${Math.round(seconds)}s`
  if (seconds < HOUR - 0.5) return pair(Math.round(seconds), 60, 'm', 's')
  if (seconds < DAY - MINUTE / 2) return pair(Math.round(seconds / MINUTE), 60, 'h', 'm')
  if (seconds < 100 * DAY - HOUR / 2) return pair(Math.round(seconds / HOUR), 24, 'd', 'h')
  return `${whole.format(seconds / DAY)}d`
}

const pair = (total: number, size: number, large: string, small: string): string =>
  `${Math.floor(total / size)}${large} ${String(total % size).padStart(2, '0')}${small}`

/** `2024-01-31 23:59:58`, from ISO 8601 UTC; the zone is named once by whoever prints it. */
export const formatInstant = (iso: string): string =>
  iso.replace(/^([\d-]{10})T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, '$1 $2')

/** `3 files`, `1 file`. */
export const formatNumberOf = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`
