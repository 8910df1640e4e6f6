/**
 * The SQL that reads JSON. The engine's reader takes columns out while it parses, and passes over a
 * row that it cannot parse; but a line that is cut where a value is due takes the next line with it.
 * So as soon as some row of a file is damaged, or may be nested too deep, that file is read by rows:
 * each is taken as text, and then for itself.
 */
import { readJson, readJsonObjects } from '../engines/files.js'
import { join, raw, type Sql, sql, text } from '../sql/sql.js'
import { type Field, hasVariants, jsonPointer, spellings } from './field.js'
import { type NumberedFile, readAs, type SourceGroup } from './group.js'
import { belowJson, JsonShape, jsonOrNull, noText } from './json-shape.js'
import { nestedTooDeep } from './nesting.js'
import { fileNumber, paths, type Reading } from './row-relation.js'
import { elementsOfJson } from './unnest.js'

/** The engine's default is 16 MB; buffers are twice this, for each thread. */
const LARGE_ROW_BYTES = 256 * 1024 * 1024

export const jsonReading = (
  group: SourceGroup,
  fields: readonly Field[],
  whole: boolean,
): Reading =>
  readsDocuments(group, whole)
    ? documentReading(group, group.byRows === true ? documentsByRows(group) : documents(group))
    : columnReading(group, fields)

/** Whether a row of JSON is at hand whole; else only its needed columns are. */
export const readsDocuments = (group: SourceGroup, whole: boolean): boolean =>
  (group.format === 'ndjson' || group.format === 'json') &&
  (whole || group.unnest !== undefined || hasVariants(group))

/**
 * One file's rows in order, with `__sz_row` and `__sz_record`.
 *
 * @param broken relation of `row` and `text`: lines that are no JSON, as they stand
 */
export function numberedJson(
  group: SourceGroup,
  file: NumberedFile,
  fields: readonly Field[],
  broken: Sql | undefined,
): Reading {
  const alone: SourceGroup = { ...group, files: [file], byRows: true }
  const rows = sql`(SELECT *, row_number() OVER () AS __sz_row FROM ${jsonRows(alone)})`
  const record = sql`CAST(json AS VARCHAR)`
  const shown =
    broken === undefined
      ? sql`(SELECT *, ${record} AS __sz_record FROM ${rows})`
      : sql`(SELECT r.*, coalesce(${record}, b.text) AS __sz_record FROM ${rows} AS r LEFT JOIN ${broken} AS b ON b.row = __sz_row)`
  return readsDocuments(group, false)
    ? documentReading(alone, documentsByRows(alone, shown))
    : columnReading(alone, fields, shown)
}

/** One file's rows in order, with `__sz_record`, the text of each that is JSON. */
export function jsonWithText(
  group: SourceGroup,
  file: NumberedFile,
  fields: readonly Field[],
): Reading {
  const alone: SourceGroup = { ...group, files: [file], byRows: true }
  const rows = sql`(SELECT *, CAST(json AS VARCHAR) AS __sz_record FROM ${jsonRows(alone)})`
  return readsDocuments(group, false)
    ? documentReading(alone, documentsByRows(alone, rows))
    : columnReading(alone, fields, rows)
}

/** JSON of which a few columns are needed. */
function columnReading(group: SourceGroup, fields: readonly Field[], rows?: Sql): Reading {
  const [first = { name: 'json', type: 'VARCHAR', readAs: readAs(0) }] = group.columns
  const shape = new JsonShape(fields.length > 0 ? fields : [{ column: first, path: [] }])
  return {
    from:
      group.byRows === true
        ? columnsByRows(shape, rows ?? jsonRows(group))
        : sql`(
            SELECT ${shape.columnsOf(sql`__sz_json`)}, CASE WHEN __sz_json IS NULL THEN 'malformed' END AS __sz_refused, file_index AS __sz_position
            FROM ${readJson(paths(group), jsonOptions(group), sql`records = false, columns = {__sz_json: ${text(shape.type)}}`)}
          )`,
    file: fileNumber(group, sql`__sz_position`),
    refused: sql`__sz_refused`,
    digest: noText,
    text: (field) => shape.text(field),
    exact: (field) => shape.text(field),
    value: (field) => typedJson(shape.text(field), field),
  }
}

const columnsByRows = (shape: JsonShape, rows: Sql): Sql => sql`(
    SELECT ${shape.columnsOf(sql`__sz_json`)}, * EXCLUDE (json, __sz_json)
    FROM (SELECT *, CASE WHEN __sz_refused IS NULL THEN from_json(json, ${text(shape.structure)}) END AS __sz_json FROM ${rows})
  )`

const firstOf = (values: readonly Sql[]): Sql =>
  values.length === 1 ? (values[0] ?? noText) : sql`coalesce(${join(values)})`

/** JSON of which each row is at hand whole, as `__sz_document`; slower, and needed for digests and lists. */
function documentReading(group: SourceGroup, rows: Sql): Reading {
  const { unnest = [] } = group
  const element = unnest.at(-1)?.column.readAs
  const textOf = ({ column, path }: Field, exact = false): Sql => {
    if (unnest.some((one) => one.column === column)) {
      const value = raw(column.readAs)
      return path.length === 0
        ? sql`json_extract_string(${value}, '$')`
        : belowJson(value, column.type, path)
    }
    return firstOf(
      (exact ? [column] : spellings(group, column)).map(({ name, type }) => {
        const whole = sql`json_extract_string(__sz_document, ${jsonPointer([name])})`
        if (path.length === 0) return whole
        return type === 'VARCHAR'
          ? sql`json_extract_string(${jsonOrNull(whole)}, ${jsonPointer(path)})`
          : belowJson(sql`json_extract(__sz_document, ${jsonPointer([name])})`, type, path)
      }),
    )
  }
  return {
    from: elementsOfJson(unnest, rows),
    file: fileNumber(group, sql`__sz_position`),
    refused: sql`__sz_refused`,
    digest:
      element === undefined
        ? sql`md5(CAST(__sz_document AS VARCHAR))`
        : sql`md5(CAST(__sz_document AS VARCHAR) || CAST(${raw(element)} AS VARCHAR))`,
    text: textOf,
    exact: (field) => textOf(field, true),
    value: (field) => typedJson(textOf(field), field),
  }
}

function typedJson(value: Sql, { column: { type }, path }: Field): Sql {
  if (path.length > 0 || type === 'VARCHAR') return value
  if (type === 'JSON') return jsonOrNull(value)
  if (/^(STRUCT|MAP)|\[\]$/.test(type)) {
    return sql`CASE WHEN json_valid(${value}) THEN TRY_CAST(CAST(${value} AS JSON) AS ${raw(type)}) END`
  }
  return sql`TRY_CAST(${value} AS ${raw(type)})`
}

const documents = (group: SourceGroup): Sql => sql`(
    SELECT json AS __sz_document, CASE WHEN coalesce(json_type(json), '') <> 'OBJECT' THEN 'malformed' END AS __sz_refused, file_index AS __sz_position
    FROM ${readJson(paths(group), jsonOptions(group), sql`records = false, columns = {json: 'JSON'}`)}
  )`

/** As the reader of documents writes them, so that rows alike have one digest. */
const documentsByRows = (group: SourceGroup, rows = jsonRows(group)): Sql =>
  sql`(SELECT CASE WHEN __sz_refused IS NULL THEN json(json) END AS __sz_document, * EXCLUDE (json) FROM ${rows})`

/** One row per row of the files: `json`, its text, NULL where it is no JSON, `__sz_refused` and `__sz_position`. */
export const jsonRows = (group: SourceGroup): Sql => sql`(
    SELECT json, file_index AS __sz_position, CASE
        WHEN json IS NULL OR NOT starts_with(json, '{') THEN 'malformed'
        ${group.shallow === true ? raw('') : sql`WHEN ${nestedTooDeep(sql`json`)} THEN 'nested_too_deep'`}
      END AS __sz_refused
    FROM ${readJsonObjects(paths(group), jsonOptions(group))}
  )`

/** `file` of those whose rows are not all objects. */
export const filesWithoutObjects = (group: SourceGroup): Sql => sql`
    SELECT DISTINCT ${fileNumber(group, sql`__sz_position`)} AS file
    FROM (SELECT json, file_index AS __sz_position FROM ${readJsonObjects(paths(group), jsonOptions(group))})
    WHERE json IS NULL OR NOT starts_with(json, '{')`

/** The first rows that can be looked into, as lines. */
export const firstObjects = (group: SourceGroup, rows: number): Sql =>
  sql`(SELECT json(json) FROM ${jsonRows(group)} WHERE __sz_refused IS NULL LIMIT ${rows})`

/** `json` of the rows that are objects. */
export const jsonObjects = (group: SourceGroup, most?: number): Sql => {
  const first = most === undefined ? sql`` : sql` LIMIT ${most}`
  return group.byRows === true
    ? sql`(SELECT json FROM ${jsonRows(group)} WHERE __sz_refused IS NULL${first})`
    : sql`(SELECT __sz_document AS json FROM (SELECT * FROM ${documents(group)}${first}) WHERE __sz_refused IS NULL)`
}

/** `key`: those of the objects that lack one of the needed keys. */
export function keysWhereLacking(group: SourceGroup, needed: readonly string[]): Sql {
  const lacks = needed.map((key) => sql`NOT json_exists(json, ${jsonPointer([key])})`)
  return sql`
    SELECT DISTINCT unnest(keys) AS key FROM (
      SELECT DISTINCT json_keys(json) AS keys FROM ${jsonObjects(group)}
      WHERE ${join(lacks, ' OR ')}
    )`
}

/** Describes columns from the first rows of the files. */
export const jsonSample = (group: SourceGroup, rows: number): Sql =>
  readJson(
    paths(group),
    jsonOptions(group),
    sql`sample_size = ${rows}, maximum_sample_files = ${group.files.length}`,
    sql`union_by_name = true, convert_strings_to_integers = false`,
  )

function jsonOptions({ format, json, files, largeRows }: SourceGroup): Sql {
  const shape = format === 'ndjson' ? 'newline_delimited' : (json ?? 'auto')
  const size = largeRows === true ? sql`, maximum_object_size = ${LARGE_ROW_BYTES}` : sql``
  return sql`format = ${text(shape)}, ignore_errors = ${raw(String(shape !== 'auto'))}, compression = ${jsonCompression(files)}${size}`
}

/** The JSON reader has another name for none. */
export const jsonCompression = (files: readonly NumberedFile[]): Sql =>
  text(files[0]?.compression === 'none' ? 'uncompressed' : (files[0]?.compression ?? 'auto_detect'))
