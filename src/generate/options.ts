import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { didYouMean } from '../errors/suggest.js'
import type { FormatName } from './formats/format.js'

/** `dense`: visits of many events; `sparse`: nearly one event a visit. */
export const SHAPES = ['dense', 'sparse'] as const
export type Shape = (typeof SHAPES)[number]

/** What to make. The same values make the same bytes, whatever the number of threads. */
export interface GenerateOptions {
  readonly format: FormatName
  /** About how many events, before duplicates and out-of-session events are added. */
  readonly events: number
  /** How many users there are; by default enough for about eight visits each. */
  readonly users?: number
  readonly seed: number
  /** The first day, `yyyy-mm-dd`, in each user's local time. */
  readonly start: string
  readonly days: number
  readonly shape: Shape
  /** Mean number of events in a visit, in place of the shape's own. */
  readonly eventsPerVisit?: number
  /** Share of events that are delivered a second time, a little later. */
  readonly duplicateShare: number
  /** Share of events that are delivered hours late, after events that happened later. */
  readonly lateShare: number
  /** Share of users whose app sends a heartbeat every 30 s, sometimes for hours after they left. */
  readonly heartbeatShare: number
  /** Events of no session (recorded id -1), as a share of the events in visits. */
  readonly outOfSessionShare: number
}

export const GENERATE_DEFAULTS = {
  format: 'parquet',
  events: 1_000_000,
  seed: 1,
  start: '2024-01-01',
  days: 30,
  shape: 'dense',
  duplicateShare: 0,
  lateShare: 0,
  heartbeatShare: 0,
  outOfSessionShare: 0,
} as const satisfies GenerateOptions

/** @throws SessionizeError `usage` on the first option that makes no sense. */
export function checkOptions(options: GenerateOptions): void {
  wholeNumber(option('events'), options.events, 1, 100_000_000_000)
  if (options.users !== undefined) wholeNumber(option('users'), options.users, 1, 1_000_000_000)
  wholeNumber(option('seed'), options.seed, 0, Number.MAX_SAFE_INTEGER)
  wholeNumber(option('days'), options.days, 1, 3650)
  if (options.eventsPerVisit !== undefined) {
    within(option('eventsPerVisit'), options.eventsPerVisit, 1, 100)
  }
  within(option('duplicates'), options.duplicateShare, 0, 0.5)
  within(option('late'), options.lateShare, 0, 1)
  within(option('heartbeats'), options.heartbeatShare, 0, 1)
  within(option('outOfSession'), options.outOfSessionShare, 0, 0.5)
  oneOf(option('shape'), options.shape, SHAPES)
  checkDate(options.start)
}

function wholeNumber(flag: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value)) {
    throw new SessionizeError('usage', `${flag} ${value} is not a whole number.`, {
      hint: `Give a whole number from ${least} to ${most}.`,
    })
  }
  within(flag, value, least, most)
}

function within(flag: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return
  throw new SessionizeError('usage', `${flag} ${value} is out of range.`, {
    hint: `It must be from ${least} to ${most}.`,
  })
}

function oneOf(flag: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return
  throw new SessionizeError(
    'usage',
    `${flag} \`${value}\` is not known.${didYouMean(value, allowed)}`,
    { hint: `Use one of: ${allowed.join(', ')}.` },
  )
}

function checkDate(text: string): void {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  // `Date.parse` may roll 02-30 over into March: a date is right when it reads back the same.
  const real = !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
  if (!real || text < '1970-01-02' || text > '2200-01-01') {
    throw new SessionizeError(
      'usage',
      `${option('start')} ${text} is not a date that can be used.`,
      {
        hint: `Write it as yyyy-mm-dd, e.g. ${option('start')} 2024-01-01.`,
      },
    )
  }
}
