/** Where the records of CSV end: a line end inside quotes is part of a value. */
import type { CsvShape } from './recognised.js'

const [NEWLINE, CARRIAGE_RETURN] = [10, 13]

export class CsvRecords {
  private quoted = false
  private atFieldStart = true
  /** The byte before was a quote that ends the value, or the first of two that stand for one. */
  private afterQuote = false
  private escaped = false
  private readonly delimiter: number
  private readonly quote: number
  /** Undefined where a quote is escaped by doubling it. */
  private readonly escape: number | undefined

  constructor({ delimiter, quote, escape: escapes }: Omit<CsvShape, 'header'>) {
    this.delimiter = delimiter.charCodeAt(0)
    // NaN where there are no quotes, which no byte equals.
    this.quote = quote.charCodeAt(0)
    this.escape = escapes === quote || escapes === '' ? undefined : escapes.charCodeAt(0)
  }

  /** Inside a value that began with a quote. */
  get unclosed(): boolean {
    return this.quoted && !this.afterQuote
  }

  /** The end of the last record that ends in the chunk; 0 when none does. Chunks come in order. */
  lastEnd(chunk: Buffer): number {
    let end = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]
      if (this.quoted && this.isQuoted(byte)) continue
      if (byte === NEWLINE) {
        end = i + 1
        this.atFieldStart = true
      } else if (byte === this.delimiter) this.atFieldStart = true
      else if (byte === this.quote && this.atFieldStart) {
        this.quoted = true
        this.atFieldStart = false
      } else if (byte !== CARRIAGE_RETURN) this.atFieldStart = false
    }
    return end
  }

  /** Whether a byte after an opening quote still belongs to the value. */
  private isQuoted(byte: number | undefined): boolean {
    if (this.escaped) {
      this.escaped = false
      return true
    }
    if (byte === this.quote) {
      this.afterQuote = !this.afterQuote
      return true
    }
    if (this.afterQuote) {
      this.afterQuote = false
      this.quoted = false
      return false
    }
    this.escaped = byte === this.escape
    return true
  }
}
