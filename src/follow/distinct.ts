/** A set of texts that nearly always holds one: most sessions have few event names and one id. */
export class DistinctTexts {
  private one: string | undefined
  private many: Set<string> | undefined

  add(text: string): void {
    if (this.many !== undefined) this.many.add(text)
    else if (this.one === undefined) this.one = text
    else if (this.one !== text) this.many = new Set([this.one, text])
  }

  addAll(others: DistinctTexts): void {
    for (const text of others.values()) this.add(text)
  }

  get size(): number {
    return this.many?.size ?? (this.one === undefined ? 0 : 1)
  }

  values(): string[] {
    return this.many === undefined ? (this.one === undefined ? [] : [this.one]) : [...this.many]
  }
}
