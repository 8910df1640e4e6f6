/**
 * The definition's rules on single events, for events that come one by one and in order. The same
 * rules are compiled to SQL for whole files; the names of the reasons are the same.
 */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { ruleProperties, type SessionDefinition } from '../sessions/definition.js'
import { hasTies } from '../sessions/ties.js'
import { compareText } from '../units/text-order.js'
import type { StreamEvent } from './event.js'
import { Zone } from './zone.js'

export type CutReason =
  | 'gap'
  | 'max_length'
  | 'max_events'
  | 'midnight'
  | 'property'
  | 'start_event'

export type EndReason = CutReason | 'end_event' | 'data_end'

/** What the rules need to know of a session that may go on. */
export interface OngoingSession {
  readonly start: number
  readonly events: number
  /** Until when it takes events, exclusive. */
  readonly closesAt: number
}

/** How far a user's sessions have come, for instants in which one ends and another starts. */
export interface Openness {
  /** Until when timeouts keep a session open, exclusive; NaN while none is. */
  openUntil: number
  /** Of the last event that is not passive; NaN before the first. */
  lastActive: number
}

/** The latest value that is not null, per property that cuts. */
export type LatestValues = (string | null)[]

type NameTest = (name: string | null) => boolean

/** @throws SessionizeError `unsupported` for what needs all the data at once. */
function assertStreamable(definition: SessionDefinition): void {
  if (definition.recorded !== true) return
  throw new SessionizeError(
    'unsupported',
    `Recorded sessions (${option('byRecorded')}) cannot be followed: an id can return at any time, so a session never closes.`,
    { hint: 'Leave it out, or run: sessionize sessions --by-recorded on the file.' },
  )
}

export class CutRules {
  /** Whether anything but the gap can cut, so that each event's place among others matters. */
  readonly ordered: boolean
  private readonly isIgnored: NameTest
  private readonly isStart: NameTest
  private readonly isEnd: NameTest
  private readonly isPassive: NameTest
  private readonly cutting: readonly number[]
  private readonly gaps: readonly { at: number; value: string; gapMicros: number }[]
  private readonly midnight: Zone | undefined
  private readonly hasTies: boolean

  constructor(readonly definition: SessionDefinition) {
    assertStreamable(definition)
    const properties = ruleProperties(definition)
    this.isIgnored = namedAs(definition.ignoreEvents)
    this.isStart = namedAs(definition.startEvents)
    this.isEnd = namedAs(definition.endEvents)
    this.isPassive = namedAs(definition.passiveEvents)
    this.cutting = (definition.cutOn ?? []).map((name) => properties.indexOf(name))
    this.gaps = (definition.gaps ?? []).map(({ property, value, gapMicros }) => ({
      at: properties.indexOf(property),
      value,
      gapMicros,
    }))
    this.hasTies = hasTies(definition)
    this.midnight =
      definition.midnightZone === undefined
        ? undefined
        : Zone.named(definition.midnightZone, 'The zone')
    this.ordered =
      this.midnight !== undefined ||
      definition.maxLengthMicros !== undefined ||
      definition.maxEvents !== undefined ||
      [definition.gaps, definition.cutOn, definition.startEvents, definition.endEvents].some(
        (rule) => (rule ?? []).length > 0,
      ) ||
      (definition.passiveEvents ?? []).length > 0
  }

  ignores = ({ name }: StreamEvent): boolean => this.isIgnored(name)
  starts = ({ name }: StreamEvent): boolean => this.isStart(name)
  /** What starts a session does not end one. */
  ends = ({ name }: StreamEvent): boolean => this.isEnd(name) && !this.isStart(name)
  /** A start or end event is never passive. */
  passes = ({ name }: StreamEvent): boolean =>
    this.isPassive(name) && !this.isStart(name) && !this.isEnd(name)

  gapOf(event: StreamEvent): number {
    for (const { at, value, gapMicros } of this.gaps) {
      if (event.properties[at] === value) return gapMicros
    }
    return this.definition.gapMicros
  }

  /** Until when an event keeps its session open, exclusive: an event at the boundary may still join. */
  closesAt = (event: StreamEvent): number => event.micros + this.reach(this.gapOf(event))

  /** The smallest time between two events that parts them. */
  reach = (gapMicros: number): number =>
    this.definition.boundary === 'after' ? gapMicros + 1 : gapMicros

  /** Why the event cannot join the session; undefined when it does. */
  reasonToCut(
    session: OngoingSession,
    event: StreamEvent,
    latest: LatestValues,
  ): CutReason | undefined {
    const { maxLengthMicros, maxEvents } = this.definition
    if (event.micros >= session.closesAt) return 'gap'
    if (maxLengthMicros !== undefined && event.micros - session.start > maxLengthMicros) {
      return 'max_length'
    }
    if (maxEvents !== undefined && session.events >= maxEvents) return 'max_events'
    const { midnight } = this
    if (midnight !== undefined && midnight.day(event.micros) > midnight.day(session.start)) {
      return 'midnight'
    }
    if (this.passes(event)) return undefined
    if (this.cutting.some((at, i) => isChange(event.properties[at] ?? null, latest[i] ?? null))) {
      return 'property'
    }
    return this.starts(event) ? 'start_event' : undefined
  }

  /** Values stay in force across sessions until others take their place. */
  remember(event: StreamEvent, latest: LatestValues): void {
    this.cutting.forEach((at, i) => {
      const value = event.properties[at] ?? null
      if (value !== null) latest[i] = value
    })
  }

  /**
   * Whether a session was open before the instant of these events, by timeouts alone as in
   * `sessions/ties.ts`; and goes past them.
   */
  foundOpen(state: Openness, tied: readonly StreamEvent[]): boolean {
    if (!this.hasTies) return false
    const active = tied.filter((event) => !this.passes(event))
    const [first] = active
    if (first === undefined) return false
    const { midnight } = this
    const open =
      first.micros < state.openUntil &&
      !(midnight !== undefined && midnight.day(first.micros) > midnight.day(state.lastActive))
    const staying = active.filter((event) => !this.ends(event))
    const reach = staying.reduce((until, event) => Math.max(until, this.closesAt(event)), -Infinity)
    const starts = staying.some(this.starts)
    if (staying.length < active.length) state.openUntil = starts && open ? reach : Number.NaN
    else state.openUntil = starts || !open ? reach : Math.max(state.openUntil, reach)
    state.lastActive = first.micros
    return open
  }

  /**
   * Events of one instant in their order: starts, others, passive ones, ends; but an end before a
   * start, whose session is the one before if that was open. Names and then values settle the rest.
   */
  inOrder(tied: readonly StreamEvent[], foundOpen: boolean): readonly StreamEvent[] {
    if (tied.length < 2) return tied
    const endsFirst = foundOpen && tied.some(this.starts)
    const place = (event: StreamEvent): number => {
      if (this.starts(event)) return 1
      if (this.ends(event)) return endsFirst ? 0 : 4
      return this.passes(event) ? 3 : 2
    }
    return [...tied].sort(
      (a, b) =>
        place(a) - place(b) ||
        compareText(a.name ?? '', b.name ?? '') ||
        this.compareProperties(a, b) ||
        compareText(a.recorded ?? '', b.recorded ?? ''),
    )
  }

  private compareProperties(a: StreamEvent, b: StreamEvent): number {
    for (let i = 0; i < a.properties.length; i++) {
      const order = compareText(a.properties[i] ?? '', b.properties[i] ?? '')
      if (order !== 0) return order
    }
    return 0
  }
}

const isChange = (value: string | null, before: string | null): boolean =>
  value !== null && before !== null && value !== before

/** Patterns with `*`; an event without a name is none of them. */
function namedAs(patterns: readonly string[] | undefined): NameTest {
  if (patterns === undefined || patterns.length === 0) return () => false
  const expressions = patterns.map(
    (pattern) => new RegExp(`^${pattern.split('*').map(escaped).join('[^]*')}$`),
  )
  return (name) => name !== null && expressions.some((expression) => expression.test(name))
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
