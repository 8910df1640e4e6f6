/**
 * Sessions by rules that look at each event in its place. Events wait until the watermark has passed
 * them, so that they are taken in order of time; then each either joins the user's session or cuts.
 */
import type { CutReason, CutRules, EndReason, LatestValues, Openness } from './cuts.js'
import type { StreamEvent } from './event.js'
import { HeldSession } from './held-session.js'
import { RecurringTexts } from './recurring.js'
import { asList, asNumber, asTextOrNull, nanAsNull, nullAsNan, type Saved } from './saved.js'
import { loadEvent, loadSession, saveEvent, saveSession } from './saved-session.js'
import type { DataEdges, SessionRules, Tell, UserState } from './session-rules.js'

class OpenSession extends HeldSession {
  closesAt = Number.NEGATIVE_INFINITY
  firstReach = 0
  started = false
  place = 0

  /** With gaps per value the longest counts, at its first instant and in all. */
  stayOpen(event: StreamEvent, until: number): void {
    this.closesAt = Math.max(this.closesAt, until)
    if (event.micros === this.start) {
      this.firstReach = Math.max(this.firstReach, until - event.micros)
    }
  }
}

export interface OrderedState extends UserState, Openness {
  /** By time; of one instant in order of arrival, until their turn. */
  waiting: StreamEvent[]
  open: OpenSession | undefined
  readonly latest: LatestValues
  /** Of the session that was opened last; NaN before the first. */
  lastStart: number
  lastPlace: number
}

const NOT_TOLD: Tell = () => ''
const NOT_COUNTED = (): void => undefined

export class OrderedCuts implements SessionRules<OrderedState> {
  private readonly recurring = new RecurringTexts()

  constructor(
    private readonly rules: CutRules,
    private readonly edges: DataEdges,
    /** A passive event found no session. */
    private readonly onIgnored: () => void,
  ) {}

  create(): OrderedState {
    return {
      closed: 0,
      previousEnd: Number.NaN,
      waiting: [],
      open: undefined,
      latest: [],
      lastStart: Number.NaN,
      lastPlace: 0,
      openUntil: Number.NaN,
      lastActive: Number.NaN,
    }
  }

  /** Those before it have been taken, and it can no longer be put among them. */
  admitsLate(): boolean {
    return false
  }

  add(state: OrderedState, event: StreamEvent): boolean {
    const { waiting } = state
    // Most users have one: a list that grows makes room for many more.
    if (waiting.length === 0) {
      state.waiting = [event]
      return true
    }
    let at = waiting.length
    while (at > 0 && (waiting[at - 1]?.micros ?? 0) > event.micros) at--
    if (at === waiting.length) waiting.push(event)
    else waiting.splice(at, 0, event)
    return at === 0
  }

  foresee(state: OrderedState, watermark: number): void {
    let open = false
    for (const event of state.waiting) {
      if (event.micros >= watermark) break
      if (!this.rules.passes(event)) this.edges.keep(event.micros)
      else if (event.micros > this.edges.last) open = true
    }
    // At the end of the stream it matters whether the last event of all found its session.
    if (!open || watermark !== Number.POSITIVE_INFINITY) return
    this.takeAll(this.load(this.save(state)), watermark, NOT_TOLD, NOT_COUNTED)
  }

  take(state: OrderedState, watermark: number, tell: Tell): void {
    this.takeAll(state, watermark, tell, this.onIgnored)
  }

  private takeAll(state: OrderedState, watermark: number, tell: Tell, onIgnored: () => void): void {
    const { waiting } = state
    let taken = 0
    for (let first = waiting[0]; first !== undefined && first.micros < watermark; ) {
      let end = taken + 1
      while (waiting[end]?.micros === first.micros) end++
      const tied = waiting.slice(taken, end)
      const foundOpen = this.rules.foundOpen(state, tied)
      for (const event of this.rules.inOrder(tied, foundOpen)) {
        this.takeOne(state, event, tell, onIgnored)
      }
      taken = end
      first = waiting[taken]
    }
    if (taken > 0) state.waiting = waiting.slice(taken)
  }

  settle(state: OrderedState, watermark: number, tell: Tell): void {
    const { open } = state
    if (open !== undefined && watermark >= open.closesAt) this.close(state, open, 'gap', tell)
  }

  dueAt({ waiting, open }: OrderedState): number {
    // An event's turn comes when the watermark has passed it: until then more may come with its time.
    const turn = waiting[0] === undefined ? Number.POSITIVE_INFINITY : waiting[0].micros + 1
    return Math.min(turn, open?.closesAt ?? Number.POSITIVE_INFINITY)
  }

  hasUntold = ({ waiting, open }: OrderedState): boolean => waiting.length > 0 || open !== undefined

  finish(state: OrderedState, tell: Tell): void {
    if (state.open !== undefined) this.close(state, state.open, 'gap', tell)
  }

  private takeOne(
    state: OrderedState,
    event: StreamEvent,
    tell: Tell,
    onIgnored: () => void,
  ): void {
    const { rules } = this
    const { open } = state
    const passive = rules.passes(event)
    const reason = open === undefined ? undefined : rules.reasonToCut(open, event, state.latest)
    const joins = open !== undefined && reason === undefined
    if (passive && !joins) {
      onIgnored()
      return
    }
    this.edges.keep(event.micros)
    if (!passive) rules.remember(event, state.latest)
    if (joins) {
      open.append(event, passive)
      if (!passive) open.stayOpen(event, rules.closesAt(event))
    } else {
      this.reopen(state, event, reason, tell)
    }
    if (rules.ends(event) && state.open !== undefined) {
      this.close(state, state.open, 'end_event', tell)
    }
  }

  private reopen(
    state: OrderedState,
    event: StreamEvent,
    reason: CutReason | undefined,
    tell: Tell,
  ): void {
    if (state.open !== undefined) this.close(state, state.open, reason ?? 'gap', tell)
    const open = new OpenSession(event)
    open.stayOpen(event, this.rules.closesAt(event))
    open.started = this.rules.starts(event)
    open.place = state.lastStart === event.micros ? state.lastPlace + 1 : 0
    state.lastStart = event.micros
    state.lastPlace = open.place
    state.open = open
  }

  private close(state: OrderedState, open: OpenSession, endReason: EndReason, tell: Tell): void {
    tell({
      session: open,
      number: state.closed + 1,
      previousEnd: state.previousEnd,
      endReason,
      closesAt: open.closesAt,
      firstReach: open.firstReach,
      started: open.started,
      place: open.place,
      revision: 0,
      revises: [],
    })
    state.closed++
    state.previousEnd = open.end
    state.open = undefined
  }

  save(state: OrderedState): Saved {
    const { open } = state
    return [
      state.closed,
      nanAsNull(state.previousEnd),
      state.waiting.map(saveEvent),
      open === undefined
        ? null
        : [saveSession(open), open.closesAt, open.firstReach, open.started ? 1 : 0, open.place],
      Array.from(state.latest, (value) => value ?? null),
      nanAsNull(state.lastStart),
      state.lastPlace,
      nanAsNull(state.openUntil),
      nanAsNull(state.lastActive),
    ]
  }

  load(saved: Saved): OrderedState {
    const [closed, previousEnd, waiting, open, latest, ...last] = saved
    const [lastStart, lastPlace, openUntil, lastActive] = last
    return {
      closed: asNumber(closed),
      previousEnd: nullAsNan(previousEnd),
      waiting: asList(waiting).map((event) => loadEvent(asList(event), this.recurring)),
      open: open === null ? undefined : loadOpen(asList(open), this.recurring),
      latest: asList(latest).map((value) => this.recurring.orNull(asTextOrNull(value))),
      lastStart: nullAsNan(lastStart),
      lastPlace: asNumber(lastPlace),
      openUntil: nullAsNan(openUntil),
      lastActive: nullAsNan(lastActive),
    }
  }
}

function loadOpen(
  [session, closesAt, firstReach, started, place]: Saved,
  recurring: RecurringTexts,
): OpenSession {
  const open = loadSession(asList(session), (first) => new OpenSession(first), recurring)
  open.closesAt = asNumber(closesAt)
  open.firstReach = asNumber(firstReach)
  open.started = started === 1
  open.place = asNumber(place)
  return open
}
