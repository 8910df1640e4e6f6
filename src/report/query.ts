/** The rows of a user's query: a table for readers, or a file of its own kind for programs. */
import type { Engine } from '../engines/duckdb.js'
import { identifier, join, type Sql, sql } from '../sql/sql.js'
import type { Block } from './document.js'
import { writeJsonRows } from './json-rows.js'

/** A screen or two; the other formats have all. */
const MOST_ROWS = 200

export async function queryDocument(engine: Engine, query: Sql): Promise<readonly Block[]> {
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
  return [
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
}

/** Not `INTERVAL`, nor lists of numbers, which can be long and must be cut. */
const isNumber = (type: string): boolean =>
  /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL(\(\d+,\d+\))?)$/.test(type)

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
  await writeJsonRows(
    engine,
    path,
    { schema: 'sessionize/query/v1', columns },
    sql`SELECT CAST(json_array(${join(values)}) AS VARCHAR) AS row FROM (${query}) AS q(${join(names)})`,
  )
}
