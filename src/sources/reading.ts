/**
 * The SQL that reads a group's files: a relation with just the needed columns, and how a field is
 * taken out of its rows.
 */
import { readCsv, readJson, readParquet } from '../engines/files.js'
import { join, raw, type Sql, sql, text } from '../sql/sql.js'
import { type Field, textBelow } from './field.js'
import {
  type Column,
  type CsvLayout,
  type NumberedFile,
  readAs,
  type SourceGroup,
} from './group.js'
import { jsonCompression, jsonReading, jsonWithText, numberedJson } from './json-reading.js'
import { noText } from './json-shape.js'
import { isLogRow, parsedLines } from './log-lines.js'
import { LONGEST_LINE_BYTES } from './long-lines.js'
import { placed } from './partition-columns.js'
import { fileNumber, paths, type Reading, type ReadOptions } from './row-relation.js'
import { partsOf } from './source.js'
import { elementsOfTyped } from './unnest.js'

/** A buffer for text: the engine takes eight of them, whatever the memory limit. */
const BUFFER_BYTES = 2 * LONGEST_LINE_BYTES
export const readGroup = (
  group: SourceGroup,
  fields: readonly Field[],
  { whole = false }: ReadOptions = {},
): Reading => placed(group, readFiles(group, fields, whole))

function readFiles(group: SourceGroup, fields: readonly Field[], whole: boolean): Reading {
  switch (group.format) {
    case 'parquet':
    case 'arrow':
      return whole
        ? parquetReading(
            group,
            withDigest(group, parquetReader(group)),
            sql`__sz_position`,
            sql`__sz_digest`,
          )
        : parquetReading(group, parquetReader(group), sql`file_index`, noText)
    case 'csv':
      return csvReading(group, whole)
    case 'log':
      return logReading(group, lines(group, true), whole)
    case 'ndjson':
    case 'json':
      return jsonReading(group, fields, whole)
  }
}

/**
 * One file's rows in order, for saying where offending ones are: `__sz_row` (1-based, headers not
 * counted) and `__sz_record` (the row as text). One thread reads it, so it is only used when there is
 * something to point at.
 *
 * @param broken of JSON: a relation of `row` and `text`, lines that are no JSON as they stand
 */
export const readNumbered = (
  group: SourceGroup,
  file: NumberedFile,
  fields: readonly Field[],
  broken: Sql | undefined,
): Reading => placed(group, readOne(group, file, fields, broken))

function readOne(
  group: SourceGroup,
  file: NumberedFile,
  fields: readonly Field[],
  broken: Sql | undefined,
): Reading {
  const alone: SourceGroup = { ...group, files: [file] }
  const number = sql`${file.number}`
  switch (group.format) {
    case 'parquet':
    case 'arrow': {
      const parts = partsOf(file)
      const row =
        parts.length === 1
          ? sql`file_row_number + 1`
          : sql`row_number() OVER (ORDER BY file_index, file_row_number)`
      // Of all files, as its columns are among those of all of them.
      const rows = sql`(SELECT *, ${record(group)} AS __sz_record, ${row} AS __sz_row FROM ${parquetReader(group)} WHERE filename IN (${join(parts.map(text))}))`
      return parquetReading(alone, rows, sql`0`, noText)
    }
    case 'csv': {
      const rows = sql`(SELECT *, ${record(group)} AS __sz_record, row_number() OVER () AS __sz_row FROM ${csvReader(alone, false)})`
      return { ...csvReading(alone, false), from: rows, file: number }
    }
    case 'log': {
      const numbered = sql`(SELECT line, line AS __sz_record, row_number() OVER () AS __sz_row FROM ${lineReader([file], false)} WHERE ${isLogRow(logLayoutOf(group))})`
      return { ...logReading(alone, numbered, false), file: number }
    }
    case 'ndjson':
    case 'json':
      return numberedJson(group, file, fields, broken)
  }
}

/** A file's rows in order, each with its columns as one JSON object: `__sz_record`. */
export function readObjects(
  group: SourceGroup,
  file: NumberedFile,
  fields: readonly Field[],
): Reading {
  if (group.format === 'ndjson') return jsonWithText(group, file, fields)
  const reading = readNumbered(group, file, fields, undefined)
  if (group.format !== 'log') return reading
  const from = sql`(SELECT * EXCLUDE (__sz_record), ${record(group)} AS __sz_record FROM ${reading.from})`
  return { ...reading, from }
}

const isOfFile = ({ partition, standsFor, readAs: name }: Column): boolean =>
  partition !== true && standsFor === undefined && name.startsWith('c')

/** A row as JSON, under the file's own names. */
const record = ({ columns }: SourceGroup): Sql =>
  sql`CAST(json_object(${join(columns.filter(isOfFile).map((column) => sql`${text(column.name)}, ${raw(column.readAs)}`))}) AS VARCHAR)`

/** Of 32 hexadecimal digits; two rows with one digest are alike in all columns. */
const withDigest = (group: SourceGroup, reader: Sql): Sql =>
  sql`(SELECT *, file_index AS __sz_position, md5(${record(group)}) AS __sz_digest FROM ${reader})`

function parquetReading(group: SourceGroup, rows: Sql, position: Sql, digest: Sql): Reading {
  const { unnest = [] } = group
  const element = unnest.at(-1)?.column.readAs
  const placed = sql`(SELECT *, ${position} AS __sz_element_position FROM ${rows})`
  return {
    from: element === undefined ? rows : elementsOfTyped(unnest, placed),
    file: fileNumber(group, element === undefined ? position : sql`__sz_element_position`),
    refused: noText,
    digest:
      element === undefined
        ? digest
        : sql`md5(${digest} || md5(CAST(to_json(${raw(element)}) AS VARCHAR)))`,
    text: typedField,
    exact: typedField,
    value: ({ column, path }) =>
      path.length === 0 ? raw(column.readAs) : textBelow(raw(column.readAs), column.type, path),
  }
}

const typedField = ({ column, path }: Field): Sql =>
  textBelow(raw(column.readAs), column.type, path)

function csvReading(group: SourceGroup, whole: boolean): Reading {
  const reader = csvReader(group, true)
  return {
    from: whole ? withDigest(group, reader) : reader,
    file: fileNumber(group, whole ? sql`__sz_position` : sql`file_index`),
    refused: noText,
    digest: whole ? sql`__sz_digest` : noText,
    text: typedField,
    exact: typedField,
    value: typedField,
  }
}

function logReading(group: SourceGroup, rows: Sql, whole: boolean): Reading {
  return {
    from: parsedLines(logLayoutOf(group), rows),
    file: fileNumber(group, sql`__sz_position`),
    refused: sql`__sz_refused`,
    digest: whole ? sql`md5(line)` : noText,
    text: typedField,
    exact: typedField,
    value: typedField,
  }
}

const lines = (group: SourceGroup, parallel: boolean): Sql =>
  sql`(SELECT line, file_index AS __sz_position FROM ${lineReader(group.files, parallel)} WHERE ${isLogRow(logLayoutOf(group))})`

const logLayoutOf = ({ log }: SourceGroup) => log ?? ({ kind: 'access' } as const)

const parquetReader = (group: SourceGroup): Sql =>
  sql`${readParquet(paths(group), sql`union_by_name = true`)} AS r(${join(readerNames(group))})`

const readerNames = ({ width }: SourceGroup): Sql[] =>
  Array.from({ length: width }, (_, i) => raw(readAs(i)))

/** Rows that are wider or narrower than the header are rejected; `CSV_REJECTS` tells of them. */
function csvReader(group: SourceGroup, parallel: boolean): Sql {
  const names = readerNames(group)
  const {
    header = true,
    skip = 0,
    comment,
    mixedLineEnds = false,
    bareEscapes = false,
  } = group.csv ?? {}
  const options = [
    sql`auto_detect = false`,
    sql`header = ${raw(String(header))}`,
    sql`columns = {${join(names.map((name) => sql`${name}: 'VARCHAR'`))}}`,
    csvDialect(group.csv),
    sql`max_line_size = ${LONGEST_LINE_BYTES}, buffer_size = ${BUFFER_BYTES}`,
    sql`compression = ${compressionOf(group.files)}`,
    sql`store_rejects = true`,
    // Only the lenient parser takes both line ends, and only when told which one counts.
    // It alone takes escapes without quotes.
    ...(mixedLineEnds || bareEscapes ? [sql`strict_mode = false`, sql`new_line = '\\n'`] : []),
    ...(skip > 0 ? [sql`skip = ${skip}`] : []),
    ...(parallel ? [] : [sql`parallel = false`]),
  ]
  const reader = readCsv(paths(group), ...options)
  if (comment !== undefined) {
    // The engine's own option takes comments out of the middle of values too.
    const [first = raw('NULL')] = names
    const all = sql`concat(${join(names)}) IS NOT NULL`
    return sql`(SELECT *, file_index FROM ${reader} WHERE ${all} AND NOT starts_with(coalesce(${first}, ''), ${text(comment)}))`
  }
  if (group.csv?.allColumns !== true && parallel) return reader
  // Never false, but only known to be so when all are read.
  return sql`(SELECT *, file_index FROM ${reader} WHERE concat(${join(names)}) IS NOT NULL)`
}

const STANDARD_CSV = { delimiter: ',', quote: '"', escape: '"' } as const

const csvDialect = (layout: CsvLayout | undefined): Sql => {
  const { delimiter, quote, escape: escapes } = layout ?? STANDARD_CSV
  return sql`delim = ${text(delimiter)}, quote = ${text(quote)}, escape = ${text(escapes)}`
}

/** What becomes of lines that cannot be read: written down for `rejectedLines`, or passed over. */
type BadLines = 'recorded' | 'ignored'

/** The reader wants a delimiter, and takes none for NUL, which damaged lines do hold. */
const NO_DELIMITER = '\x1f\x1e\x1d'

/** One row per line, as text, whatever ends it. Lines that are not UTF-8 or too long cannot be read. */
export const lineReader = (
  files: readonly NumberedFile[],
  parallel = true,
  bad: BadLines = 'recorded',
): Sql =>
  readCsv(
    paths({ files }),
    sql`auto_detect = false, header = false, columns = {'line': 'VARCHAR'}`,
    sql`delim = ${text(NO_DELIMITER)}, quote = '', escape = '', strict_mode = false, new_line = '\\n'`,
    sql`max_line_size = ${LONGEST_LINE_BYTES}, buffer_size = ${BUFFER_BYTES}`,
    sql`compression = ${compressionOf(files)}`,
    sql`${raw(bad === 'recorded' ? 'store_rejects' : 'ignore_errors')} = true`,
    sql`parallel = ${raw(String(parallel))}`,
  )

/**
 * Fails on a line that is too long for `lineReader`: the JSON reader says so where a line is twice
 * as long as its `maximum_object_size`, and soon gives up on what is no JSON.
 */
export const lineProbe = (file: NumberedFile): Sql =>
  sql`SELECT count(*) AS n FROM ${readJson(
    [file.path],
    sql`format = 'newline_delimited', ignore_errors = true, records = false`,
    sql`columns = {line: 'VARCHAR'}, compression = ${jsonCompression([file])}`,
    sql`maximum_object_size = ${LONGEST_LINE_BYTES / 2}`,
  )}`

/** Number of the engine's latest scan that could not read some line. */
export const LATEST_REJECTING_SCAN: Sql = sql`SELECT max(scan_id) AS scan FROM reject_scans`

/** Scans by number: those after `after` up to `upTo`. */
export interface ScanSpan {
  readonly after: bigint
  readonly upTo: bigint
}

/**
 * Lines that the last of these scans of each path could not parse: `path`, `line`, `text`,
 * `problem`, and `lines`, how many lines a quote that is never closed has swallowed.
 */
export const rejectedLines = ({ after, upTo }: ScanSpan, comment = ''): Sql => sql`
  SELECT s.file_path AS path, e.line AS line, any_value(e.csv_line) AS text, min(e.error_message) AS problem,
    max(CASE
      WHEN e.error_type = 'LINE SIZE OVER MAXIMUM' OR (length(e.csv_line) - length(replace(e.csv_line, s.quote, ''))) % 2 = 0 THEN 1
      ELSE 1 + length(rtrim(e.csv_line, chr(10) || chr(13))) - length(replace(rtrim(e.csv_line, chr(10) || chr(13)), chr(10), ''))
    END) AS lines
  FROM reject_errors AS e
  JOIN reject_scans AS s USING (scan_id, file_id)
  WHERE scan_id = (SELECT max(latest.scan_id) FROM reject_scans AS latest WHERE latest.file_path = s.file_path AND latest.scan_id > ${after} AND latest.scan_id <= ${upTo})
    AND (${text(comment)} = '' OR NOT starts_with(ltrim(e.csv_line), ${text(comment)}))
  GROUP BY ALL`

/** Files of a group are compressed alike, whatever their names say. */
const compressionOf = (files: readonly NumberedFile[]): Sql => text(files[0]?.compression ?? 'none')

/** More rows than a file can have. */
const ROWS_PER_FILE = 2n ** 40n

/**
 * Numbers that rows of Parquet have by themselves, growing with files and with the rows of each.
 *
 * @param partsBefore parts of the files of other groups, whose rows come first
 */
export const rowNumber = (partsBefore: number): Sql =>
  sql`(CAST(file_index AS BIGINT) + ${partsBefore}) * ${ROWS_PER_FILE} + file_row_number`
