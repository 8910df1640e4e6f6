/** How a table in text is laid out, by its first lines: separator, quotes, header or none. */
import { sniffDelimiter } from './delimiter.js'
import type { CsvLayout, FixedLayout, WrittenCsv } from './group.js'
import { uniqueNames } from './log-lines.js'

export interface DescribedCsv {
  readonly layout: CsvLayout
  readonly names: readonly string[]
  /** The file is a header and nothing else, which may belong to another file. */
  readonly loneHeader: boolean
  /** Columns that hold times or ids in its first row. */
  readonly dated: readonly number[]
}

/**
 * @param lines the first lines of the file
 * @param complete they are the whole file
 * @param seen the delimiter as the sources saw it; sniffed from the lines when they could not look
 */
export function describeCsv(
  lines: readonly string[],
  complete: boolean,
  seen: string | undefined,
  fixed: readonly FixedLayout[],
  written: WrittenCsv = {},
): DescribedCsv {
  const { firstColumn = 1, comment } = written
  const named = /^\ufeff?"?sep=(.)"?\r?$/i.exec(lines[0] ?? '')?.[1]
  const said = written.delimiter ?? named
  const all = lines.map((line) => `${line}\n`).join('')
  const usual = { allColumns: false, mixedLineEnds: false, evened: false } as const
  const given = comment === undefined ? {} : { comment }
  for (const separator of new Set([said ?? '\t', said ?? seen ?? ','])) {
    const known = fixed.find((layout) => fits(layout, splitRecords(all, separator, '', '')))
    if (known === undefined) continue
    return {
      layout: {
        delimiter: separator,
        quote: '',
        escape: '',
        header: false,
        skip: written.skip ?? 0,
        bareEscapes: false,
        ...given,
        ...usual,
      },
      names: known.columns,
      loneHeader: false,
      dated: [],
    }
  }
  const separator = said ?? seen ?? sniffDelimiter(all, complete)?.delimiter ?? ','
  const skip = written.skip ?? (named === undefined ? titleLines(lines, separator, comment) : 1)
  const rows = lines
    .slice(skip)
    .filter((line) => comment === undefined || !line.startsWith(comment))
  const head = rows.map((line) => `${line}\n`).join('')
  const plain = splitRecords(head, separator, '', '')
  const bareEscapes = isBareEscaped(head, separator)
  const { quote, escape: escapes } = bareEscapes
    ? ({ quote: '', escape: '\\' } as const)
    : quoting(head, plain, separator)
  const records = splitRecords(head, separator, quote, escapes)
  const [first = []] = records
  const header = written.header ?? !first.some(isData)
  // The first of a file without a header may be cut.
  const row = records.find((record) => record.length === usualWidth(records)) ?? first
  return {
    layout: {
      delimiter: separator,
      quote,
      escape: escapes,
      header,
      skip,
      bareEscapes,
      ...given,
      ...usual,
    },
    names: header
      ? uniqueNames(first.map((cell, i) => (i === 0 ? cell.replace(/^#\s*/, '') : cell).trim()))
      : row.map((_, i) => `column${i + firstColumn}`),
    loneHeader: header && complete && records.length === 1,
    dated: datedColumns(header ? records[1] : row),
  }
}

function usualWidth(records: readonly (readonly string[])[]): number {
  const times = new Map<number, number>()
  for (const { length } of records) times.set(length, (times.get(length) ?? 0) + 1)
  return [...times].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? 0
}

/** Where a record has values that are times or ids, by which files of one table are told. */
const datedColumns = (record: readonly string[] = []): number[] =>
  record.flatMap((cell, i) => (isData(cell) ? [i] : []))

/** More lines than stand above a table. */
const MOST_TITLES = 40

/** Lines of titles, comments and blanks above the header: they have fewer values than the table's rows. */
function titleLines(
  lines: readonly string[],
  separator: string,
  comment: string | undefined,
): number {
  const widths = lines.map((line) =>
    comment !== undefined && line.startsWith(comment)
      ? 0
      : (splitRecords(`${line}\n`, separator, '"', '"')[0]?.length ?? 0),
  )
  const rows = new Map<number, number>()
  for (const width of widths) if (width > 1) rows.set(width, (rows.get(width) ?? 0) + 1)
  const [width = 0] = [...rows].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? []
  const isRow = (i: number): boolean => widths[i] === width
  const cells = (i: number): string[] => splitRecords(`${lines[i]}\n`, separator, '"', '"')[0] ?? []
  let first = widths.findIndex((_, i) => isRow(i))
  // A comment may have as many values by chance; without another header it is one itself.
  while (lines[first]?.startsWith('#') === true) {
    const next = widths.findIndex((_, i) => i > first && isRow(i))
    if (next < 0 || cells(next).some(isData)) break
    first = next
  }
  if (first <= 0 || first > MOST_TITLES || cells(first).some(isData)) return 0
  // A header that is too narrow is damage, and no title.
  const narrow = widths
    .slice(0, first)
    .some((other, i) => other > 2 && other >= width - 1 && lines[i]?.startsWith('#') !== true)
  return narrow ? 0 : first
}

/** Backslashes before separators and line ends, and no quotes around values: as MySQL and Adobe write. */
function isBareEscaped(head: string, separator: string): boolean {
  if (separator === '\\' || !(head.includes(`\\${separator}`) || head.includes('\\\n'))) {
    return false
  }
  return !head.split(/\r?\n/).some((line) => line.startsWith('"') || line.includes(`${separator}"`))
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
  const backslashes =
    /[^"]\\"[^,;\t|\r\n]/.test(head) && !/[^,;\t|\n"]""/.test(head) && separator !== '\\'
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
    } else if (quote === '' && escapes !== '' && char === escapes) {
      cell += text[++i] ?? ''
      started = true
    } else if (quote !== '' && char === quote && !started) {
      quoted = true
      started = true
    } else if (char === separator[0] && text.startsWith(separator, i)) {
      i += separator.length - 1
      endCell()
    } else if (char === '\n') endRecord()
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
