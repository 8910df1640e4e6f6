import type { Engine } from '../engines/duckdb.js'
import { plainPath } from '../engines/files.js'
import { identifier, join, raw, type Sql, sql, text } from '../sql/sql.js'
import type { Encoding, EventFormat } from './formats/index.js'

export type Compression = 'none' | 'gzip' | 'zstd'

const ENCODINGS: Readonly<Record<Encoding, string>> = {
  parquet: 'FORMAT parquet',
  csv: 'FORMAT csv, HEADER true',
  tsv: "FORMAT csv, HEADER false, DELIMITER '\\t', QUOTE '', ESCAPE ''",
  ndjson: 'FORMAT json',
}

export interface TableFile {
  readonly path: string
  readonly encoding: Encoding
  readonly compression?: Compression
  readonly timeFormat?: string
}

/** Writes a query's rows to a file, in their order. */
export async function writeTable(engine: Engine, query: Sql, file: TableFile): Promise<void> {
  // The engine's own temporary file would stay behind when the process is killed.
  const options = [raw(ENCODINGS[file.encoding]), sql`USE_TMP_FILE false`]
  if (file.compression !== undefined && file.compression !== 'none') {
    options.push(sql`COMPRESSION ${raw(file.compression)}`)
  }
  if (file.timeFormat !== undefined && file.encoding !== 'parquet') {
    options.push(sql`TIMESTAMPFORMAT ${text(file.timeFormat)}`)
  }
  await engine.run(sql`COPY (${query}) TO ${text(plainPath(file.path))} (${join(options)})`)
}

/** The rows of a format, from a relation of events. */
export const formatted = ({ columns }: EventFormat, events: Sql): Sql =>
  sql`SELECT ${join(columns.map(([name, value]) => sql`${value} AS ${identifier(name)}`))} FROM (${events})`

export const encodingOf = ({
  encoding,
  timeFormat,
}: EventFormat): Pick<TableFile, 'encoding' | 'timeFormat'> =>
  timeFormat === undefined ? { encoding } : { encoding, timeFormat }
