/**
 * An engine elsewhere that holds the events and runs compiled queries over them. What comes back is
 * Parquet, which the local engine reads as it is, so that no row passes through a loop here.
 */
import type { Dialect } from '../dialects/dialect.js'
import type { Sql } from '../sql/sql.js'

/** A column of a relation there. */
export interface ClusterColumn {
  readonly name: string
  /** As that engine spells it: `LowCardinality(Nullable(String))`, `struct<a:int>`. */
  readonly type: string
}

export interface Cluster {
  /** As messages and `--engine` call it. */
  readonly name: string
  readonly dialect: Dialect
  /** Names and types of a query's columns, without running it. */
  describe(query: Sql): Promise<ClusterColumn[]>
  /**
   * A query's rows as Parquet files in `folder`, which exists and belongs to this call. Read one
   * after the other in the order given, they are in the query's own order.
   *
   * @returns their paths; none or an empty file when there are no rows
   * @throws SessionizeError `interrupted` when aborted, after the query was stopped there too.
   */
  fetch(query: Sql, folder: string, signal?: AbortSignal): Promise<readonly string[]>
  /** Runs a statement for its effect. It is never tried again. */
  run(statement: Sql, signal?: AbortSignal): Promise<void>
  /** Gives back what this run holds there: sessions, connections, processes. */
  close(): Promise<void>
}
