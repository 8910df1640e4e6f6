/** Files as groups that one table function reads, so that the engine spreads them over its threads. */
import type { Engine } from '../engines/duckdb.js'
import { readParquet } from '../engines/files.js'
import { SessionizeError } from '../errors/errors.js'
import { join, sql, text } from '../sql/sql.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { differInCase } from '../units/text-order.js'
import type { Bytes } from './bytes.js'
import { type DescribedCsv, describeCsv } from './csv-layout.js'
import { canBeSeen, hasDeepLine, hasDeepValue } from './deep-rows.js'
import { corrupt } from './failures.js'
import {
  type Allowances,
  type FixedLayout,
  inOrder,
  type LogLayout,
  NO_ALLOWANCES,
  type NumberedFile,
  readAs,
  type SourceGroup,
  type WrittenCsv,
} from './group.js'
import { contentOf } from './gzip.js'
import { jsonEnds } from './json-ends.js'
import { firstObjects, jsonObjects, jsonSample } from './json-reading.js'
import { mayHoldOthers, oneOnALine } from './json-values.js'
import { withOneLineEnd } from './line-ends.js'
import { fieldsOf, logColumns, logLayout } from './log-lines.js'
import { assertLinesFit, tooLong } from './long-lines.js'
import type { Member } from './nested-type.js'
import { groupBySchema, mayBeRenamed, renamed } from './parquet-schemas.js'
import { withPartitions } from './partition-columns.js'
import { lineProbe, lineReader } from './reading.js'
import type { SourceFile } from './source.js'
import { spool } from './spool.js'
import { verifyCompressed } from './verify.js'

export { findField } from './field.js'
export type { Column, NumberedFile, SourceGroup } from './group.js'

/** How many files, and rows in each, are looked at to find the columns and types of JSON. */
interface SampleSize {
  readonly files: number
  readonly rows: (files: number) => number
}

/**
 * The engine takes 10 microseconds a row and 2 milliseconds a file for it, which the hours of an
 * export need not pay: their events have the same columns.
 */
const QUICK_SAMPLE: SampleSize = { files: 16, rows: (files) => Math.ceil(10_240 / files) }
/** Where something was not found. */
const DEEP_SAMPLE: SampleSize = { files: 64, rows: () => 20_480 }
/** Objects whose keys are looked at one by one. */
const KEYS_ROWS = 20_480
/** Lines that show how a text file is laid out. */
const HEAD_LINES = 50

export interface ScanOptions {
  /** Headerless files that are known by what they hold. */
  readonly layouts?: readonly FixedLayout[]
  readonly allowances?: Allowances
  /** What was said of separated values. */
  readonly written?: WrittenCsv
}

/**
 * Groups files that one table function can read, and finds the columns of each group.
 *
 * @throws SessionizeError where a file cannot be read, `input_corrupt` where that is why
 */
export async function describeSources(
  engine: Engine,
  files: readonly SourceFile[],
  options: ScanOptions = {},
): Promise<SourceGroup[]> {
  try {
    return await describeFiles(engine, files, options)
  } catch (error) {
    // The engine cannot say which file it is that is damaged.
    if (error instanceof SessionizeError && error.code === 'input_corrupt') {
      await verifyCompressed(files)
    }
    // Lines that are damaged are no reason to give up.
    throw files.some(({ format }) => format === 'json') ? brokenJson(error, files) : error
  }
}

async function describeFiles(
  engine: Engine,
  files: readonly SourceFile[],
  { layouts = [], allowances: known = NO_ALLOWANCES, written = {} }: ScanOptions,
): Promise<SourceGroup[]> {
  const numbered: NumberedFile[] = []
  const copies: string[] = []
  for (const [number, file] of files.entries()) {
    const copy = known.byRows.includes(file.path) && (await mayBeApart(file))
    const read = { ...(copy ? await setApart(engine, file) : file), number }
    if (copy) copies.push(read.path)
    numbered.push(read)
  }
  const allowances = { ...known, byRows: [...known.byRows, ...copies] }
  const groups: SourceGroup[] = []
  for (const format of ['parquet', 'arrow', 'ndjson', 'json', 'csv', 'log'] as const) {
    for (const compression of ['none', 'gzip', 'zstd'] as const) {
      const alike = numbered.filter(
        (file) => file.format === format && file.compression === compression,
      )
      if (alike.length === 0) continue
      if (format === 'csv' || format === 'log') await assertLinesReadable(engine, alike)
      switch (format) {
        case 'parquet':
        case 'arrow':
          groups.push(...(await parquetGroups(engine, format, alike)))
          break
        case 'csv':
          groups.push(...(await csvGroups(engine, alike, { layouts, written }, allowances)))
          break
        case 'log':
          groups.push(...(await logGroups(engine, alike)))
          break
        case 'ndjson':
        case 'json':
          groups.push(...(await jsonGroups(engine, format, alike, allowances)))
      }
    }
  }
  // SQL cannot hold NUL, so such a column cannot be named; those of text are read by position.
  return groups.map((group) =>
    withPartitions({
      ...group,
      columns: group.columns.filter(({ name }) => !name.includes('\0')),
    }),
  )
}

/** The engine passes over a gigantic line of text without a word; gzip is looked at by `verifyCompressed`. */
async function assertLinesReadable(engine: Engine, files: readonly NumberedFile[]): Promise<void> {
  await assertLinesFit(files)
  for (const file of files) {
    if (file.compression !== 'zstd' || file.remote === true) continue
    await engine.row(lineProbe(file)).catch((error: unknown) => {
      // Any other failure comes again where the file is read.
      if (messages(error).includes('maximum_object_size')) throw tooLong(file.label)
    })
  }
}

async function parquetGroups(
  engine: Engine,
  format: 'parquet' | 'arrow',
  files: readonly NumberedFile[],
): Promise<SourceGroup[]> {
  const groups: SourceGroup[] = []
  for (const { files: alike, names: known } of await groupBySchema(engine, files)) {
    const columns = await engine.describe(
      sql`SELECT * FROM ${readParquet(pathsOf(alike), sql`union_by_name = true`)}`,
    )
    const [first, ...others] = alike
    const alone = first !== undefined && others.length === 0
    const names = known ?? (alone ? await renamed(first, columns) : undefined)
    groups.push({
      format,
      files: alike,
      columns: inOrder(columns.map(({ name, type }, i) => ({ name: names?.[i] ?? name, type }))),
      width: columns.length,
    })
  }
  return groups
}

/** Files of one shape have the same columns, whichever of them are read by rows. */
async function jsonGroups(
  engine: Engine,
  format: 'ndjson' | 'json',
  files: readonly NumberedFile[],
  { largeRows, deepSample, everyKey, byRows }: Allowances,
): Promise<SourceGroup[]> {
  const shapes = new Map<SourceGroup['json'], NumberedFile[]>()
  for (const file of files) {
    const shape = format === 'json' ? await jsonEnds(file) : undefined
    shapes.set(shape, [...(shapes.get(shape) ?? []), file])
  }
  const size = deepSample ? DEEP_SAMPLE : QUICK_SAMPLE
  const groups: SourceGroup[] = []
  for (const [json, alike] of shapes) {
    const sampled = spread(alike, size.files)
    const rows = size.rows(sampled.length)
    const apart = new Set<NumberedFile>()
    for (const file of alike) {
      if (byRows.includes(file.path) || (await mayBeDeep(file, sampled, rows))) apart.add(file)
    }
    const group: SourceGroup = {
      format,
      files: alike,
      columns: [],
      width: 0,
      ...omitUndefined({ json, largeRows: largeRows || undefined }),
    }
    const careful = { ...group, ...omitUndefined({ byRows: apart.size > 0 || undefined }) }
    const columns = await jsonColumns(engine, { ...careful, files: sampled }, rows)
    const all = everyKey ? withKeys(columns, await keysOf(engine, careful)) : columns
    const described = { ...group, columns: inOrder(all), width: all.length }
    const whole = alike.filter((file) => !apart.has(file))
    if (whole.length > 0) groups.push({ ...described, files: whole })
    if (apart.size > 0) groups.push({ ...described, files: [...apart], byRows: true })
  }
  return groups
}

/** Whether a file that could not be read as it stands may have its objects elsewhere than on lines. */
const mayBeApart = async (file: SourceFile): Promise<boolean> =>
  canBeSeen(file) &&
  (file.format === 'json' || (file.format === 'ndjson' && (await mayHoldOthers(contentOf(file)))))

/** The same file with one object on a line. */
async function setApart(engine: Engine, file: SourceFile): Promise<SourceFile> {
  const path = engine.scratch()
  const lines = file.format === 'ndjson'
  const bytes = await spool(oneOnALine(contentOf(file), { lines }), path)
  return { ...file, path, bytes, format: 'ndjson', compression: 'none' }
}

/**
 * The engine describes columns from its first rows, of which none may be nested too deep. A file of
 * lines is looked through for later ones while it is read; of what cannot be seen all are suspected.
 */
async function mayBeDeep(
  file: NumberedFile,
  sampled: readonly NumberedFile[],
  rows: number,
): Promise<boolean> {
  if (!canBeSeen(file)) return true
  if (file.format === 'json') return hasDeepValue(file)
  return sampled.includes(file) && hasDeepLine(file, rows)
}

/** The keys of the first objects of each file; none when there are no objects at all. */
export async function jsonColumns(
  engine: Engine,
  group: SourceGroup,
  rows: number,
): Promise<Member[]> {
  if (group.byRows === true) return columnsOfObjects(engine, group, rows)
  const columns = await engine.describe(sql`SELECT * FROM ${jsonSample(group, rows)}`)
  const [only] = columns
  // One value that is no object makes the engine take none for an object.
  return columns.length === 1 && only?.name === 'json'
    ? columnsOfObjects(engine, group, rows)
    : unlikeInCase(engine, group, columns)
}

/** From those rows alone that can be looked into, copied to a file of their own. */
const columnsOfObjects = (engine: Engine, group: SourceGroup, rows: number): Promise<Member[]> =>
  engine.withScratch(async (path) => {
    const objects = group.files.map((file) => firstObjects({ ...group, files: [file] }, rows))
    const { Count: count } = await engine.row<{ Count: bigint }>(
      sql`COPY (${join(objects, ' UNION ALL ')}) TO ${text(path)} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER ${text(NOT_IN_JSON)})`,
    )
    if (count === 0n) return []
    const copy: SourceGroup = {
      format: 'ndjson',
      files: [{ label: path, path, format: 'ndjson', compression: 'none', bytes: 0, number: 0 }],
      columns: [],
      width: 0,
      ...omitUndefined({ largeRows: group.largeRows }),
    }
    const columns = await engine.describe(sql`SELECT * FROM ${jsonSample(copy, Number(count))}`)
    return unlikeInCase(engine, copy, columns)
  })

/** A character that JSON has in no place. */
const NOT_IN_JSON = '\x1f'

/** The engine renames columns that differ from others in case only. */
async function unlikeInCase(
  engine: Engine,
  group: SourceGroup,
  columns: readonly Member[],
): Promise<Member[]> {
  if (!mayBeRenamed(columns)) return [...columns]
  const keys = await keysOf(engine, group, KEYS_ROWS)
  return differInCase(keys) ? withKeys(await structureOf(engine, group), keys) : [...columns]
}

/** Also those that the first rows do not have. */
function withKeys(columns: readonly Member[], keys: readonly string[]): Member[] {
  const known = new Set(columns.map(({ name }) => name))
  const others = keys.filter((key) => !known.has(key))
  return [...columns, ...others.map((name) => ({ name, type: 'VARCHAR' }))]
}

/** Keys of the first objects in order, as they are spelt, and what they hold. */
async function structureOf(engine: Engine, group: SourceGroup): Promise<Member[]> {
  const keys = await engine.rows<{ key: string; structure: string }>(sql`
    SELECT key, CAST(json_extract(structure, '/' || replace(replace(key, '~', '~0'), '/', '~1')) AS VARCHAR) AS structure
    FROM (
      SELECT structure, unnest(json_keys(structure)) AS key
      FROM (SELECT json_group_structure(json) AS structure FROM ${jsonObjects(group, KEYS_ROWS)})
    )`)
  if (keys.length === 0) return []
  const structure = keys.map(({ structure }, i) => `${JSON.stringify(readAs(i))}: ${structure}`)
  const types = await engine.describe(
    sql`SELECT r.* FROM (SELECT from_json('{}', ${text(`{${structure.join(', ')}}`)}) AS r)`,
  )
  return keys.map(({ key }, i) => ({ name: key, type: types[i]?.type ?? 'VARCHAR' }))
}

/** All keys of the first objects, or of all, sorted. */
async function keysOf(engine: Engine, group: SourceGroup, most?: number): Promise<string[]> {
  const rows = await engine.rows<{ key: string }>(sql`
    SELECT DISTINCT unnest(keys) AS key
    FROM (SELECT DISTINCT json_keys(json) AS keys FROM ${jsonObjects(group, most)})
    ORDER BY key`)
  return rows.map(({ key }) => key)
}

/** At most so many, evenly over all, the first and the last among them. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  const step = (items.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, i) => items[Math.round(i * step)]).filter(
    (item): item is T => item !== undefined,
  )
}

/** The engine cannot unite CSV headers and keep rejected lines at once, so each header is a group. */
async function csvGroups(
  engine: Engine,
  files: readonly NumberedFile[],
  { layouts, written }: { layouts: readonly FixedLayout[]; written: WrittenCsv },
  { mixedLineEnds, allColumns }: Allowances,
): Promise<SourceGroup[]> {
  const described: { file: NumberedFile; csv: DescribedCsv }[] = []
  for (const file of files) {
    const lines = await headLines(engine, file)
    const csv = describeCsv(lines, isWhole(lines), file.delimiter, layouts, written)
    const { skip = 0 } = csv.layout
    // The engine counts lines to skip otherwise than its reader of lines does.
    const counted =
      skip > 0 && written.skip === undefined
        ? canBeSeen(file)
          ? describeCsv(await headOf(file), false, file.delimiter, layouts, written)
          : describeCsv(lines, false, file.delimiter, layouts, {
              ...written,
              skip: lines.includes('') ? 0 : skip,
            })
        : csv
    described.push({ file, csv: counted })
  }
  // A header by itself, as Adobe's `column_headers.tsv`, names the columns of the files beside it.
  const headers = [...described]
    .filter(({ csv }) => csv.layout.header)
    .sort((a, b) => Number(b.csv.loneHeader) - Number(a.csv.loneHeader))
  const groups = new Map<string, SourceGroup & { files: NumberedFile[] }>()
  for (const { file: original, csv } of described) {
    const mixed = mixedLineEnds.includes(original.path)
    const file = mixed && canBeSeen(original) ? await evened(engine, original, csv) : original
    const names = csv.layout.header
      ? csv.names
      : (headers.find((header) => isHeaderOf(header.csv, csv))?.csv.names ?? csv.names)
    const layout = {
      ...csv.layout,
      // Adobe's data feeds are not quoted, and a backslash stands before tabs and line ends.
      ...(csv.layout.delimiter === '\t' && names.some((name) => FEED_COLUMN.test(name))
        ? UNQUOTED
        : {}),
      allColumns,
      mixedLineEnds: mixed && file === original,
      evened: file !== original,
    }
    const key = JSON.stringify([layout, names, file.compression])
    const group = groups.get(key)
    if (group !== undefined) group.files.push(file)
    else {
      const columns = inOrder(names.map((name) => ({ name, type: 'VARCHAR' })))
      groups.set(key, {
        format: 'csv',
        files: [file],
        columns,
        width: columns.length,
        csv: layout,
      })
    }
  }
  return [...groups.values()]
}

const FEED_COLUMN = /^(hitid_high|(post_)?visid_high)$/i
const UNQUOTED = { quote: '', escape: '\\', bareEscapes: true } as const

/** The first lines as they stand. */
async function headOf(file: NumberedFile): Promise<string[]> {
  let head = ''
  const decoder = new TextDecoder()
  for await (const chunk of contentOf(file)) {
    head += decoder.decode(chunk, { stream: true })
    if (head.length > HEAD_LINE_CHARACTERS) break
  }
  return head.split(/\r\n|\n|\r/, HEAD_LINES)
}

/** A file that was split has its header in the first part only. */
const isHeaderOf = (header: DescribedCsv, part: DescribedCsv): boolean =>
  header.names.length === part.names.length &&
  header.layout.delimiter === part.layout.delimiter &&
  (header.loneHeader || String(header.dated) === String(part.dated))

/** The same file with one kind of line ends. */
async function evened(
  engine: Engine,
  file: NumberedFile,
  { layout }: DescribedCsv,
): Promise<NumberedFile> {
  const path = engine.scratch()
  const bytes = await spool(withOneLineEnd(contentOf(file), layout), path)
  return { ...file, path, bytes, compression: 'none' }
}

async function logGroups(engine: Engine, files: readonly NumberedFile[]): Promise<SourceGroup[]> {
  const groups = new Map<string, SourceGroup & { files: NumberedFile[] }>()
  for (const file of files) {
    for (const { part, log } of await logParts(engine, file)) {
      const key = JSON.stringify([log, part.compression])
      const group = groups.get(key)
      if (group !== undefined) group.files.push(part)
      else {
        const columns = logColumns(log)
        groups.set(key, { format: 'log', files: [part], columns, width: columns.length, log })
      }
    }
  }
  return [...groups.values()]
}

/** A server that is configured anew writes another `#Fields:` line into the same file: a part for each. */
async function logParts(
  engine: Engine,
  file: NumberedFile,
): Promise<{ part: NumberedFile; log: LogLayout }[]> {
  const log = logLayout(await headLines(engine, file))
  if (log.kind !== 'w3c') return [{ part: file, log }]
  const rows = await engine.rows<{ line: string }>(
    sql`SELECT DISTINCT line FROM ${lineReader([file], true, 'ignored')} WHERE line ILIKE '#Fields:%' ORDER BY line`,
  )
  const layouts = [...new Set(rows.map(({ line }) => fieldsOf(line).join(' ')))]
  if (layouts.length < 2) return [{ part: file, log }]
  if (!canBeSeen(file)) {
    throw new SessionizeError(
      'input_unreadable',
      `${file.label} has ${layouts.length} different #Fields lines, so its columns change on the way.`,
      { hint: 'Unpack it first.' },
    )
  }
  const parts: { part: NumberedFile; log: LogLayout }[] = []
  for (const layout of layouts) {
    const path = engine.scratch()
    const bytes = await spool(linesUnder(contentOf(file), layout), path)
    const separator = log.separator
    parts.push({
      part: { ...file, path, bytes, compression: 'none' },
      log: { kind: 'w3c', fields: layout.split(' '), separator },
    })
  }
  return parts
}

/** The lines that stand under `#Fields:` of this layout. */
async function* linesUnder(bytes: Bytes, layout: string): AsyncGenerator<Buffer> {
  let rest = ''
  let under = false
  const taken = (lines: readonly string[]): Buffer => {
    const own = lines.filter((line) => {
      if (!line.startsWith('#')) return under
      if (/^#Fields:/i.test(line)) under = fieldsOf(line).join(' ') === layout
      return false
    })
    return Buffer.from(own.map((line) => `${line}\n`).join(''), 'latin1')
  }
  for await (const chunk of bytes) {
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    yield taken(lines)
  }
  if (rest !== '') yield taken([rest])
}

/** A longer line is not looked at to its end, so that a gigantic row costs nothing here. */
const HEAD_LINE_CHARACTERS = 65_536

const isWhole = (lines: readonly string[]): boolean =>
  lines.length < HEAD_LINES && lines.every((line) => line.length < HEAD_LINE_CHARACTERS)

async function headLines(engine: Engine, file: NumberedFile): Promise<string[]> {
  const rows = await engine.rows<{ line: string | null }>(
    sql`SELECT left(line, ${HEAD_LINE_CHARACTERS}) AS line FROM ${lineReader([file], false, 'ignored')} LIMIT ${HEAD_LINES}`,
  )
  return rows.map(({ line }) => line ?? '')
}

/** The engine's words on JSON that is no array of rows, with the file's own name and the row. */
export function brokenJson(error: unknown, files: readonly SourceFile[]): unknown {
  if (!(error instanceof SessionizeError)) return error
  const said = messages(error)
  const file = files.find(
    ({ format, path }) => format === 'json' && said.includes(`in file "${path}"`),
  )
  if (file === undefined) return error
  const [, record, what = ''] = /in record\/value (\d+): ([^.\n]+)/.exec(said) ?? []
  // It counts one too many.
  const place = record === undefined ? file.label : `${file.label}, row ${Number(record) - 1},`
  return corrupt(place, `is no valid JSON${what === '' ? '' : ` (${what})`}`, { cause: error })
}

/** A column that was not found may be in rows that were not looked at. */
const MAY_BE_DEEPER: ReadonlySet<string> = new Set(['unknown_column', 'mapping_uncertain', 'usage'])

/** Rows that were not looked at spell a key as `User` that others spell as `user`. */
export class OtherSpelling extends Error {}

/** Files of JSON have to be read by rows. */
export class Misread extends Error {
  constructor(readonly paths: readonly string[]) {
    super(`to be read by rows: ${paths.join(', ')}`)
  }
}

/** CSV with both kinds of line ends, which the engine has misread without a word. */
export class MixedLineEnds extends Error {
  constructor(readonly path: string) {
    super(`both kinds of line ends: ${path}`)
  }
}

/** What an error asks to allow; undefined when it asks for nothing that helps. */
export function allowedAfter(error: unknown, allowances: Allowances): Allowances | undefined {
  if (error instanceof SessionizeError && MAY_BE_DEEPER.has(error.code)) {
    return allowances.deepSample ? undefined : { ...allowances, deepSample: true }
  }
  if (error instanceof OtherSpelling) {
    return allowances.everyKey ? undefined : { ...allowances, everyKey: true }
  }
  if (error instanceof Misread) return alsoByRows(allowances, error.paths)
  if (error instanceof MixedLineEnds) {
    return { ...allowances, mixedLineEnds: [...allowances.mixedLineEnds, error.path] }
  }
  const message = messages(error)
  if (!allowances.largeRows && message.includes('maximum_object_size')) {
    return { ...allowances, largeRows: true }
  }
  const damaged =
    /Malformed JSON in file "([\s\S]*?)", at byte \d+ in (?:line|record)/.exec(message)?.[1] ??
    / in file "([^"\n]*)", in record\/value \d+/.exec(message)?.[1]
  if (damaged !== undefined && !allowances.byRows.includes(damaged)) {
    return alsoByRows(allowances, [damaged])
  }
  const path = /state machine reached an invalid state[\s\S]*?\n[ \t]*file = ([^\n]*)/.exec(
    message,
  )?.[1]
  if (path !== undefined && !allowances.mixedLineEnds.includes(path)) {
    return { ...allowances, mixedLineEnds: [...allowances.mixedLineEnds, path] }
  }
  return undefined
}

const alsoByRows = (allowances: Allowances, found: readonly string[]): Allowances => ({
  ...allowances,
  byRows: [...allowances.byRows, ...found],
})

/** The engine has broken on a CSV value that is not UTF-8, and must be started anew with `allColumns`. */
export const brokeOnEncoding = (error: unknown): boolean =>
  /Attempted to access index \d+ within vector of size/.test(messages(error))

function messages(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}\n${messages(error.cause)}`
}

const pathsOf = (files: readonly NumberedFile[]): string[] => files.map(({ path }) => path)
