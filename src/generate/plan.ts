import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { type Activity, shareOut } from './activity.js'
import { meanChance, startMs, WAKING_DAY_MS } from './calendar.js'
import { checkOptions, type GenerateOptions, type Shape } from './options.js'

/** The timeout that separates planted visits, and the margin kept beyond it. */
export const PLANTED_GAP_MS = 30 * 60_000
export const MARGIN_MS = 60_000

export const HEARTBEAT_MS = 30_000
/** One visit in four of a user with heartbeats is left open, for one to six hours. */
export const LEFT_OPEN_SHARE = 0.25
export const LEFT_OPEN_BEATS = { least: 120, most: 720 } as const

const EVENTS_PER_VISIT: Readonly<Record<Shape, number>> = { dense: 25, sparse: 1.08 }
/** The least waking time that a visit and the pause after it may take. */
const LEAST_SLOT_MS: Readonly<Record<Shape, number>> = { dense: 90 * 60_000, sparse: 60 * 60_000 }
const DEFAULT_VISITS_PER_USER = 8

/** Everything that the SQL needs to know, worked out from the options. */
export interface Plan {
  readonly options: GenerateOptions
  readonly users: number
  readonly activity: Activity
  readonly eventsPerVisit: number
  readonly startMs: number
  /** The waking time that a user's visits are spread over. */
  readonly wakingMs: number
}

/** @throws SessionizeError `usage` when the options make no sense or do not fit together. */
export function plan(options: GenerateOptions): Plan {
  checkOptions(options)
  const { events, days, start, shape, heartbeatShare } = options
  const eventsPerVisit = options.eventsPerVisit ?? EVENTS_PER_VISIT[shape]
  const beats = (LEFT_OPEN_BEATS.least + LEFT_OPEN_BEATS.most) / 2
  const eventsPerPlanned =
    (eventsPerVisit + heartbeatShare * LEFT_OPEN_SHARE * beats) * meanChance(start, days)
  const visits = events / eventsPerPlanned
  const wakingMs = days * WAKING_DAY_MS
  const mostVisits = Math.floor(wakingMs / LEAST_SLOT_MS[shape])
  const users =
    options.users ?? Math.ceil(visits / Math.min(DEFAULT_VISITS_PER_USER, mostVisits / 2))
  const activity = shareOut(visits, users, mostVisits)
  if (activity === undefined) {
    throw new SessionizeError(
      'usage',
      `${events} events are too many for ${users} users in ${days} days.`,
      {
        hint: `Ask for more ${option('users')} or ${option('days')}: ${Math.ceil((2 * visits) / mostVisits)} users would do.`,
      },
    )
  }
  return { options, users, activity, eventsPerVisit, startMs: startMs(start), wakingMs }
}
