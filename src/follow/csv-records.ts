/** Where the records of CSV end: a line end inside quotes is part of a value. */

const [QUOTE, NEWLINE, CARRIAGE_RETURN] = [34, 10, 13]

export class CsvRecords {
  private quoted = false
  private atFieldStart = true
  private lastWasQuote = false
  private readonly delimiter: number

  constructor(delimiter: string) {
    this.delimiter = delimiter.charCodeAt(0)
  }

  /** Inside a value that began with a quote. */
  get unclosed(): boolean {
    return this.quoted && !this.lastWasQuote
  }

  /** The end of the last record that ends in the chunk; 0 when none does. Chunks come in order. */
  lastEnd(chunk: Buffer): number {
    let end = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]
      if (this.quoted) {
        if (byte === QUOTE) {
          // Two quotes stand for one; the second is seen as the start of more quoted text.
          this.lastWasQuote = !this.lastWasQuote
          continue
        }
        if (!this.lastWasQuote) continue
        this.quoted = false
        this.lastWasQuote = false
      }
      if (byte === NEWLINE) {
        end = i + 1
        this.atFieldStart = true
      } else if (byte === this.delimiter) this.atFieldStart = true
      else if (byte === QUOTE && this.atFieldStart) {
        this.quoted = true
        this.atFieldStart = false
      } else if (byte !== CARRIAGE_RETURN) this.atFieldStart = false
    }
    return end
  }
}
