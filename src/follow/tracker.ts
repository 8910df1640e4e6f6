/**
 * Sessions as events arrive, one by one: what a vendor's SDK does on a device, for any number of
 * users. Each event gets its place at once, so what comes later cannot change it; for events in
 * order the sessions are those of the batch.
 */
import {
  DEFAULT_DEFINITION,
  ruleProperties,
  type SessionDefinition,
} from '../sessions/definition.js'
import { parseDuration } from '../units/duration.js'
import { CutRules, type LatestValues } from './cuts.js'
import { NO_PROPERTIES, type StreamEvent } from './event.js'
import { type Linked, OldestFirst } from './oldest-first.js'
import { asList, asNumber, asText, asTextOrNull, type Saved } from './saved.js'

/** A definition, with its timeout as text. */
export interface TrackerOptions extends Partial<SessionDefinition> {
  /** The inactivity timeout as text: `30m` (default), `90s`, or milliseconds. */
  readonly gap?: string
  /** Users remembered at most; who was seen longest ago is forgotten. Default: no limit. */
  readonly maxUsers?: number
}

/** An event as it arrives. */
export interface TrackedEvent {
  readonly user: string
  /** A date, milliseconds since 1970 (a fraction counts), or ISO 8601 (UTC where it names no zone). */
  readonly time: Date | number | string
  readonly name?: string
  /** Values that the definition's rules look at. */
  readonly properties?: Readonly<Record<string, string | null | undefined>>
}

/** An event's place. All is -1 and 0 for an event in no session, as vendors mark it. */
export interface Tracked {
  /** The session's start in milliseconds since 1970; -1 when the event is in no session. */
  readonly sessionId: number
  /** Within the user, from 1. */
  readonly sessionNumber: number
  /** Within the session, from 1. */
  readonly eventNumber: number
  readonly isNew: boolean
}

const IN_NO_SESSION: Tracked = { sessionId: -1, sessionNumber: 0, eventNumber: 0, isNew: false }

interface Current extends Linked<Current> {
  readonly user: string
  readonly start: number
  events: number
  /** Time of the latest event that is not passive. */
  last: number
  closesAt: number
  readonly number: number
  ended: boolean
  /** Nothing but end events of the instant in which it began: a start of that instant is theirs. */
  onlyEnds: boolean
  readonly latest: LatestValues
}

/**
 * ```ts
 * const tracker = new SessionTracker({ gap: '30m' })
 * tracker.track({ user: 'ann', time: Date.now() })
 * // { sessionId: 1709632800000, sessionNumber: 1, eventNumber: 1, isNew: true }
 * tracker.sessionId('ann') // 1709632800000
 * ```
 *
 * An event that comes out of order joins the user's current session when it is within the timeout
 * of it; an older one is in no session (`sessionId` -1).
 */
export class SessionTracker {
  private readonly rules: CutRules
  private readonly properties: readonly string[]
  private readonly maxUsers: number
  private readonly users = new Map<string, Current>()
  /** By when they were last seen. */
  private readonly seen = new OldestFirst<Current>()

  /** @throws SessionizeError `usage` for a bad timeout, `unsupported` for rules that cannot be followed. */
  constructor({ gap, maxUsers, ...definition }: TrackerOptions = {}) {
    const whole: SessionDefinition = {
      ...DEFAULT_DEFINITION,
      ...definition,
      ...(gap === undefined ? {} : { gapMicros: parseDuration(gap) }),
    }
    this.rules = new CutRules(whole)
    this.properties = ruleProperties(whole)
    this.maxUsers = maxUsers ?? Number.POSITIVE_INFINITY
  }

  /** @throws RangeError when the time is none. */
  track({ user, time, name, properties }: TrackedEvent): Tracked {
    return this.place({
      user,
      micros: this.timeOf(time),
      name: name ?? null,
      recorded: null,
      properties:
        this.properties.length === 0
          ? NO_PROPERTIES
          : this.properties.map((property) => properties?.[property] ?? null),
    })
  }

  /** Of the user's current session; undefined for a user who was never seen. */
  sessionId(user: string): number | undefined {
    const current = this.users.get(user)
    return current === undefined ? undefined : millis(current.start)
  }

  /** As `track`, for an event whose time was read already. @internal */
  place(event: StreamEvent): Tracked {
    const { rules } = this
    if (rules.ignores(event)) return IN_NO_SESSION
    const current = this.users.get(event.user)
    const passive = rules.passes(event)
    if (current === undefined) return passive ? IN_NO_SESSION : this.open(event, 1, [])
    if (current.onlyEnds && event.micros === current.start && rules.starts(event)) {
      current.onlyEnds = false
      return this.join(current, event, passive, true)
    }
    const joins =
      event.micros < current.last
        ? current.start - event.micros < rules.reach(rules.gapOf(event))
        : !current.ended && rules.reasonToCut(current, event, current.latest) === undefined
    if (joins) return this.join(current, event, passive)
    if (passive || event.micros < current.last) return IN_NO_SESSION
    return this.open(event, current.number + 1, current.latest)
  }

  private open(event: StreamEvent, number: number, latest: LatestValues): Tracked {
    this.rules.remember(event, latest)
    this.remember({
      user: event.user,
      start: event.micros,
      events: 1,
      last: event.micros,
      closesAt: this.rules.closesAt(event),
      number,
      ended: this.rules.ends(event),
      onlyEnds: this.rules.ends(event),
      latest,
      older: undefined,
      newer: undefined,
    })
    return { sessionId: millis(event.micros), sessionNumber: number, eventNumber: 1, isNew: true }
  }

  /** @param ended it belongs before the event that ended the session. */
  private join(current: Current, event: StreamEvent, passive: boolean, ended = false): Tracked {
    current.events++
    if (!passive) {
      if (event.micros >= current.last) {
        this.rules.remember(event, current.latest)
        current.last = event.micros
        current.ended = ended || this.rules.ends(event)
      }
      current.closesAt = Math.max(current.closesAt, this.rules.closesAt(event))
    }
    this.seen.remove(current)
    this.seen.add(current)
    return {
      sessionId: millis(current.start),
      sessionNumber: current.number,
      eventNumber: current.events,
      isNew: false,
    }
  }

  /** In place of the user's last session, or of the user who was seen longest ago. */
  private remember(current: Current): void {
    const before = this.users.get(current.user)
    if (before !== undefined) this.seen.remove(before)
    else if (this.users.size >= this.maxUsers) this.forgetOldest()
    this.seen.add(current)
    this.users.set(current.user, current)
  }

  private forgetOldest(): void {
    const oldest = this.seen.takeOldest()
    if (oldest !== undefined) this.users.delete(oldest.user)
  }

  private timeOf(time: TrackedEvent['time']): number {
    const micros =
      typeof time === 'string'
        ? isoMicros(time)
        : microsOf(typeof time === 'number' ? time : time.getTime())
    if (!Number.isSafeInteger(micros)) throw new RangeError(`${String(time)} is not a time`)
    return micros
  }

  /** Users that are remembered. */
  get size(): number {
    return this.users.size
  }

  /** One line per user, for a checkpoint. @internal */
  *save(): Iterable<Saved> {
    for (const current of this.seen.values()) {
      const { user, start, events, last, closesAt, number, ended, onlyEnds, latest } = current
      const flags = [ended ? 1 : 0, onlyEnds ? 1 : 0]
      const values = Array.from(latest, (value) => value ?? null)
      yield [user, start, events, last, closesAt, number, ...flags, values]
    }
  }

  /** @internal */
  load(saved: Iterable<unknown>): void {
    for (const line of saved) {
      const [user, start, events, last, closesAt, number, ended, onlyEnds, latest] = asList(line)
      this.remember({
        user: asText(user),
        start: asNumber(start),
        events: asNumber(events),
        last: asNumber(last),
        closesAt: asNumber(closesAt),
        number: asNumber(number),
        ended: ended === 1,
        onlyEnds: onlyEnds === 1,
        latest: asList(latest).map(asTextOrNull),
        older: undefined,
        newer: undefined,
      })
    }
  }
}

const ISO =
  /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(?::(\d{2})(?:\.(\d+))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i

/** NaN when it is no time; digits beyond microseconds are cut off. */
function isoMicros(text: string): number {
  const [, date = '', minutes = '00:00', seconds = '00', fraction = '', zone = 'Z'] =
    ISO.exec(text) ?? []
  const day = Date.parse(date)
  // The 30th of February would be read as the 1st of March.
  if (Number.isNaN(day) || !new Date(day).toISOString().startsWith(date)) return Number.NaN
  const [, sign = '+', hours = '00', more = '00'] = /([+-])(\d{2}):?(\d{2})?/.exec(zone) ?? []
  const instant = Date.parse(`${date}T${minutes}:${seconds}${sign}${hours}:${more}`)
  return instant * 1_000 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}

/** Of milliseconds, cut downwards by their digits: a double has no exact thousandths. */
function microsOf(millis: number): number {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(millis)) ?? []
  if (whole === '') return Number.NaN
  const micros = Number(whole) * 1_000 + Number(fraction.slice(0, 3).padEnd(3, '0'))
  return sign === '-' ? 0 - micros - (/[1-9]/.test(fraction.slice(3)) ? 1 : 0) : micros
}

const millis = (micros: number): number => Math.floor(micros / 1_000)
