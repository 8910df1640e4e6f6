/** Hours as the Export API names them: whole hours since 1970, UTC. */
import { SessionizeError } from '../errors/errors.js'

const MILLIS_PER_HOUR = 3_600_000
export const HOURS_PER_DAY = 24

/** From `start` up to, not including, `end`. */
export interface HourRange {
  readonly start: number
  readonly end: number
}

/** Reads `20240131T05`, or `20240131` and `2024-01-31` for the day's first hour. */
export function parseHour(text: string, flag: string): number {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}))?$/.exec(text)
  const [, year = '', month = '', day = '', hour = '00'] = match ?? []
  const millis = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour))
  const same =
    match !== null && formatHour(millis / MILLIS_PER_HOUR) === `${year}${month}${day}T${hour}`
  if (same) return millis / MILLIS_PER_HOUR
  throw new SessionizeError('usage', `${flag} ${text} is not an hour.`, {
    hint: `Write it as ${flag} 20240131T05, in UTC.`,
  })
}

/** `20240131T05` */
export const formatHour = (hour: number): string =>
  new Date(hour * MILLIS_PER_HOUR).toISOString().slice(0, 13).replaceAll('-', '')

export const hourOf = (millis: number): number => Math.floor(millis / MILLIS_PER_HOUR)

export const hoursIn = ({ start, end }: HourRange): number => end - start

/** What is in both, perhaps nothing. */
export function common(a: HourRange, b: HourRange): HourRange {
  const start = Math.max(a.start, b.start)
  return { start, end: Math.max(start, Math.min(a.end, b.end)) }
}

/** What of `wanted` is in none of the others, in order. */
export function without(wanted: HourRange, others: readonly HourRange[]): HourRange[] {
  const left: HourRange[] = []
  let at = wanted.start
  for (const { start, end } of [...others].sort((a, b) => a.start - b.start)) {
    if (start > at && at < wanted.end) left.push({ start: at, end: Math.min(start, wanted.end) })
    at = Math.max(at, end)
  }
  if (at < wanted.end) left.push({ start: at, end: wanted.end })
  return left
}

/** Parts that each lie within one UTC day. */
export function byDay({ start, end }: HourRange): HourRange[] {
  const days: HourRange[] = []
  for (let at = start; at < end; ) {
    const next = Math.min(end, (Math.floor(at / HOURS_PER_DAY) + 1) * HOURS_PER_DAY)
    days.push({ start: at, end: next })
    at = next
  }
  return days
}

/** Two halves, the first the larger; a single hour has none. */
export function halves({ start, end }: HourRange): [HourRange, HourRange] | undefined {
  if (end - start < 2) return undefined
  const middle = start + Math.ceil((end - start) / 2)
  return [
    { start, end: middle },
    { start: middle, end },
  ]
}
