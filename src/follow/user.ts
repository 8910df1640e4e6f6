import type { Linked } from './oldest-first.js'
import type { UserState } from './session-rules.js'

/** A user who is held: with open sessions, or idle, when only the count of sessions is remembered. */
export class User<State extends UserState> implements Linked<User<State>> {
  /** The due time under which the user is queued; infinite when not. */
  queuedFor = Number.POSITIVE_INFINITY
  idle = false
  /** Among those who are idle. */
  older: User<State> | undefined
  newer: User<State> | undefined

  constructor(
    readonly name: string,
    readonly state: State,
    /** False where an earlier stay may have been forgotten: then its sessions cannot be numbered. */
    readonly numbered: boolean,
  ) {}
}
