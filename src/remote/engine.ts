/**
 * A remote engine that holds the events and runs compiled queries over them. What comes back is
 * Parquet, which the local engine reads as it is, so that no row passes through a loop here.
 */
import type { Dialect } from '../dialects/dialect.js'
import type { TimeFormat } from '../events/clock.js'
import type { Sql } from '../sql/sql.js'

/** A column of a relation there. */
export interface RemoteColumn {
  readonly name: string
  /** As that engine spells it: `LowCardinality(Nullable(String))`, `struct<a:int>`. */
  readonly type: string
}

/** What is read, as `--table` names it. */
export interface RemoteTable {
  /** To stand in a `FROM`. */
  readonly relation: Sql
  /** As messages and reports call it, without anything secret. */
  readonly label: string
}

/** How far the running query is. */
export interface RemoteProgress {
  readonly rows: number
  /** Null while it is not known. */
  readonly totalRows: number | null
}

/** A numeric time's unit, or text in ISO 8601, or a typed time. */
export type RemoteTimeFormat = Extract<
  TimeFormat,
  'timestamp' | 'timestamptz' | `epoch_${string}` | 'iso'
>

/**
 * How values are taken out of rows there. A column stands for what `relation AS r` has; what cannot
 * be read with the same result as here is a SessionizeError `unsupported` that names the way round.
 */
export interface RemoteValues {
  /** The column in a form that a Parquet file can hold; undefined where there is none. */
  sample(column: RemoteColumn): Sql | undefined
  /** Text as the local engine would have it: 12.0 that stands for an id is 12. NULL for nothing. */
  text(column: RemoteColumn, path: readonly string[]): Sql
  /** The column itself, for comparing. */
  value(column: RemoteColumn): Sql
  /**
   * Microseconds since 1970; NULL where the value cannot be read as this format.
   *
   * @param zone of times that name none
   */
  micros(column: RemoteColumn, path: readonly string[], format: RemoteTimeFormat, zone: string): Sql
  /** Text that is the same for rows alike in all of these columns, and for no others. */
  digest(columns: readonly RemoteColumn[]): Sql
  /** A value that sorts by a time since year 1, then by text bytewise; for `min` and `max`. */
  key(t: Sql, value: Sql): Sql
  timeOf(key: Sql): Sql
  valueOf(key: Sql): Sql
}

export interface RemoteEngine {
  /** As messages and `--engine` call it. */
  readonly name: string
  readonly dialect: Dialect
  readonly values: RemoteValues
  /** @throws SessionizeError `usage` for what is neither a name nor an allowed source. */
  table(name: string): RemoteTable | Promise<RemoteTable>
  /** Names and types of a query's columns, without running it. */
  describe(query: Sql): Promise<RemoteColumn[]>
  /**
   * A query's rows as Parquet files in `folder`, which exists and belongs to this call. Read one
   * after the other in the order given, they are in the query's own order.
   *
   * @returns their paths; none or an empty file when there are no rows
   * @throws SessionizeError `interrupted` when aborted, after the query was stopped there too.
   */
  fetch(query: Sql, folder: string, signal?: AbortSignal): Promise<readonly string[]>
  /**
   * Runs a query once for several later ones.
   *
   * @returns what stands for its rows in a `FROM` until `close`
   */
  keep(query: Sql, signal?: AbortSignal): Promise<Sql>
  /** Runs a statement for its effect. It is never tried again. */
  run(statement: Sql, signal?: AbortSignal): Promise<void>
  /**
   * Makes the table of a query's rows, or puts them in the place of those it has. Whatever goes
   * wrong, it is as it was before.
   */
  createTable(name: string, query: Sql, signal?: AbortSignal): Promise<void>
  /** Gives back what this run holds there: sessions, connections, processes. */
  close(): Promise<void>
}
