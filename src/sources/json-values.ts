/**
 * JSON in which objects do not stand one on a line or in one array: several on a line, arrays on lines,
 * arrays one after the other, commas at ends of lines, sequences (RFC 7464), rows of values under a row
 * of names. Such a file is copied with one object on a line. Every byte is looked at, which costs more
 * than the engine's own reading, so what the engine reads as it stands never comes here.
 *
 * What is damaged becomes a line as it stands, and takes no other along.
 */
import type { Bytes } from './bytes.js'

const LINE_FEED = 10
const RETURN = 13
const SPACE = 32
const TAB = 9
const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
const OPEN_LIST = 91
const CLOSE_LIST = 93
/** Stands before each text of a sequence. */
const RECORD = 30
export const SEQUENCE = String.fromCharCode(RECORD)

export interface ValueOptions {
  /** No value goes on on the next line, so that a damaged one ends with its own. */
  readonly lines: boolean
  /** The first list of texts names the values of those after it. */
  readonly named?: boolean
}

const isBlank = (byte: number): boolean =>
  byte === SPACE || byte === TAB || byte === LINE_FEED || byte === RETURN

/** The same with one value on a line; what is between values is left out. */
export async function* oneOnALine(bytes: Bytes, options: ValueOptions): AsyncGenerator<Buffer> {
  const values = new Values({ ...options, named: true })
  for await (const chunk of bytes) {
    values.add(chunk)
    if (values.waiting > 1 << 20) yield values.take()
  }
  values.end()
  yield values.take()
}

/** Each value of a text; undefined where something in it is damaged. */
export function valuesOf(line: string): string[] | undefined {
  const values = new Values({ lines: true })
  values.add(Buffer.from(line))
  values.end()
  if (values.damaged > 0) return undefined
  const text = values.take().toString()
  return text === '' ? [] : text.trimEnd().split('\n')
}

class Values {
  waiting = 0
  damaged = 0
  private out: Buffer[] = []
  /** What has come of the value, or of what is none. */
  private parts: Buffer[] = []
  /** Between a value and what comes behind it. */
  private blanks: number[] = []
  private state: 'between' | 'listed' | 'value' | 'ended' | 'garbage' = 'between'
  private depth = 0
  private inText = false
  private escaped = false
  /** Lists around the values that are open. */
  private lists = 0
  /** Columns before the line's first letter; of the line on which the value began. */
  private indent = 0
  private atLineStart = true
  private valueIndent = 0
  private torn = false
  private names: readonly string[] | undefined

  constructor(
    private readonly options: ValueOptions,
    /** How often it is still looked for a value behind a damaged one. */
    private readonly searches = 20,
  ) {}

  take(): Buffer {
    const all = Buffer.concat(this.out)
    this.out = []
    this.waiting = 0
    return all
  }

  add(chunk: Buffer): void {
    // Where in the chunk the value that is not at its end began.
    let from = this.state === 'value' || this.state === 'garbage' ? 0 : -1
    const keep = (to: number): void => {
      if (from >= 0 && to > from) this.parts.push(chunk.subarray(from, to))
      from = -1
    }
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0
      const first = this.atLineStart && !isBlank(byte)
      if (byte === LINE_FEED) {
        this.atLineStart = true
        this.indent = 0
      } else if (this.atLineStart) {
        if (first) this.atLineStart = false
        else this.indent++
      }
      if (this.state === 'value') {
        if (this.breaksOff(byte, first)) {
          keep(at)
          this.emit(true)
          this.state = 'between'
        } else {
          if (!this.goesOn(byte)) continue
          keep(at + 1)
          this.state = 'ended'
          continue
        }
      }
      if (this.state === 'garbage') {
        if (byte === QUOTE) this.inText = !this.inText
        const next = this.lists > 0 && !this.inText && (byte === COMMA || byte === CLOSE_LIST)
        const over = byte === LINE_FEED || byte === RECORD || (byte === OPEN_OBJECT && first)
        if (!over && !next) continue
        keep(at)
        this.emit(true)
        this.state = 'between'
      }
      if (this.state === 'ended') {
        // A list that is not open cannot be closed.
        const separates =
          byte === COMMA || byte === RECORD || (byte === CLOSE_LIST && this.lists > 0)
        if (byte === LINE_FEED || separates || byte === OPEN_OBJECT || byte === OPEN_LIST) {
          this.emit(false)
          this.state = 'between'
        } else if (isBlank(byte)) {
          this.blanks.push(byte)
          continue
        } else {
          this.state = 'garbage'
          this.inText = byte === QUOTE
          this.parts.push(Buffer.from(this.blanks))
          from = at
          continue
        }
      }
      if (this.state === 'listed') {
        if (isBlank(byte)) continue
        const row = byte !== OPEN_OBJECT && byte !== OPEN_LIST && byte !== CLOSE_LIST
        this.state = 'between'
        if (row) {
          // A list of values and not of rows: it is a row itself.
          this.lists--
          this.begin()
          this.parts.push(Buffer.from('['))
          from = at
          if (this.goesOn(byte)) this.state = 'ended'
          continue
        }
      }
      if (isBlank(byte) || byte === COMMA || byte === RECORD) continue
      if (byte === OPEN_LIST) {
        this.lists++
        this.state = 'listed'
      } else if (byte === CLOSE_LIST && this.lists > 0) this.lists--
      else if (byte === OPEN_OBJECT) {
        this.begin()
        from = at
      } else {
        this.state = 'garbage'
        this.inText = byte === QUOTE
        from = at
      }
    }
    keep(chunk.length)
  }

  end(): void {
    if (this.state === 'value' || this.state === 'garbage') this.emit(true)
    else if (this.state === 'ended') this.emit(false)
    this.state = 'between'
  }

  private begin(): void {
    this.state = 'value'
    this.depth = 1
    this.inText = false
    this.escaped = false
    this.valueIndent = this.indent
    this.torn = false
  }

  /** Whether the value is damaged, as another begins where none can. */
  private breaksOff(byte: number, first: boolean): boolean {
    if (byte === RECORD) return true
    if (byte === LINE_FEED) {
      if (this.options.lines) return true
      // A line end in a text is damage, which the text does not outlast.
      if (this.inText) this.torn = true
      this.inText = false
    }
    // What is written over lines is further in than where it began.
    return byte === OPEN_OBJECT && first && this.indent <= this.valueIndent
  }

  /** Takes a byte of a value. @returns whether it was its last */
  private goesOn(byte: number): boolean {
    if (this.escaped) this.escaped = false
    else if (this.inText) {
      if (byte === BACKSLASH) this.escaped = true
      else if (byte === QUOTE) this.inText = false
    } else if (byte === QUOTE) this.inText = true
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.depth++
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) return --this.depth === 0
    return false
  }

  private emit(broken: boolean): void {
    const damaged = broken || this.torn
    this.torn = false
    const value = Buffer.concat(this.parts)
    this.parts = []
    this.blanks = []
    if (damaged) {
      const rest = afterDamage(value)
      if (rest < value.length && this.searches > 0) {
        this.write(value.subarray(0, rest), true)
        const others = new Values(this.options, this.searches - 1)
        others.add(value.subarray(rest))
        others.end()
        this.damaged += others.damaged
        this.push(others.take())
        return
      }
    }
    this.write(value, damaged)
  }

  private write(value: Buffer, damaged: boolean): void {
    if (damaged) this.damaged++
    const row =
      value[0] === OPEN_LIST && !damaged && this.options.named === true ? this.named(value) : value
    if (row === undefined || row.length === 0) return
    for (let at = row.indexOf(LINE_FEED); at >= 0; at = row.indexOf(LINE_FEED, at + 1)) {
      row[at] = damaged ? TAB : SPACE
    }
    this.push(row)
    this.push(Buffer.from('\n'))
  }

  private push(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.out.push(bytes)
    this.waiting += bytes.length
  }

  /** A row of values as an object; undefined of the rows that say what the columns are. */
  private named(row: Buffer): Buffer | undefined {
    const cells = cellsOf(row)
    if (cells === undefined) return row
    const texts = cells.every((cell) => cell.startsWith('"'))
    if (this.names === undefined && texts) {
      this.names = cells
      return undefined
    }
    const { names } = this
    if (names === undefined || names.length !== cells.length) return row
    if (texts && cells.every((cell) => COLUMN_TYPE.test(cell))) return undefined
    return Buffer.from(`{${cells.map((cell, i) => `${names[i]}:${cell}`).join(',')}}`)
  }
}

/** As ClickHouse writes them below the names. */
const COLUMN_TYPE =
  /^"(Nullable|LowCardinality|Array|Map|Tuple|Enum\d+|DateTime(64)?|Decimal\d*|FixedString)\(.*"$|^"(String|U?Int\d+|B?Float\d+|Bool|Date(32|Time|Time64)?|UUID|IPv[46]|JSON|Dynamic)"$/

/** The values of a list as they are written; undefined where it is damaged. */
function cellsOf(row: Buffer): string[] | undefined {
  try {
    const list: unknown = JSON.parse(row.toString())
    if (!Array.isArray(list)) return undefined
  } catch {
    return undefined
  }
  const text = row.toString()
  const cells: string[] = []
  let depth = 0
  let start = 1
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/gs)) {
    if (token === '[' || token === '{') depth++
    else if (token === ']' || token === '}') depth--
    if ((token === ',' && depth === 1) || depth === 0) {
      cells.push(text.slice(start, index).trim())
      start = index + 1
    }
  }
  return cells
}

/** Where in damaged text another object begins beyond doubt; its length where none does. */
function afterDamage(value: Buffer): number {
  const at = value.indexOf('}{"')
  return at < 0 ? value.length : at + 1
}

/** Whether some line may hold anything but one object. */
export async function mayHoldOthers(bytes: Bytes): Promise<boolean> {
  let rest = ''
  for await (const chunk of bytes) {
    const text = rest + chunk.toString('latin1')
    if (/\}\s{0,9},?[ \t]{0,9}\{|\},[ \t]{0,9}\r?\n|(^|\n)[ \t]{0,9}[[,]/.test(text)) return true
    if (text.includes(SEQUENCE)) return true
    rest = text.slice(-64)
  }
  return false
}
