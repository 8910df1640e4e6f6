/** A user who is held: with open sessions, or idle, when only the count of sessions is remembered. */
import type { UserState } from './session-rules.js'

export class User<State extends UserState> {
  /** The due time under which the user is queued; infinite when not. */
  queuedFor = Number.POSITIVE_INFINITY
  /** Neighbours in the list of idle users. */
  older: User<State> | undefined
  newer: User<State> | undefined
  idle = false

  constructor(
    readonly name: string,
    readonly state: State,
    /** False where an earlier stay may have been forgotten: then its sessions cannot be numbered. */
    readonly numbered: boolean,
  ) {}
}

/** Idle users, longest idle first. Linked, because one may leave from anywhere. */
export class IdleUsers<State extends UserState> {
  private oldest: User<State> | undefined
  private newest: User<State> | undefined
  size = 0

  add(user: User<State>): void {
    if (user.idle) return
    user.idle = true
    user.older = this.newest
    if (this.newest === undefined) this.oldest = user
    else this.newest.newer = user
    this.newest = user
    this.size++
  }

  remove(user: User<State>): void {
    if (!user.idle) return
    const { older, newer } = user
    if (older === undefined) this.oldest = newer
    else older.newer = newer
    if (newer === undefined) this.newest = older
    else newer.older = older
    user.older = undefined
    user.newer = undefined
    user.idle = false
    this.size--
  }

  *values(): Iterable<User<State>> {
    for (let user = this.oldest; user !== undefined; user = user.newer) yield user
  }

  takeOldest(): User<State> | undefined {
    const user = this.oldest
    if (user !== undefined) this.remove(user)
    return user
  }
}
