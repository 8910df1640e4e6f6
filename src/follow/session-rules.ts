/**
 * How a user's events become sessions while more may come. There are two ways: a single gap needs
 * no order and merges (`gap-runs.ts`); other rules look at each event in its place (`ordered-cuts.ts`).
 */
import type { EndReason } from './cuts.js'
import type { StreamEvent } from './event.js'
import type { HeldSession } from './held-session.js'

/** A session that is ready to be told. */
export interface ClosedSession {
  readonly session: HeldSession
  /** Within the user, from 1. */
  readonly number: number
  /** End of the user's session before; NaN when there is none. */
  readonly previousEnd: number
  readonly endReason: EndReason
  /** Until when it took events, exclusive. */
  readonly closesAt: number
  /** How long after the first event of the data a session like it counts as cut by that edge. */
  readonly firstReach: number
  /** Whether a start event opened it, so that it was not cut by the start of the data. */
  readonly started: boolean
  /** Of sessions of one user that start in the same microsecond: 0, 1, ... */
  readonly place: number
  /** 0 when it is told for the first time. */
  readonly revision: number
  /** Ids under which it, or what became part of it, was told before. */
  readonly revises: readonly string[]
}

/** The first and the last event in a session so far; they decide which sessions the data's edges cut. */
export class DataEdges {
  first = Number.POSITIVE_INFINITY
  last = Number.NEGATIVE_INFINITY

  keep(micros: number): void {
    if (micros < this.first) this.first = micros
    if (micros > this.last) this.last = micros
  }
}

export interface UserState {
  /** Sessions that are over and no longer held. */
  closed: number
  /** End of the last of those; NaN when there is none. */
  previousEnd: number
}

/** The id of a told session is needed only where it may be told again. */
export type Tell = (closed: ClosedSession) => string

export interface SessionRules<State extends UserState> {
  create(): State
  /** Whether an event that is older than the watermark can still be placed without harm. */
  admitsLate(state: State | undefined, event: StreamEvent, watermark: number): boolean
  /** Returns true when the state may have something to tell earlier than before. */
  add(state: State, event: StreamEvent): boolean
  /** Moves the edges of the data as far as `take` will. */
  foresee(state: State, watermark: number): void
  /** Takes events whose turn has come; tells the sessions that end by them. After `foresee` of all. */
  take(state: State, watermark: number, tell: Tell): void
  /** Tells what no event from the watermark on can change any more, and lets go of it. After `take`. */
  settle(state: State, watermark: number, tell: Tell): void
  /** The watermark at which there is something to settle; infinite when nothing is held. */
  dueAt(state: State): number
  /** Whether there is anything that was not told yet, or not as it is now. */
  hasUntold(state: State): boolean
  /** Tells everything that is held, as it stands. After `take`. */
  finish(state: State, tell: Tell): void
  save(state: State): readonly unknown[]
  load(saved: readonly unknown[]): State
}
