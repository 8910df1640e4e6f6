import type { Engine } from '../../engines/duckdb.js'
import { readParquet } from '../../engines/files.js'
import type { NumberedFile, SourceGroup } from '../../sources/group.js'
import { jsonColumns } from '../../sources/scan.js'
import { join, sql, text } from '../../sql/sql.js'
import type { Relation } from './relation.js'

/** An hourly export of a year has 8,760 files: so many are looked at, evenly spread over them. */
const MOST_FILES = 64
const SAMPLE_ROWS = 1_000

/**
 * Whether a column is missing can be told of a table at once; keys of JSON objects are often left
 * out where they have no value, so that a few rows say little.
 */
const LEAST_ROWS = { table: 1, json: 200 } as const

/** How a value is kept, coarse enough that one more digit is no change. */
export type ColumnKind = 'text' | 'number' | 'boolean' | 'time' | 'list' | 'object' | 'unknown'

export interface FileColumn {
  readonly file: number
  readonly name: string
  readonly kind: ColumnKind
  /** Enough rows were looked at for a missing column to mean something. */
  readonly judged: boolean
}

export const fileColumns: Relation = {
  comment: 'the columns of each file',
  async body({ engine, groups, events }) {
    const rows = (file: NumberedFile): number => events.ledger.files[file.number]?.read ?? 0
    const columns = await describeFiles(engine, groups, rows)
    if (columns.length === 0) {
      return sql`SELECT 0 AS file, '' AS name, '' AS kind, false AS judged WHERE false`
    }
    const values = columns.map(
      ({ file, name, kind, judged }) =>
        sql`(${file}, ${text(name)}, ${text(kind)}, ${judged ? sql`true` : sql`false`})`,
    )
    return sql`SELECT * FROM (VALUES ${join(values)}) AS t(file, name, kind, judged)`
  },
}

async function describeFiles(
  engine: Engine,
  groups: readonly SourceGroup[],
  rows: (file: NumberedFile) => number,
): Promise<FileColumn[]> {
  const all = groups.flatMap((group) => group.files.map((file) => ({ group, file })))
  const found: FileColumn[] = []
  for (const { group, file } of spread(all, MOST_FILES)) {
    const json = group.format === 'json' || group.format === 'ndjson'
    const judged = rows(file) >= (json ? LEAST_ROWS.json : LEAST_ROWS.table)
    for (const { name, type } of await columnsOf(engine, group, file)) {
      found.push({ file: file.number, name, kind: kindOf(type, json), judged })
    }
  }
  return found
}

/** The first, the last, and evenly between. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  const step = (items.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, i) => items[Math.round(i * step)]).flatMap((item) =>
    item === undefined ? [] : [item],
  )
}

async function columnsOf(
  engine: Engine,
  group: SourceGroup,
  file: NumberedFile,
): Promise<readonly { readonly name: string; readonly type: string }[]> {
  switch (group.format) {
    case 'parquet':
    case 'arrow':
      return engine.describe(sql`SELECT * FROM ${readParquet([file.path])}`)
    case 'json':
    case 'ndjson':
      return jsonColumns(engine, { ...group, files: [file] }, SAMPLE_ROWS)
    case 'csv':
    case 'log':
      // All files of a group have the same columns anyway.
      return group.columns.filter(({ partition }) => partition !== true)
  }
}

/** In JSON a time is a text like others, and the sample decides whether it looks like one. */
function kindOf(type: string, json: boolean): ColumnKind {
  if (type.endsWith('[]')) return 'list'
  if (/^(STRUCT|MAP)/.test(type)) return 'object'
  if (/INT|DOUBLE|FLOAT|DECIMAL/.test(type)) return 'number'
  if (type === 'BOOLEAN') return 'boolean'
  if (type === 'JSON') return 'unknown'
  if (!json && /^(TIMESTAMP|DATE|TIME)/.test(type)) return 'time'
  return 'text'
}
