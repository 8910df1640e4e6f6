import { compareText } from '../units/text-order.js'

/**
 * Users by the watermark at which they have something to settle: a binary heap. Ties go by name, so
 * that the order of the output depends on the input alone.
 *
 * A session that grows is due later, which happens with every event. The queue is not told: an entry
 * may be too early, and is then put back; only an entry that became too late must be added anew, and
 * `queuedFor` tells which of several counts.
 */
export class DueQueue<U extends { readonly name: string; queuedFor: number }> {
  private readonly times: number[] = []
  private readonly users: U[] = []

  get earliest(): number {
    return this.times[0] ?? Number.POSITIVE_INFINITY
  }

  add(user: U, due: number): void {
    user.queuedFor = due
    let at = this.times.length
    this.times.push(due)
    this.users.push(user)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.isBefore(at, parent)) return
      this.swap(at, parent)
      at = parent
    }
  }

  /** The earliest user whose entry still counts. */
  take(): U | undefined {
    for (;;) {
      const time = this.times[0]
      const user = this.removeFirst()
      if (user === undefined) return undefined
      if (user.queuedFor !== time) continue
      user.queuedFor = Number.POSITIVE_INFINITY
      return user
    }
  }

  private removeFirst(): U | undefined {
    const first = this.users[0]
    const lastTime = this.times.pop()
    const last = this.users.pop()
    if (last !== undefined && lastTime !== undefined && this.users.length > 0) {
      this.times[0] = lastTime
      this.users[0] = last
      this.sink()
    }
    return first
  }

  private sink(): void {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= this.times.length) return
      const right = left + 1
      const child = right < this.times.length && this.isBefore(right, left) ? right : left
      if (!this.isBefore(child, at)) return
      this.swap(child, at)
      at = child
    }
  }

  private isBefore(a: number, b: number): boolean {
    const x = this.times[a] ?? 0
    const y = this.times[b] ?? 0
    if (x !== y) return x < y
    return compareText(this.users[a]?.name ?? '', this.users[b]?.name ?? '') < 0
  }

  private swap(a: number, b: number): void {
    const time = this.times[a]
    const user = this.users[a]
    const otherTime = this.times[b]
    const otherUser = this.users[b]
    if (user === undefined || otherUser === undefined) return
    this.times[a] = otherTime ?? 0
    this.users[a] = otherUser
    this.times[b] = time ?? 0
    this.users[b] = user
  }
}
