/** How a table in text is laid out, by its first lines: separator, quotes, header or none. */
import { sniffDelimiter } from './delimiter.js'
import type { CsvLayout, FixedLayout } from './group.js'
import { uniqueNames } from './log-lines.js'

export interface DescribedCsv {
  readonly layout: CsvLayout
  readonly names: readonly string[]
  /** The file is a header and nothing else, which may belong to another file. */
  readonly loneHeader: boolean
}

/**
 * @param delimiter as the sources saw it; sniffed from `head` when they could not look
 * @param complete `head` is the whole file
 */
export function describeCsv(
  head: string,
  complete: boolean,
  delimiter: string | undefined,
  fixed: readonly FixedLayout[],
): DescribedCsv {
  const separator = delimiter ?? sniffDelimiter(head, complete)?.delimiter ?? ','
  const plain = splitRecords(head, separator, '', '')
  const known = fixed.find((layout) => fits(layout, plain))
  const usual = { allColumns: false, mixedLineEnds: false, evened: false } as const
  if (known !== undefined) {
    const layout = {
      delimiter: separator,
      quote: '',
      escape: '',
      header: false,
      ...usual,
    } as const
    return { layout, names: known.columns, loneHeader: false }
  }
  const { quote, escape: escapes } = quoting(head, plain, separator)
  const records = splitRecords(head, separator, quote, escapes)
  const [first = []] = records
  const header = !first.some(isData)
  return {
    layout: { delimiter: separator, quote, escape: escapes, header, ...usual },
    names: header
      ? uniqueNames(first.map((cell) => cell.trim()))
      : first.map((_, i) => `column${i + 1}`),
    loneHeader: header && complete && records.length === 1,
  }
}

function fits(
  { columns, recognise }: FixedLayout,
  records: readonly (readonly string[])[],
): boolean {
  const rows = records.slice(0, 20).filter((record) => record.length === columns.length)
  if (rows.length === 0 || rows.length * 2 < Math.min(records.length, 20)) return false
  return Object.entries(recognise).every(([name, pattern]) => {
    const at = columns.indexOf(name)
    return rows.filter((row) => new RegExp(pattern).test(row[at] ?? '')).length * 2 > rows.length
  })
}

/** A value that no one would name a column by: a date, an epoch, a UUID. */
const isData = (cell: string): boolean =>
  /^(\d{4}-\d{2}-\d{2}([ T].*)?|\d{9,19}(\.\d+)?|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i.test(
    cell.trim(),
  )

/** Double quotes unless the first rows show single ones, or JSON with escaped quotes. */
function quoting(
  head: string,
  plain: readonly (readonly string[])[],
  separator: string,
): Pick<CsvLayout, 'quote' | 'escape'> {
  const cells = plain.slice(1).flat()
  const single = cells.filter((cell) => /^'.*'$/.test(cell)).length
  const double = cells.filter((cell) => cell.startsWith('"')).length
  if (single > 0 && double === 0 && single >= plain.length - 1) return { quote: "'", escape: "'" }
  const backslashes = head.includes('{\\"') && !head.includes('{""') && separator !== '\\'
  return { quote: '"', escape: backslashes ? '\\' : '"' }
}

/** Records with their cells; the last one may be cut where the text is. */
export function splitRecords(
  text: string,
  separator: string,
  quote: string,
  escapes: string,
): string[][] {
  const records: string[][] = []
  let record: string[] = []
  let cell = ''
  let quoted = false
  let started = false
  const endCell = (): void => {
    record.push(cell)
    cell = ''
    started = false
  }
  const endRecord = (): void => {
    endCell()
    if (record.length > 1 || record[0] !== '') records.push(record)
    record = []
  }
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? ''
    if (quoted) {
      if (
        char === escapes &&
        (text[i + 1] === quote || (escapes !== quote && text[i + 1] === escapes))
      ) {
        cell += text[++i] ?? ''
      } else if (char === quote) quoted = false
      else cell += char
    } else if (quote !== '' && char === quote && !started) {
      quoted = true
      started = true
    } else if (char === separator) endCell()
    else if (char === '\n') endRecord()
    else if (char === '\r') {
      if (text[i + 1] !== '\n') endRecord()
    } else {
      cell += char
      started = true
    }
  }
  if (cell !== '' || record.length > 0) endRecord()
  return records
}
