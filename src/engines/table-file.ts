/** Session tables as files. The engine writes them, except Arrow, which goes through apache-arrow. */

import { escapeJsonFile } from '../files/json-escapes.js'
import { join, raw, type Sql, sql, text } from '../sql/sql.js'
import { differInCase } from '../units/text-order.js'
import type { Engine } from './duckdb.js'
import { plainPath } from './files.js'

export const TABLE_FORMATS = ['csv', 'ndjson', 'parquet', 'arrow'] as const
/** Formats of tables. */
export type TableFormat = (typeof TABLE_FORMATS)[number]

/** Whether columns may be enumerations and still be text to a reader; Arrow would show what they are. */
export const takesEnumerations = (format: TableFormat): boolean => format !== 'arrow'

/** A query, and what its columns are called: the engine numbers those that differ in case only. */
export interface NamedTable {
  readonly query: Sql
  readonly names: readonly string[]
}

/**
 * Writes the rows of a query, in its order. The caller sees to it that a failure leaves no part.
 *
 * @param names of its columns, where they are not the engine's; Parquet, which most readers read
 * without regard to case, keeps the engine's
 */
export async function writeTable(
  engine: Engine,
  query: Sql,
  format: TableFormat,
  path: string,
  names?: readonly string[],
): Promise<void> {
  if (names !== undefined && differInCase(names))
    return writeNamed(engine, { query, names }, format, path)
  switch (format) {
    case 'parquet':
      return engine.run(
        sql`COPY (${query}) TO ${text(plainPath(path))} (FORMAT parquet, USE_TMP_FILE false)`,
      )
    case 'csv':
      return engine.run(
        sql`COPY (${await asText(engine, query, true)}) TO ${text(plainPath(path))} (FORMAT csv, HEADER, USE_TMP_FILE false)`,
      )
    case 'ndjson':
      await engine.run(
        sql`COPY (${await asText(engine, query, false)}) TO ${text(plainPath(path))} (FORMAT json, USE_TMP_FILE false)`,
      )
      return escapeJsonFile(path)
    case 'arrow': {
      const { writeArrow } = await import('./arrow-file.js')
      return writeArrow(engine, query, path)
    }
  }
}

async function writeNamed(
  engine: Engine,
  { query, names }: NamedTable,
  format: TableFormat,
  path: string,
): Promise<void> {
  const target = text(plainPath(path))
  const columns = names.map((_, i) => raw(`c${i}`))
  const numbered = sql`SELECT * FROM (${query}) AS r(${join(columns)})`
  switch (format) {
    case 'parquet':
      return writeTable(engine, query, format, path)
    case 'csv': {
      const header = names.map((name) =>
        /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name,
      )
      return engine.run(
        sql`COPY (${await asText(engine, numbered, true)}) TO ${target} (FORMAT csv, HEADER false, PREFIX ${text(`${header.join(',')}\n`)}, SUFFIX ${text('\n')}, USE_TMP_FILE false)`,
      )
    }
    case 'ndjson': {
      const members = columns.map((column, i) => sql`${text(names[i] ?? '')}, ${column}`)
      // Neither quoted nor escaped: the delimiter of the single column is never written.
      await engine.run(
        sql`COPY (SELECT json_object(${join(members)}) FROM (${await asText(engine, numbered, false)})) TO ${target} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01', USE_TMP_FILE false)`,
      )
      return escapeJsonFile(path)
    }
    case 'arrow': {
      const { writeArrow } = await import('./arrow-file.js')
      return writeArrow(engine, query, path, names)
    }
  }
}

/**
 * Instants as ISO 8601 with six digits, and for CSV lists as JSON, whatever the engine's defaults.
 * JSON has no NaN and no infinity: there they are null.
 */
async function asText(engine: Engine, query: Sql, flat: boolean): Promise<Sql> {
  const columns = await engine.describe(query)
  const replaced = columns.flatMap(({ name, type }) => {
    const column = raw(`"${name.replaceAll('"', '""')}"`)
    if (!flat && /^(FLOAT|DOUBLE)$/.test(type)) {
      return [sql`CASE WHEN isfinite(${column}) THEN ${column} END AS ${column}`]
    }
    if (type === 'TIMESTAMP WITH TIME ZONE') {
      return [sql`strftime(timezone('UTC', ${column}), '%Y-%m-%dT%H:%M:%S.%fZ') AS ${column}`]
    }
    return flat && type.endsWith('[]')
      ? [sql`CAST(to_json(${column}) AS VARCHAR) AS ${column}`]
      : []
  })
  return replaced.length === 0 ? query : sql`SELECT * REPLACE (${join(replaced)}) FROM (${query})`
}
