/** Members of a list, who know their neighbours: one may leave from anywhere. */
export interface Linked<Member> {
  older: Member | undefined
  newer: Member | undefined
}

/** In the order in which they were added. */
export class OldestFirst<Member extends Linked<Member>> {
  private oldest: Member | undefined
  private newest: Member | undefined

  /** @param member who is in no list. */
  add(member: Member): void {
    member.older = this.newest
    if (this.newest === undefined) this.oldest = member
    else this.newest.newer = member
    this.newest = member
  }

  /** @param member who is in this list. */
  remove(member: Member): void {
    const { older, newer } = member
    if (older === undefined) this.oldest = newer
    else older.newer = newer
    if (newer === undefined) this.newest = older
    else newer.older = older
    member.older = undefined
    member.newer = undefined
  }

  takeOldest(): Member | undefined {
    const member = this.oldest
    if (member !== undefined) this.remove(member)
    return member
  }

  *values(): Iterable<Member> {
    for (let member = this.oldest; member !== undefined; member = member.newer) yield member
  }
}
