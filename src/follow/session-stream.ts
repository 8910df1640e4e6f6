/**
 * Sessions of a live stream. Time is the events' own: the watermark is the latest time seen less
 * the lateness that is allowed, and a session is told when no event from the watermark on can
 * change it.
 */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import type { SessionDefinition } from '../sessions/definition.js'
import { compareText } from '../units/text-order.js'
import { CutRules, type EndReason } from './cuts.js'
import { DueQueue } from './due-queue.js'
import type { StreamEvent } from './event.js'
import { GapRuns } from './gap-runs.js'
import { OldestFirst } from './oldest-first.js'
import { OrderedCuts } from './ordered-cuts.js'
import { asList, asNumber, asText, type Saved } from './saved.js'
import { sessionId } from './session-id.js'
import {
  type ClosedSession,
  DataEdges,
  type SessionRules,
  type Tell,
  type UserState,
} from './session-rules.js'
import { User } from './user.js'

export interface StreamOptions {
  readonly definition: SessionDefinition
  readonly latenessMicros: number
  /** How long after closing a session can still be corrected; 0: never. */
  readonly reviseMicros: number
  /** Users held at most. */
  readonly maxUsers: number
}

/** One line of the output. */
export interface ToldSession {
  readonly user: string
  readonly id: string
  /** Null where an earlier stay of the user may have been forgotten. */
  readonly number: number | null
  /** NaN when there is none. */
  readonly previousEnd: number
  readonly closed: ClosedSession
  /** Null for a session that was closed early. */
  readonly endReason: EndReason | null
  readonly startCensored: boolean
  readonly endCensored: boolean
  /** More events may belong to it: it was told because the program ended. */
  readonly open: boolean
  /** Closed early, to hold no more users than allowed. */
  readonly evicted: boolean
}

export interface StreamCounts {
  /** Events older than the watermark when they came. */
  late: number
  /** Of those, the ones that came too late for any session. */
  dropped: number
  /** Left out by the definition. */
  ignored: number
  /** Sessions told for the first time, and told again. */
  sessions: number
  revisions: number
  /** Users whose sessions were closed early, and idle users whose count was forgotten. */
  evicted: number
  forgotten: number
}

export interface SessionStream {
  readonly counts: StreamCounts
  readonly users: number
  readonly openUsers: number
  readonly watermark: number
  add(event: StreamEvent): void
  /** Tells all sessions that are held. The stream ends with it. */
  finish(): void
  /** A header, then one line per user. */
  save(): Iterable<Saved>
  load(saved: Iterable<unknown>): void
}

/** @throws SessionizeError `unsupported` where a rule cannot be followed live. */
export function sessionStream(
  options: StreamOptions,
  tell: (session: ToldSession) => void,
): SessionStream {
  const rules = new CutRules(options.definition)
  const edges = new DataEdges()
  const counts = noCounts()
  const create = <State extends UserState>(sessions: SessionRules<State>): SessionStream =>
    new Stream(sessions, rules, edges, counts, options, tell)
  if (!rules.ordered) return create(new GapRuns(rules, edges, options.reviseMicros))
  if (options.reviseMicros > 0) {
    throw new SessionizeError(
      'unsupported',
      `${option('revisions')} works with a single gap only: other rules need every event again.`,
      { hint: `Leave out ${option('revisions')}, and allow more ${option('lateness')}.` },
    )
  }
  return create(new OrderedCuts(rules, edges, () => counts.ignored++))
}

const noCounts = (): StreamCounts => ({
  late: 0,
  dropped: 0,
  ignored: 0,
  sessions: 0,
  revisions: 0,
  evicted: 0,
  forgotten: 0,
})

type Telling = 'closed' | 'open' | 'evicted'

class Stream<State extends UserState> implements SessionStream {
  watermark = Number.NEGATIVE_INFINITY
  private latest = Number.NEGATIVE_INFINITY
  private readonly held = new Map<string, User<State>>()
  /** Longest idle first. */
  private readonly idle = new OldestFirst<User<State>>()
  private readonly queue = new DueQueue<User<State>>()

  constructor(
    private readonly sessions: SessionRules<State>,
    private readonly rules: CutRules,
    private readonly edges: DataEdges,
    readonly counts: StreamCounts,
    private readonly options: StreamOptions,
    private readonly tellSession: (session: ToldSession) => void,
  ) {}

  get users(): number {
    return this.held.size
  }

  get openUsers(): number {
    let users = 0
    for (const { idle, state } of this.held.values()) {
      if (!idle && this.sessions.hasUntold(state)) users++
    }
    return users
  }

  add(event: StreamEvent): void {
    if (this.rules.ignores(event)) {
      this.counts.ignored++
      return
    }
    const late = event.micros < this.watermark
    const known = this.held.get(event.user)
    if (late) {
      this.counts.late++
      if (!this.sessions.admitsLate(known?.state, event, this.watermark)) {
        this.counts.dropped++
        return
      }
    }
    const user = known ?? this.admit(event.user)
    if (user.idle) {
      this.idle.remove(user)
      user.idle = false
    }
    const earlier = this.sessions.add(user.state, event)
    if (late) this.settle([user])
    else if (earlier) this.enqueue(user)
    if (event.micros > this.latest) this.advance(event.micros)
  }

  private advance(latest: number): void {
    this.latest = latest
    this.watermark = latest - this.options.latenessMicros
    if (this.queue.earliest <= this.watermark) this.settle(this.due())
  }

  private *due(): Iterable<User<State>> {
    while (this.queue.earliest <= this.watermark) {
      const user = this.queue.take()
      if (user === undefined) return
      // Queued under a time that may be too early by now: then it is only queued again.
      if (this.sessions.dueAt(user.state) <= this.watermark) yield user
      else this.enqueue(user)
    }
  }

  private settle(users: Iterable<User<State>>): void {
    this.tellAll([...users], this.watermark, 'closed', (user, tell) => {
      this.sessions.settle(user.state, this.watermark, tell)
      this.enqueue(user)
    })
  }

  /**
   * One after another, so that the lines of all are never held at once; but who comes later may have
   * the first event of the data, on which what is told of the earlier ones depends.
   */
  private tellAll(
    users: readonly User<State>[],
    watermark: number,
    how: Telling,
    rest: (user: User<State>, tell: Tell) => void,
  ): void {
    for (const { state } of users) this.sessions.foresee(state, watermark)
    for (const user of users) {
      const tell: Tell = (closed) => this.tell(user, closed, how)
      this.sessions.take(user.state, watermark, tell)
      rest(user, tell)
    }
  }

  private enqueue(user: User<State>): void {
    const due = this.sessions.dueAt(user.state)
    if (due === Number.POSITIVE_INFINITY) {
      user.queuedFor = due
      if (!user.idle) this.idle.add(user)
      user.idle = true
    } else if (due < user.queuedFor) this.queue.add(user, due)
  }

  private admit(name: string): User<State> {
    while (this.held.size >= this.options.maxUsers) this.makeRoom()
    const user = new User(
      name,
      this.sessions.create(),
      this.counts.forgotten + this.counts.evicted === 0,
    )
    this.held.set(name, user)
    return user
  }

  /** Forgets who has been idle longest; where no one is, closes who would be due first. */
  private makeRoom(): void {
    const idle = this.idle.takeOldest()
    if (idle !== undefined) {
      this.held.delete(idle.name)
      this.counts.forgotten++
      return
    }
    for (let user = this.queue.take(); user !== undefined; user = this.queue.take()) {
      const due = this.sessions.dueAt(user.state)
      if (due > this.queue.earliest) {
        this.queue.add(user, due)
        continue
      }
      this.tellAll([user], Number.POSITIVE_INFINITY, 'evicted', ({ state }, tell) => {
        this.sessions.finish(state, tell)
      })
      this.held.delete(user.name)
      this.counts.evicted++
      return
    }
  }

  finish(): void {
    const users: User<State>[] = []
    for (const user of this.held.values()) if (!user.idle) users.push(user)
    const due = (user: User<State>): number => this.sessions.dueAt(user.state)
    users.sort((a, b) => due(a) - due(b) || compareText(a.name, b.name))
    this.tellAll(users, Number.POSITIVE_INFINITY, 'open', ({ state }, tell) => {
      this.sessions.finish(state, tell)
    })
  }

  /** Returns the id under which it was told. */
  private tell(user: User<State>, closed: ClosedSession, how: Telling): string {
    const id = idOf(user, closed)
    const alive = how === 'open' && closed.endReason === 'gap' && this.edges.last < closed.closesAt
    const evicted = how === 'evicted' && closed.closesAt > this.watermark
    if (closed.revision === 0) this.counts.sessions++
    else this.counts.revisions++
    this.tellSession({
      user: user.name,
      id,
      number: user.numbered ? closed.number : null,
      previousEnd: closed.previousEnd,
      closed,
      endReason: evicted ? null : alive ? 'data_end' : closed.endReason,
      startCensored: this.isStartCensored(closed),
      endCensored: alive,
      open: alive,
      evicted,
    })
    return id
  }

  private isStartCensored({ session, previousEnd, started, firstReach }: ClosedSession): boolean {
    return Number.isNaN(previousEnd) && !started && session.start < this.edges.first + firstReach
  }

  *save(): Iterable<Saved> {
    yield [
      this.latest === Number.NEGATIVE_INFINITY ? null : this.latest,
      this.edges.first === Number.POSITIVE_INFINITY ? null : [this.edges.first, this.edges.last],
      this.counts,
    ]
    // Idle users in their order, so that the same are forgotten as without an interruption; first,
    // so that they make room where fewer can be held when it goes on.
    for (const user of this.idle.values()) yield this.saveUser(user)
    for (const user of this.held.values()) if (!user.idle) yield this.saveUser(user)
  }

  private saveUser({ name, numbered, state }: User<State>): Saved {
    return [name, numbered ? 1 : 0, this.sessions.save(state)]
  }

  load(saved: Iterable<unknown>): void {
    let header = true
    for (const line of saved) {
      if (header) this.loadHeader(asList(line))
      else this.loadUser(asList(line))
      header = false
    }
  }

  private loadHeader([latest, edges, counts]: Saved): void {
    if (latest !== null) {
      this.latest = asNumber(latest)
      this.watermark = this.latest - this.options.latenessMicros
    }
    if (edges !== null) for (const edge of asList(edges)) this.edges.keep(asNumber(edge))
    Object.assign(this.counts, counts)
  }

  private loadUser([name, numbered, state]: Saved): void {
    while (this.held.size >= this.options.maxUsers) this.makeRoom()
    const user = new User(asText(name), this.sessions.load(asList(state)), numbered === 1)
    this.held.set(user.name, user)
    this.enqueue(user)
  }
}

const idOf = ({ name }: { readonly name: string }, { session, place }: ClosedSession): string =>
  sessionId(name, session.start, place)
