/** The rows of a user's query: the first of them as texts, or a JSON file of all. */
import type { Engine } from '../engines/duckdb.js'
import { identifier, join, type Sql, sql } from '../sql/sql.js'
import { writeJsonRows } from './json-rows.js'

/** The first rows of a query, each value as a text. */
export interface QueryRows {
  readonly columns: readonly { readonly name: string; readonly isNumber: boolean }[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** Whether there are more. */
  readonly isCut: boolean
}

/** @param most rows of a result that could be endless */
export async function firstRows(engine: Engine, query: Sql, most: number): Promise<QueryRows> {
  const columns = await engine.describe(query)
  const names = columns.map((_, i) => identifier(`c${i}`))
  const cells = columns.map(({ type }, i) => {
    const name = identifier(`c${i}`)
    return sql`${cellText(name, type)} AS ${name}`
  })
  // Two columns of a result may have one name, so they are told apart by position.
  const rows = await engine.rows<Record<string, string | null>>(
    sql`SELECT ${join(cells)} FROM (${query}) AS q(${join(names)}) LIMIT ${most + 1}`,
  )
  return {
    columns: columns.map(({ name, type }) => ({ name, isNumber: isNumber(type) })),
    rows: rows.slice(0, most).map((row) => columns.map((_, i) => row[`c${i}`] ?? null)),
    isCut: rows.length > most,
  }
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
