/**
 * CSV for spreadsheets, which run a cell that begins like a formula: such a cell gets an apostrophe
 * in front, which shows it as text (OWASP, "CSV Injection"). Plain numbers are left alone, and so is
 * every other byte. Works on pieces, so that a table of any size passes through.
 */
export class SafeCsv {
  private cell = ''
  private quoted = false
  /** After a quote inside quotes: either its double or the end. */
  private closing = false

  /** What can be written so far. */
  push(text: string): string {
    let out = ''
    for (const character of text) {
      if (this.quoted && !this.closing) {
        this.cell += character
        if (character === '"') this.closing = true
        continue
      }
      if (this.closing && character === '"') {
        this.cell += character
        this.closing = false
        continue
      }
      if (this.closing) {
        this.quoted = false
        this.closing = false
      }
      if (character === ',' || character === '\n' || character === '\r') {
        out += this.take() + character
      } else {
        if (character === '"' && this.cell === '') this.quoted = true
        this.cell += character
      }
    }
    return out
  }

  /** What is left when there is no more. */
  end(): string {
    return this.take()
  }

  private take(): string {
    const { cell } = this
    this.cell = ''
    return defused(cell)
  }
}

export function safeCsv(text: string): string {
  const stream = new SafeCsv()
  return stream.push(text) + stream.end()
}

/** Also the full-width forms, which some spreadsheets fold. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/
const NUMBER = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/

function defused(cell: string): string {
  const quoted = cell.startsWith('"')
  const content = quoted ? cell.slice(1, -1) : cell
  if (!FORMULA.test(content) || NUMBER.test(content)) return cell
  return quoted ? `"'${content}"` : `'${content}`
}
