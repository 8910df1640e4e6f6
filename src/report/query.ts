/** The rows of a user's query: a table for readers, or a file of its own kind for programs. */
import { appendFileSync, writeFileSync } from 'node:fs'
import type { Engine } from '../engines/duckdb.js'
import { TABLE_FORMATS, type TableFormat, tableFormatOf, writeTable } from '../sessions/write.js'
import { identifier, join, type Sql, sql } from '../sql/sql.js'
import type { Appearance } from './appearance.js'
import type { Block } from './document.js'
import { documentAsMarkdown } from './markdown.js'
import { documentAsTerminal } from './terminal.js'
import { jsonText } from './untrusted.js'

export const QUERY_FORMATS = ['terminal', 'json', 'markdown', ...TABLE_FORMATS] as const
export type QueryFormat = (typeof QUERY_FORMATS)[number]

/** The format that a file's name asks for; undefined when it says nothing. */
export function queryFormatOf(path: string): QueryFormat | undefined {
  const extension = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase()
  if (extension === 'json') return 'json'
  if (extension === 'md' || extension === 'markdown') return 'markdown'
  return tableFormatOf(path)
}

/** A screen or two; the other formats have all. */
const MOST_ROWS = 200

export async function queryAsText(
  engine: Engine,
  query: Sql,
  format: 'terminal' | 'markdown',
  look: Appearance,
): Promise<string> {
  const columns = await engine.describe(query)
  const names = columns.map((_, i) => identifier(`c${i}`))
  const cells = columns.map(({ type }, i) => {
    const name = identifier(`c${i}`)
    return sql`${cellText(name, type)} AS ${name}`
  })
  // Two columns of a result may have one name, so they are told apart by position.
  const rows = await engine.rows<Record<string, string | null>>(
    sql`SELECT ${join(cells)} FROM (${query}) AS q(${join(names)}) LIMIT ${MOST_ROWS + 1}`,
  )
  const more = rows.length > MOST_ROWS
  const table: Block = {
    kind: 'table',
    columns: columns.map(({ name, type }) => ({
      header: name,
      align: isNumber(type) ? 'right' : 'left',
    })),
    rows: rows.slice(0, MOST_ROWS).map((row) => columns.map((_, i) => row[`c${i}`] ?? '')),
  }
  const blocks: Block[] = [
    table,
    ...(rows.length === 0 ? [{ kind: 'paragraph', text: 'no row' } as const] : []),
    ...(more
      ? [
          {
            kind: 'paragraph',
            text: `the first ${MOST_ROWS} rows: --format csv has all`,
          } as const,
        ]
      : []),
  ]
  return format === 'terminal'
    ? documentAsTerminal(blocks, look)
    : documentAsMarkdown('Query', blocks)
}

const isNumber = (type: string): boolean =>
  /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL)/.test(type)

/** Instants as ISO 8601 in UTC, as in every other output. */
const cellText = (column: Sql, type: string): Sql =>
  type === 'TIMESTAMP WITH TIME ZONE'
    ? sql`strftime(timezone('UTC', ${column}), '%Y-%m-%dT%H:%M:%S.%fZ')`
    : sql`CAST(${column} AS VARCHAR)`

/** `{"schema": ..., "columns": [...], "rows": [...]}`, row by row. */
export async function writeQueryJson(engine: Engine, query: Sql, path: string): Promise<void> {
  const columns = await engine.describe(query)
  const names = columns.map((_, i) => identifier(`c${i}`))
  const values = columns.map(({ type }, i) => {
    const column = identifier(`c${i}`)
    return type === 'TIMESTAMP WITH TIME ZONE' ? cellText(column, type) : column
  })
  const head = jsonText({ schema: 'sessionize/query/v1', columns })
  writeFileSync(path, `${head.replace(/\n\}$/, '')},\n  "rows": [`)
  const { chunks } = await engine.stream(
    sql`SELECT CAST(json_array(${join(values)}) AS VARCHAR) AS row FROM (${query}) AS q(${join(names)})`,
  )
  let first = true
  for await (const [rows = []] of chunks) {
    const lines = rows.map((row) => jsonText(JSON.parse(String(row))).replaceAll(/\n\s*/g, ' '))
    appendFileSync(
      path,
      lines.map((line, i) => `${first && i === 0 ? '' : ','}\n    ${line}`).join(''),
    )
    first = false
  }
  appendFileSync(path, first ? ']\n}\n' : '\n  ]\n}\n')
}

export const writeQueryTable = (
  engine: Engine,
  query: Sql,
  format: TableFormat,
  path: string,
): Promise<void> => writeTable(engine, query, format, path)
