/**
 * Rows as the Spark driver hands them over, NDJSON with the keys c0, c1, ..., to Parquet with their
 * names and types. The embedded engine does it.
 */

import { Engine } from '../../engines/duckdb.js'
import { readJson } from '../../engines/files.js'
import { SessionizeError } from '../../errors/errors.js'
import { identifier, join, raw, type Sql, sql, text } from '../../sql/sql.js'
import type { RemoteColumn } from '../engine.js'

/** Longer than any row with a user's recorded session ids. */
const LONGEST_ROW_BYTES = 256 * 1024 * 1024

export class RowFiles {
  private engine: Engine | undefined

  /** @param folder for larger-than-memory work; it exists. */
  constructor(private readonly folder: string) {}

  /** Writes `parquet` with the rows of `ndjson`. */
  async convert(ndjson: string, columns: readonly RemoteColumn[], parquet: string): Promise<void> {
    this.engine ??= await Engine.open({ tempDirectory: this.folder, threads: 1 })
    const kinds = columns.map(kindOf)
    const read = kinds.map(({ read }, i) => sql`${raw(`c${i}`)}: ${text(read)}`)
    const select = kinds.map(
      ({ value }, i) => sql`${value(raw(`c${i}`))} AS ${identifier(columns[i]?.name ?? '')}`,
    )
    const rows = readJson(
      [ndjson],
      sql`format = 'newline_delimited'`,
      sql`maximum_object_size = ${LONGEST_ROW_BYTES}`,
      sql`columns = {${join(read)}}`,
    )
    await this.engine.run(
      sql`COPY (SELECT ${join(select)} FROM ${rows}) TO ${text(parquet)} (FORMAT parquet, USE_TMP_FILE false)`,
    )
  }

  close(): void {
    this.engine?.close()
    this.engine = undefined
  }
}

interface Kind {
  /** As JSON is read. */
  readonly read: string
  readonly value: (column: Sql) => Sql
}

const as = (type: string): Kind => ({ read: type, value: (column) => column })

const SCALARS: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  boolean: 'BOOLEAN',
  tinyint: 'TINYINT',
  smallint: 'SMALLINT',
  int: 'INTEGER',
  bigint: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  void: 'VARCHAR',
}

/** Spark's types by their names there: `array<string>`, `decimal(38,6)`. */
function kindOf({ name, type }: RemoteColumn): Kind {
  const scalar = scalarOf(type)
  if (scalar !== undefined) return as(scalar)
  if (type === 'timestamp') {
    return { read: 'BIGINT', value: (column) => sql`make_timestamptz(${column})` }
  }
  if (type === 'timestamp_ntz') {
    return { read: 'BIGINT', value: (column) => sql`make_timestamp(${column})` }
  }
  const decimal = /^decimal\((\d+),(\d+)\)$/.exec(type)
  if (decimal !== null) {
    const to = raw(`DECIMAL(${Number(decimal[1])}, ${Number(decimal[2])})`)
    return { read: 'VARCHAR', value: (column) => sql`CAST(${column} AS ${to})` }
  }
  const element = /^array<(\w+)>$/.exec(type)?.[1]
  const of = element === undefined ? undefined : scalarOf(element)
  if (of !== undefined) return as(`${of}[]`)
  if (type === 'binary') return { read: 'VARCHAR', value: (column) => sql`unhex(${column})` }
  throw new SessionizeError(
    'unsupported',
    `The column \`${name}\` is of Spark's type ${type}, which cannot be brought here.`,
    { hint: 'Choose other columns, or a field of it.' },
  )
}

const scalarOf = (type: string): string | undefined =>
  Object.hasOwn(SCALARS, type) ? SCALARS[type] : undefined
