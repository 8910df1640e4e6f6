/** Session tables as files. The engine writes them, except Arrow, which goes through apache-arrow. */
import type { Engine } from '../engines/duckdb.js'
import { plainPath } from '../engines/files.js'
import { join, raw, type Sql, sql, text } from '../sql/sql.js'

export const TABLE_FORMATS = ['csv', 'ndjson', 'parquet', 'arrow'] as const
/** Formats of tables. */
export type TableFormat = (typeof TABLE_FORMATS)[number]

const EXTENSIONS: Readonly<Record<string, TableFormat>> = {
  csv: 'csv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'ndjson',
  parquet: 'parquet',
  arrow: 'arrow',
  arrows: 'arrow',
  feather: 'arrow',
}

/** The table format that a file's name asks for; undefined when it says nothing. */
export function tableFormatOf(path: string): TableFormat | undefined {
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(EXTENSIONS, ending) ? EXTENSIONS[ending] : undefined
}

/** Whether columns may be enumerations and still be text to a reader; Arrow would show what they are. */
export const takesEnumerations = (format: TableFormat): boolean => format !== 'arrow'

/** Writes the rows of a query, in its order. The caller sees to it that a failure leaves no part. */
export async function writeTable(
  engine: Engine,
  query: Sql,
  format: TableFormat,
  path: string,
): Promise<void> {
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
      return engine.run(
        sql`COPY (${await asText(engine, query, false)}) TO ${text(plainPath(path))} (FORMAT json, USE_TMP_FILE false)`,
      )
    case 'arrow': {
      const { writeArrow } = await import('./arrow.js')
      return writeArrow(engine, query, path)
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
