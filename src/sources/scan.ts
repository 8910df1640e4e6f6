/**
 * Files as relations: which columns they have, and the SQL that reads just the needed ones.
 *
 * Files of one format and one header are read by a single table function, so that the engine
 * spreads them over its threads.
 */
import type { Engine } from '../engines/duckdb.js'
import { identifier, join, list, raw, type Sql, sql, text } from '../sql/sql.js'
import type { SourceFile } from './source.js'

export interface Column {
  readonly name: string
  /** As the engine spells it: `VARCHAR`, `BIGINT`, `STRUCT(plan VARCHAR)`. */
  readonly type: string
}

export interface NumberedFile extends SourceFile {
  /** Position in the sorted list of all files: the `file` column of every later stage. */
  readonly number: number
}

export interface SourceGroup {
  readonly format: SourceFile['format']
  readonly files: readonly NumberedFile[]
  readonly columns: readonly Column[]
}

/** A value inside a row: a column, or a path into a nested one. */
export interface Field {
  readonly column: Column
  /** Keys below the column; empty for the column itself. */
  readonly path: readonly string[]
}

const ACCESS_LOG_COLUMNS = [
  'ip',
  'auth_user',
  'time',
  'method',
  'path',
  'status',
  'bytes',
  'referer',
  'user_agent',
] as const
/** Common and combined log format; the request line may be anything. */
const ACCESS_LOG_PATTERN =
  '^(\\S+) \\S+ (\\S+) \\[([^\\]]+)\\] "(?:([A-Z]+) )?((?:[^"\\\\]|\\\\.)*?)(?: HTTP/[0-9.]+)?" (\\d{3}|-) (\\d+|-)(?: "((?:[^"\\\\]|\\\\.)*)" "((?:[^"\\\\]|\\\\.)*)")?'

/** How many rows are looked at to find the columns and types of schemaless files. */
const SAMPLE_ROWS = 20_480
const SAMPLE_FILES = 64

/** Groups files that one table function can read, and finds the columns of each group. */
export async function describeSources(
  engine: Engine,
  files: readonly SourceFile[],
): Promise<SourceGroup[]> {
  const numbered = files.map((file, number) => ({ ...file, number }))
  const groups: SourceGroup[] = []
  for (const format of ['parquet', 'arrow', 'ndjson', 'json', 'csv', 'log'] as const) {
    for (const compression of ['none', 'gzip', 'zstd'] as const) {
      const alike = numbered.filter(
        (file) => file.format === format && file.compression === compression,
      )
      if (alike.length === 0) continue
      if (format === 'csv') groups.push(...(await groupByHeader(engine, alike)))
      else groups.push({ format, files: alike, columns: await columnsOf(engine, format, alike) })
    }
  }
  return groups
}

async function columnsOf(
  engine: Engine,
  format: SourceFile['format'],
  files: readonly NumberedFile[],
): Promise<Column[]> {
  if (format === 'log') {
    return [...ACCESS_LOG_COLUMNS, 'visitor', 'request'].map((name) => ({ name, type: 'VARCHAR' }))
  }
  const sample = format === 'parquet' ? files : files.slice(0, SAMPLE_FILES)
  return engine.describe(sql`SELECT * FROM ${reader(format, sample)}`)
}

/** The engine cannot unite CSV headers and keep rejected lines at once, so each header is a group. */
async function groupByHeader(
  engine: Engine,
  files: readonly NumberedFile[],
): Promise<SourceGroup[]> {
  const byHeader = new Map<string, { files: NumberedFile[]; columns: Column[] }>()
  for (const file of files) {
    const columns = await engine.describe(
      sql`SELECT * FROM read_csv(${paths([file])}, header = true, all_varchar = true, ${csvDialect(file)}, ignore_errors = true, sample_size = 100)`,
    )
    const key = JSON.stringify([file.delimiter ?? ',', columns.map(({ name }) => name)])
    const group = byHeader.get(key)
    if (group === undefined) byHeader.set(key, { files: [file], columns })
    else group.files.push(file)
  }
  return [...byHeader.values()].map((group) => ({ format: 'csv', ...group }))
}

/** Finds `name` as a column, or as a dotted path below one (`properties.distinct_id`). */
export function findField(group: SourceGroup, name: string): Field | undefined {
  const exact =
    group.columns.find((column) => column.name === name) ??
    group.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
  if (exact !== undefined) return { column: exact, path: [] }
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const column = group.columns.find((candidate) => candidate.name === name.slice(0, dot))
    if (column !== undefined && isNested(column.type)) {
      return { column, path: splitPath(name.slice(dot + 1)) }
    }
  }
  return undefined
}

const isNested = (type: string): boolean => /^(STRUCT|MAP|JSON|VARCHAR)/.test(type)
const splitPath = (dotted: string): string[] => dotted.split('.')

/** The names that a user may give: columns, and one level below the nested ones. */
export function fieldNames(group: SourceGroup): string[] {
  return group.columns.flatMap(({ name, type }) => [
    name,
    ...structKeys(type).map((key) => `${name}.${key}`),
  ])
}

/** Keys of `STRUCT(a VARCHAR, "b c" BIGINT)`, in order. */
export function structKeys(type: string): string[] {
  if (!type.startsWith('STRUCT(')) return []
  const keys: string[] = []
  let depth = 0
  let expectKey = true
  const inner = type.slice('STRUCT('.length, -1)
  for (let i = 0; i < inner.length; i++) {
    const char = inner[i]
    if (expectKey) {
      const match = /^\s*(?:"((?:[^"]|"")*)"|([^\s]+))\s/.exec(inner.slice(i))
      if (match === null) break
      keys.push((match[1] ?? match[2] ?? '').replaceAll('""', '"'))
      i += match[0].length - 1
      expectKey = false
    } else if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === '"') {
      for (i++; i < inner.length && inner[i] !== '"'; i++);
    } else if (char === ',' && depth === 0) expectKey = true
  }
  return keys
}

/** A field's value as text: numbers keep all their digits. */
export function fieldText(group: SourceGroup, field: Field): Sql {
  const column = identifier(field.column.name)
  if (field.path.length === 0) {
    return field.column.type === 'VARCHAR' || readsText(group)
      ? column
      : sql`CAST(${column} AS VARCHAR)`
  }
  if (field.column.type.startsWith('STRUCT(') && group.format === 'parquet') {
    const keys = field.path.map(identifier)
    return structKeys(field.column.type).includes(field.path[0] ?? '')
      ? sql`CAST(${join([column, ...keys], '.')} AS VARCHAR)`
      : raw('CAST(NULL AS VARCHAR)')
  }
  const pointer = text(`/${field.path.map(pointerToken).join('/')}`)
  const extract = sql`json_extract_string(${column}, ${pointer})`
  return group.format === 'csv' || group.format === 'parquet'
    ? sql`CASE WHEN json_valid(${column}) THEN ${extract} END`
    : extract
}

/** Whether the reader is asked for text, so that ids and times keep every digit. */
const readsText = (group: SourceGroup): boolean =>
  group.format !== 'parquet' && group.format !== 'arrow'

const pointerToken = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

/** A field's value in the type that the files give it, for conditions written by the user. */
export function fieldValue(group: SourceGroup, field: Field): Sql {
  const { name, type } = field.column
  if (field.path.length > 0) return fieldText(group, field)
  if (!readsText(group) || type === 'VARCHAR') return identifier(name)
  if (/^(STRUCT|MAP)|\[\]$/.test(type)) {
    return sql`CASE WHEN json_valid(${identifier(name)}) THEN TRY_CAST(CAST(${identifier(name)} AS JSON) AS ${raw(type)}) END`
  }
  return sql`TRY_CAST(${identifier(name)} AS ${raw(type)})`
}

/**
 * `FROM` clause that reads the group's files with just the columns that `fields` need. Rows carry
 * `file_index`, the position within the group.
 */
export function readFields(group: SourceGroup, fields: readonly Field[]): Sql {
  switch (group.format) {
    case 'parquet':
    case 'arrow':
      return reader(group.format, group.files)
    case 'csv':
      return csvReader(group)
    case 'log':
      return logReader(group.files)
    case 'ndjson':
    case 'json': {
      // Nested columns are read as JSON so that one odd row cannot fail a whole file.
      const needed = new Map(
        fields.map(({ column, path }) => [column.name, path.length > 0 ? 'JSON' : 'VARCHAR']),
      )
      for (const { column, path } of fields) if (path.length > 0) needed.set(column.name, 'JSON')
      const first = group.columns[0]
      if (needed.size === 0 && first !== undefined) needed.set(first.name, 'VARCHAR')
      return reader(
        group.format,
        group.files,
        [...needed].map(([name, type]) => ({ name, type })),
      )
    }
  }
}

/** Position in `group.files` to position among all files. */
export function fileNumber(group: SourceGroup, position: Sql): Sql {
  const numbers = group.files.map(({ number }) => number)
  const first = numbers[0] ?? 0
  return numbers.every((number, i) => number === first + i)
    ? sql`CAST(${position} AS INTEGER) + ${first}`
    : sql`[${join(numbers)}][CAST(${position} AS INTEGER) + 1]`
}

function reader(
  format: SourceFile['format'],
  files: readonly SourceFile[],
  columns?: readonly Column[],
): Sql {
  switch (format) {
    case 'parquet':
    case 'arrow':
      return sql`read_parquet(${paths(files)}, union_by_name = true)`
    case 'ndjson':
    case 'json': {
      const schema =
        columns === undefined
          ? sql`sample_size = ${SAMPLE_ROWS}, maximum_sample_files = ${SAMPLE_FILES}, union_by_name = true, convert_strings_to_integers = false`
          : sql`columns = {${join(columns.map(({ name, type }) => sql`${identifier(name)}: ${text(type)}`))}}`
      return format === 'ndjson'
        ? sql`read_json(${paths(files)}, format = 'newline_delimited', ignore_errors = true, compression = ${compressionOf(files)}, ${schema})`
        : sql`read_json(${paths(files)}, format = 'auto', compression = ${compressionOf(files)}, ${schema})`
    }
    case 'csv':
    case 'log':
      throw new RangeError(`no generic reader for ${format}`)
  }
}

/** Files of a group are compressed alike, whatever their names say. */
const compressionOf = ([first]: readonly SourceFile[]): Sql =>
  text(first === undefined || first.compression === 'none' ? 'uncompressed' : first.compression)

const csvDialect = (file: SourceFile): Sql =>
  sql`delim = ${text(file.delimiter ?? ',')}, quote = '"', escape = '"', max_line_size = 33554432, compression = ${compressionOf([file])}`

function csvReader(group: SourceGroup, numbered = false): Sql {
  const [first] = group.files
  if (first === undefined) throw new RangeError('a group without files')
  const columns = group.columns.map(({ name }) => sql`${text(name)}: 'VARCHAR'`)
  return sql`read_csv(${paths(group.files)}, auto_detect = false, header = true, columns = {${join(columns)}}, ${csvDialect(first)}, store_rejects = true${raw(numbered ? ', parallel = false' : '')})`
}

/** One row per line, as text. */
export function lineReader(files: readonly SourceFile[], parallel = true): Sql {
  return sql`read_csv(${paths(files)}, auto_detect = false, header = false, columns = {'line': 'VARCHAR'}, delim = '', quote = '', escape = '', max_line_size = 33554432, compression = ${compressionOf(files)}, parallel = ${raw(String(parallel))})`
}

function logReader(files: readonly SourceFile[], parallel = true): Sql {
  const fields = list([...ACCESS_LOG_COLUMNS])
  return sql`(
    SELECT file_index, unnest(parsed), parsed.ip || ' ' || coalesce(parsed.user_agent, '') AS visitor,
      concat_ws(' ', nullif(parsed.method, ''), parsed.path) AS request, line
    FROM (SELECT file_index, line, regexp_extract(line, ${text(ACCESS_LOG_PATTERN)}, ${fields}) AS parsed FROM ${lineReader(files, parallel)} WHERE trim(line) <> '')
  )`
}

/**
 * One file's rows in order, for saying where offending ones are: the group's columns, `__row`
 * (1-based, headers not counted), `__record` (the row as text) and `__malformed`. One thread reads it,
 * so it is only used when there is something to point at.
 */
export function readNumbered(
  group: SourceGroup,
  file: NumberedFile,
  fields: readonly Field[],
): Sql {
  const alone: SourceGroup = { ...group, files: [file] }
  const whole = (source: Sql, malformed: Sql): Sql =>
    sql`(SELECT *, ${malformed} AS __malformed, CAST(to_json(r) AS VARCHAR) AS __record FROM ${source} AS r)`
  switch (group.format) {
    case 'parquet':
    case 'arrow':
      return whole(
        sql`(SELECT *, file_row_number + 1 AS __row FROM read_parquet(${paths([file])}, file_row_number = true))`,
        sql`false`,
      )
    case 'csv':
      return whole(
        sql`(SELECT *, row_number() OVER () AS __row FROM ${csvReader(alone, true)})`,
        sql`false`,
      )
    case 'log':
      return sql`(SELECT *, line AS __record, ip = '' AS __malformed, row_number() OVER () AS __row FROM ${logReader([file], false)})`
    case 'json':
      return whole(
        sql`(SELECT *, row_number() OVER () AS __row FROM ${readFields(alone, fields)})`,
        sql`false`,
      )
    case 'ndjson': {
      const names = [...new Set(fields.map(({ column }) => column.name))]
      const columns = names.map(
        (name) =>
          sql`json_extract_string(parsed, ${text(`/${pointerToken(name)}`)}) AS ${identifier(name)}`,
      )
      return sql`(
        SELECT ${join([...columns, sql`__row`, sql`line AS __record`, sql`parsed IS NULL AS __malformed`])}
        FROM (
          SELECT line, __row, CASE WHEN ${isObject(sql`line`)} THEN line END AS parsed
          FROM (SELECT line, row_number() OVER () AS __row FROM ${lineReader([file], false)})
          WHERE trim(line) <> ''
        )
      )`
    }
  }
}

const isObject = (line: Sql): Sql =>
  sql`CASE WHEN json_valid(${line}) THEN json_type(${line}) = 'OBJECT' ELSE false END`

/** `file`, `malformed`: how many lines of each file are not JSON objects. */
export function countMalformedLines(group: SourceGroup, files: readonly NumberedFile[]): Sql {
  const dirty: SourceGroup = { ...group, files }
  return sql`
    SELECT ${fileNumber(dirty, sql`file_index`)} AS file, count(*) AS malformed
    FROM ${lineReader(files)}
    WHERE trim(line) <> '' AND NOT ${isObject(sql`line`)}
    GROUP BY ALL`
}

/** CSV lines that the last scan of each path could not parse: `path`, `line`, `text`, `problem`. */
export const CSV_REJECTS: Sql = sql`
  SELECT s.file_path AS path, e.line AS line, any_value(e.csv_line) AS text, min(e.error_message) AS problem
  FROM reject_errors AS e
  JOIN reject_scans AS s USING (scan_id, file_id)
  WHERE scan_id = (SELECT max(latest.scan_id) FROM reject_scans AS latest WHERE latest.file_path = s.file_path)
  GROUP BY ALL`

/** The engine reads list entries as globs; brackets make a name literal. */
const paths = (files: readonly SourceFile[]): Sql =>
  list(files.map(({ path }) => (isRemote(path) ? path : path.replaceAll(/[[\]*?]/g, '[$&]'))))

export const isRemote = (path: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(path)
