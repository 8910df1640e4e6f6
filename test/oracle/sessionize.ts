/**
 * The oracle: a sessionizer to check the real one against. It shares no code with `src/`, holds
 * everything in arrays, walks each user's events one by one, and prefers the obvious to the fast.
 *
 * The order of the work: duplicates leave, ignored events leave, each user's events are put in one
 * total order, and a single pass decides for each event whether it continues the open session.
 */
import { createHash } from 'node:crypto'

export interface OracleEvent {
  readonly user: string
  /** Microseconds since the epoch, UTC. */
  readonly micros: bigint
  readonly name: string | null
  /** The session id that the export itself carries. */
  readonly recorded?: string | null
  /** Events that share a key are one event; null is never a duplicate. */
  readonly dedupeKey?: string | null
  readonly properties?: Readonly<Record<string, string | null>>
}

type NamePredicate = (name: string) => boolean

export interface OracleDefinition {
  readonly gapMicros: bigint
  /** A gap of exactly the timeout continues the session (`after`) or closes it (`at`). */
  readonly boundary: 'after' | 'at'
  /**
   * Another timeout for events with this value of a property; the first rule that matches counts.
   * Each event keeps its session alive for its own timeout, and the session lives until the latest
   * of those moments. So a web event (30 min) at 0:00 and a phone event (5 min) at 0:10 keep the
   * session alive until 0:30, as the web page's own timer would; the order of events tied in time
   * makes no difference.
   */
  readonly gaps?: readonly {
    readonly property: string
    readonly value: string
    readonly gapMicros: bigint
  }[]
  /**
   * An event later than the session's start by more than this opens a new session, and the length
   * is measured anew from there. An event at exactly the maximum still belongs, at either boundary.
   */
  readonly maxLengthMicros?: bigint
  /** A session that holds this many events (passive ones included) takes no more. */
  readonly maxEvents?: number
  /** An event of a later local date than the session's start, in this zone, opens a new session. */
  readonly midnightZone?: string
  /**
   * An event whose value is not null and differs from the user's latest non-null value opens a new
   * session. The latest value is remembered across sessions (a campaign stays in force until
   * another takes its place); from nothing to a value is no change.
   */
  readonly cutOn?: readonly string[]
  /** Always opens a new session. */
  readonly isStart?: NamePredicate
  /** Belongs to the open session and closes it; with none open it is a session by itself. */
  readonly isEnd?: NamePredicate
  /** Left out before sessions are built, as if it had never been in the file. Beats all the others. */
  readonly isIgnored?: NamePredicate
  /**
   * Joins a session that is open, and counts there as an event; never opens one, never keeps one
   * alive, never moves its end (so a heartbeat adds no length), never cuts on a property. Where no
   * session is open to it, it is left out and counted as ignored. A start or end event is not
   * passive. A session with one event that is not passive is a bounce.
   */
  readonly isPassive?: NamePredicate
  /**
   * Sessions are those that the export recorded, one per user and recorded id, however far apart
   * their events. Events without an id (or `outOfSessionId`) are out of session. The gap says only
   * what is censored, and `isIgnored` still counts; no other rule does.
   */
  readonly byRecorded?: { readonly outOfSessionId?: string }
}

/** What to tell of each session besides the usual. */
export interface OracleColumns {
  /** The first value in the session that is not null. */
  readonly dimensions?: readonly string[]
  /** First and last value that is not null. */
  readonly properties?: readonly string[]
  /** Sums of values that are numbers. */
  readonly sums?: readonly string[]
  readonly counts?: readonly NamePredicate[]
  readonly conversions?: readonly NamePredicate[]
}

export type EndReason =
  | 'end_event'
  | 'gap'
  | 'max_length'
  | 'max_events'
  | 'midnight'
  | 'property'
  | 'start_event'
  | 'data_end'
  | 'recorded'

export interface OracleSession {
  readonly user: string
  readonly id: string
  readonly number: number
  readonly startMicros: bigint
  /** The last event that is not passive. */
  readonly endMicros: bigint
  readonly events: number
  readonly distinctEvents: number
  /** The name of the first event in the total order that is not passive, null when it has none. */
  readonly firstEvent: string | null
  readonly lastEvent: string | null
  /** Per dimension asked for: the first value in the session that is not null. */
  readonly dimensions: readonly (string | null)[]
  /** Per property asked for. */
  readonly entries: readonly (string | null)[]
  readonly exits: readonly (string | null)[]
  /** Null where the session has no number to add. */
  readonly sums: readonly (number | null)[]
  readonly counts: readonly number[]
  readonly conversions: readonly boolean[]
  readonly bounce: boolean
  readonly microsSincePrevious: bigint | null
  readonly recordedSessionIds: readonly string[]
  /**
   * Why the session holds no later event. `end_event` where its last event is one; `data_end` where
   * it is end-censored; else the first that applies to the event that opened the user's next
   * session: gap, max_length, max_events, midnight, property, start_event. A user's last session,
   * when the data go on for longer than its timeout, ended by its gap.
   */
  readonly endReason: EndReason
  /**
   * The user's first session, not opened by a start event, begins within a gap of the data; with
   * gaps per value that is the longest among its events at its first instant.
   */
  readonly startCensored: boolean
  /** The user's last session, not closed by an end event, was alive when the data ended. */
  readonly endCensored: boolean
}

export interface OracleResult {
  /** By user in binary order, then start. */
  readonly sessions: readonly OracleSession[]
  readonly kept: number
  readonly duplicates: number
  /** Ignored events, and passive events that found no session. */
  readonly ignored: number
  readonly outOfSession: number
  /** Those of `input` that are in a session. */
  readonly keptEvents: readonly OracleEvent[]
}

export function sessionize(
  input: readonly OracleEvent[],
  definition: OracleDefinition,
  columns: OracleColumns = {},
): OracleResult {
  const unique = withoutDuplicates(input)
  const inSession = unique.filter((event) => !isOutOfSession(definition, event))
  const events = inSession.filter((event) => !matches(definition.isIgnored, event))
  const byUser = new Map<string, OracleEvent[]>()
  for (const event of events) {
    const mine = byUser.get(event.user) ?? []
    mine.push(event)
    byUser.set(event.user, mine)
  }

  const users = [...byUser.keys()].sort(compareText)
  const build = definition.byRecorded === undefined ? cutIntoSessions : groupByRecorded
  const cut = users.map((user) =>
    build(inOrder(byUser.get(user) ?? [], definition, columns), definition),
  )
  const keptEvents = cut.flat().flatMap((open) => open.events)
  const bulk = bulkOf(events.map((event) => event.micros).sort(compareBig))
  const times = keptEvents
    .map((event) => event.micros)
    .filter((micros) => micros >= bulk.first && micros <= bulk.last)
    .sort(compareBig)
  const [first, last] = [times[0] ?? 0n, times.at(-1) ?? 0n]

  return {
    sessions: cut.flatMap((ofUser) => describe(ofUser, definition, columns, first, last)),
    kept: keptEvents.length,
    duplicates: input.length - unique.length,
    ignored: inSession.length - keptEvents.length,
    outOfSession: unique.length - inSession.length,
    keptEvents,
  }
}

const MONTH = 31n * 86_400_000_000n
const TWO_YEARS = 731n * 86_400_000_000n

/**
 * Between which times the data lie: all of them, unless there are 1,000 over more than 31 days. Then
 * the outermost 1 % on a side at most are far, where a pause parts them from the others that is longer
 * than 31 days (10 events or 1 in 1,000 at most) or than two years, and twice as long as any in the
 * middle. Of several such pauses the innermost counts; the middle begins and ends at the innermost
 * pause of half a month with 1 % outside at most.
 */
export function bulkOf(times: readonly bigint[]): {
  readonly first: bigint
  readonly last: bigint
} {
  const n = times.length
  const [first = 0n, last = 0n] = [times[0], times.at(-1)]
  if (n < 1_000 || last - first <= MONTH) return { first, last }
  const before = farBefore(times)
  const after = farBefore(times.map((micros) => -micros).reverse())
  return { first: times[before] ?? 0n, last: times[n - 1 - after] ?? 0n }
}

/** How many of the first times are far. */
function farBefore(times: readonly bigint[]): number {
  const n = times.length
  const pause = (i: number): bigint => (times[i] ?? 0n) - (times[i - 1] ?? 0n)
  const places = (from: number, to: number): number[] =>
    Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
  const outside = places(1, Math.floor(n / 100) + 1)
  const begin = outside.filter((i) => pause(i) > MONTH / 2n).at(-1) ?? 0
  const end = places(n - Math.floor(n / 100), n).find((i) => pause(i) > MONTH / 2n) ?? n
  const longest = places(begin + 1, end)
    .map(pause)
    .sort(compareBig)
    .at(-1)
  const isFar = (i: number): boolean =>
    pause(i) > (i <= Math.max(10, n / 1_000) ? MONTH : TWO_YEARS) && pause(i) > 2n * (longest ?? 0n)
  return outside.filter(isFar).at(-1) ?? 0
}

function isOutOfSession({ byRecorded }: OracleDefinition, { recorded }: OracleEvent): boolean {
  if (byRecorded === undefined) return false
  return recorded == null || recorded === byRecorded.outOfSessionId
}

/** Of events that share a key, the one that is first in time, then name, then values stays. */
function withoutDuplicates(input: readonly OracleEvent[]): OracleEvent[] {
  const best = new Map<string, OracleEvent>()
  const unique: OracleEvent[] = []
  for (const event of input) {
    const key = event.dedupeKey ?? null
    if (key === null) {
      unique.push(event)
      continue
    }
    const other = best.get(key)
    if (other === undefined || compareWhole(event, other) < 0) best.set(key, event)
  }
  return [...unique, ...best.values()]
}

/**
 * One total order: time, then place, then name, then the values that rules look at, then those that
 * are told of the session. The place matters only among events
 * of one instant where start, end or passive events are defined: a start comes before the other
 * events of its instant, and passive events after the active ones (so that they find the session);
 * an end comes last, but before a start of the same instant if a session was open (it ends that
 * one), and then the other events belong to the new session.
 */
function inOrder(
  events: readonly OracleEvent[],
  definition: OracleDefinition,
  { dimensions = [], properties = [], sums = [] }: OracleColumns,
): OracleEvent[] {
  const foundOpen = instantsWithOpenSession(events, definition)
  const place = (event: OracleEvent): number => {
    if (matches(definition.isStart, event)) return 1
    if (matches(definition.isEnd, event)) return foundOpen.has(event.micros) ? 0 : 4
    return matches(definition.isPassive, event) ? 3 : 2
  }
  const values = [
    ...(definition.gaps ?? []).map(({ property }) => property),
    ...(definition.cutOn ?? []),
    ...dimensions,
    ...properties,
  ]
  return [...events].sort(
    (a, b) =>
      compareBig(a.micros, b.micros) ||
      place(a) - place(b) ||
      compareText(a.name, b.name) ||
      compareAll(values, a, b) ||
      compareText(a.recorded ?? null, b.recorded ?? null) ||
      compareNumbers(sums, a, b) ||
      compareWhole(a, b),
  )
}

/**
 * Instants with a start and an end event that find a session open: by timeouts alone, since the last
 * start or end and within the local day where midnight cuts.
 */
function instantsWithOpenSession(
  events: readonly OracleEvent[],
  definition: OracleDefinition,
): Set<bigint> {
  const { isStart, isEnd, isPassive, midnightZone } = definition
  const found = new Set<bigint>()
  let aliveUntil: bigint | undefined
  let day = ''
  for (const micros of [...new Set(events.map((event) => event.micros))].sort(compareBig)) {
    const here = events.filter((event) => event.micros === micros)
    const starts = here.filter((event) => matches(isStart, event))
    const ends = here.filter((event) => matches(isEnd, event) && !starts.includes(event))
    const others = here.filter(
      (event) => !starts.includes(event) && !ends.includes(event) && !matches(isPassive, event),
    )
    if (starts.length + ends.length + others.length === 0) continue
    const today = midnightZone === undefined ? '' : localDate(micros, midnightZone)
    const open = aliveUntil !== undefined && isAlive(aliveUntil, micros, definition) && today <= day
    const own = [...starts, ...others].map((event) => micros + gapOf(event, definition))
    if (ends.length > 0 && starts.length > 0 && open) found.add(micros)
    if (ends.length > 0 && (starts.length === 0 || !open)) aliveUntil = undefined
    else {
      const goesOn = open && starts.length === 0 && aliveUntil !== undefined
      aliveUntil = [...own, ...(goesOn ? [aliveUntil ?? 0n] : [])].sort(compareBig).at(-1)
    }
    day = today
  }
  return found
}

interface OpenSession {
  readonly events: OracleEvent[]
  readonly active: OracleEvent[]
  readonly startMicros: bigint
  aliveUntil: bigint
  endedByEvent: boolean
  openedByStartEvent: boolean
  /** Why the session after this one was opened. */
  endReason: EndReason | undefined
}

function cutIntoSessions(
  events: readonly OracleEvent[],
  definition: OracleDefinition,
): OpenSession[] {
  const sessions: OpenSession[] = []
  const latest = new Map<string, string>()
  for (const event of events) {
    const open = sessions.at(-1)
    const isStart = matches(definition.isStart, event)
    const isEnd = matches(definition.isEnd, event)
    const isPassive = !isStart && !isEnd && matches(definition.isPassive, event)
    const reason =
      open === undefined ? undefined : reasonToCut(open, event, definition, isPassive, latest)

    if (isPassive) {
      if (open !== undefined && reason === undefined) open.events.push(event)
      continue
    }
    for (const property of definition.cutOn ?? []) {
      const value = propertyOf(event, property)
      if (value !== null) latest.set(property, value)
    }
    const aliveUntil = event.micros + gapOf(event, definition)
    if (open !== undefined && reason === undefined) {
      open.events.push(event)
      open.active.push(event)
      if (aliveUntil > open.aliveUntil) open.aliveUntil = aliveUntil
      open.endedByEvent = isEnd
      continue
    }
    if (open !== undefined) open.endReason = reason
    sessions.push({
      events: [event],
      active: [event],
      startMicros: event.micros,
      aliveUntil,
      endedByEvent: isEnd,
      openedByStartEvent: isStart,
      endReason: undefined,
    })
  }
  return sessions
}

/** One per recorded id, by start and then by id. */
function groupByRecorded(
  events: readonly OracleEvent[],
  definition: OracleDefinition,
): OpenSession[] {
  const ids = [...new Set(events.map((event) => event.recorded ?? ''))].sort(compareText)
  return ids
    .map((id): OpenSession => {
      const own = events.filter((event) => event.recorded === id)
      return {
        events: own,
        active: own,
        startMicros: own[0]?.micros ?? 0n,
        aliveUntil: (own.at(-1)?.micros ?? 0n) + definition.gapMicros,
        endedByEvent: false,
        openedByStartEvent: false,
        endReason: 'recorded',
      }
    })
    .sort((a, b) => compareBig(a.startMicros, b.startMicros))
}

/** Why `event` cannot belong to `open`; undefined when it can. */
function reasonToCut(
  open: OpenSession,
  event: OracleEvent,
  definition: OracleDefinition,
  isPassive: boolean,
  latest: ReadonlyMap<string, string>,
): EndReason | undefined {
  const { maxLengthMicros, maxEvents, midnightZone } = definition
  if (open.endedByEvent) return 'end_event'
  if (!isAlive(open.aliveUntil, event.micros, definition)) return 'gap'
  if (maxLengthMicros !== undefined && event.micros - open.startMicros > maxLengthMicros) {
    return 'max_length'
  }
  if (maxEvents !== undefined && open.events.length >= maxEvents) return 'max_events'
  if (
    midnightZone !== undefined &&
    localDate(event.micros, midnightZone) > localDate(open.startMicros, midnightZone)
  ) {
    return 'midnight'
  }
  if (isPassive) return undefined
  for (const property of definition.cutOn ?? []) {
    const value = propertyOf(event, property)
    const before = latest.get(property)
    if (value !== null && before !== undefined && value !== before) return 'property'
  }
  if (matches(definition.isStart, event)) return 'start_event'
  return undefined
}

const isAlive = (aliveUntil: bigint, micros: bigint, { boundary }: OracleDefinition): boolean =>
  boundary === 'after' ? micros <= aliveUntil : micros < aliveUntil

function gapOf(event: OracleEvent, definition: OracleDefinition): bigint {
  for (const rule of definition.gaps ?? []) {
    if (propertyOf(event, rule.property) === rule.value) return rule.gapMicros
  }
  return definition.gapMicros
}

function describe(
  ofUser: readonly OpenSession[],
  definition: OracleDefinition,
  columns: OracleColumns,
  dataFirst: bigint,
  dataLast: bigint,
): OracleSession[] {
  const { dimensions = [], properties = [], sums = [], counts = [], conversions = [] } = columns
  const recorded = definition.byRecorded !== undefined
  return ofUser.map((open, i) => {
    const first = open.events[0]
    const last = open.active.at(-1)
    if (first === undefined || last === undefined) throw new Error('a session without events')
    const before = ofUser[i - 1]
    const names = new Set(open.events.flatMap((e) => (e.name === null ? [] : [e.name])))
    const firstGaps = open.active
      .filter((event) => event.micros === open.startMicros)
      .map((event) => gapOf(event, definition))
      .sort(compareBig)
    const next = ofUser[i + 1]
    const inside = open.startMicros >= dataFirst && last.micros <= dataLast
    const endCensored =
      inside &&
      (recorded || next === undefined || next.startMicros > dataLast) &&
      !open.endedByEvent &&
      isAlive(open.aliveUntil, dataLast, definition)
    const startCensored =
      inside &&
      (recorded || before === undefined || (before.active.at(-1)?.micros ?? 0n) < dataFirst) &&
      !open.openedByStartEvent &&
      isAlive(dataFirst + (firstGaps.at(-1) ?? 0n), open.startMicros, definition)
    const count = (predicate: NamePredicate): number =>
      open.events.filter((event) => matches(predicate, event)).length
    return {
      user: first.user,
      id: sessionId(first.user, open.startMicros, sameStartBefore(ofUser, i)),
      number: i + 1,
      startMicros: open.startMicros,
      endMicros: last.micros,
      events: open.events.length,
      distinctEvents: names.size,
      firstEvent: first.name,
      lastEvent: last.name,
      dimensions: dimensions.map((property) => firstValue(open.events, property)),
      entries: properties.map((property) => firstValue(open.events, property)),
      exits: properties.map((property) => lastValue(open.events, property)),
      sums: sums.map((property) => sumOf(open.events, property)),
      counts: counts.map(count),
      conversions: conversions.map((predicate) => count(predicate) > 0),
      bounce: open.active.length === 1,
      microsSincePrevious:
        before === undefined ? null : open.startMicros - (before.active.at(-1)?.micros ?? 0n),
      recordedSessionIds: [
        ...new Set(open.events.flatMap((e) => (e.recorded == null ? [] : [e.recorded]))),
      ].sort(compareText),
      endReason: endReason(open, endCensored, recorded),
      startCensored,
      endCensored,
    }
  })
}

function endReason(open: OpenSession, endCensored: boolean, recorded: boolean): EndReason {
  if (recorded) return 'recorded'
  if (open.endedByEvent) return 'end_event'
  return endCensored ? 'data_end' : (open.endReason ?? 'gap')
}

/**
 * Two sessions of one user can start in the same microsecond only where a rule other than the gap
 * parts events of one instant; the second and later ones then carry their place in the id.
 */
export function sessionId(user: string, startMicros: bigint, sameStart = 0): string {
  const place = sameStart === 0 ? '' : `|${sameStart + 1}`
  return createHash('md5').update(`${user}|${startMicros}${place}`, 'utf8').digest('hex')
}

function sameStartBefore(ofUser: readonly OpenSession[], index: number): number {
  const start = ofUser[index]?.startMicros
  return ofUser.slice(0, index).filter((open) => open.startMicros === start).length
}

/** The first value that is not null, by time; of one instant the smallest. */
const firstValue = (events: readonly OracleEvent[], property: string): string | null =>
  byTimeAndValue(events, property)[0] ?? null

/** The last value that is not null, by time; of one instant the largest. */
const lastValue = (events: readonly OracleEvent[], property: string): string | null =>
  byTimeAndValue(events, property).at(-1) ?? null

const byTimeAndValue = (events: readonly OracleEvent[], property: string): (string | null)[] =>
  events
    .filter((event) => propertyOf(event, property) !== null)
    .sort((a, b) => compareBig(a.micros, b.micros) || compareAll([property], a, b))
    .map((event) => propertyOf(event, property))

function numberOf(event: OracleEvent, property: string): number | null {
  const value = propertyOf(event, property) ?? ''
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : null
}

/** What is no number adds nothing. */
function sumOf(events: readonly OracleEvent[], property: string): number | null {
  const numbers = events.flatMap((event) => numberOf(event, property) ?? [])
  return numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0)
}

/** The local calendar date, written so that text order is date order (years 1 to 9999). */
export function localDate(micros: bigint, zone: string): string {
  const millis = Number(floorDiv(micros, 1000n))
  const parts = dateFormat(zone).formatToParts(new Date(millis))
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? ''
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`
}

const FORMATS = new Map<string, Intl.DateTimeFormat>()

function dateFormat(zone: string): Intl.DateTimeFormat {
  const known = FORMATS.get(zone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  FORMATS.set(zone, format)
  return format
}

const floorDiv = (a: bigint, b: bigint): bigint => a / b - (a % b < 0n ? 1n : 0n)

const matches = (predicate: NamePredicate | undefined, event: OracleEvent): boolean =>
  predicate !== undefined && event.name !== null && predicate(event.name)

const propertyOf = (event: OracleEvent, property: string): string | null =>
  event.properties?.[property] ?? null

const compareBig = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

/** Binary order of the UTF-8 bytes; no value comes before all others. */
export function compareText(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function compareAll(properties: readonly string[], a: OracleEvent, b: OracleEvent): number {
  for (const property of properties) {
    const order = compareText(propertyOf(a, property), propertyOf(b, property))
    if (order !== 0) return order
  }
  return 0
}

/** No number comes before all numbers. */
function compareNumbers(properties: readonly string[], a: OracleEvent, b: OracleEvent): number {
  for (const property of properties) {
    const order = (numberOf(a, property) ?? -Infinity) - (numberOf(b, property) ?? -Infinity)
    if (order !== 0 && !Number.isNaN(order)) return order
  }
  return 0
}

/** Zero only for events that nothing could tell apart. */
function compareWhole(a: OracleEvent, b: OracleEvent): number {
  const properties = new Set([
    ...Object.keys(a.properties ?? {}),
    ...Object.keys(b.properties ?? {}),
  ])
  return (
    compareBig(a.micros, b.micros) ||
    compareText(a.name, b.name) ||
    compareText(a.recorded ?? null, b.recorded ?? null) ||
    compareAll([...properties].sort(compareText), a, b) ||
    compareText(a.user, b.user)
  )
}
