/** Events that stay in a remote engine, where queries over them run. */
import type { Dialect } from '../dialects/dialect.js'
import type { Sql, Stage } from '../sql/sql.js'

export interface RemoteEvents {
  /** As messages call the engine. */
  readonly engine: string
  readonly dialect: Dialect
  /** The stage `events`, and those before it. */
  readonly stages: readonly Stage[]
  /**
   * The same to be read in a single SELECT, whose grouping an engine can do where the rows are. With
   * stages in between, all rows would travel first.
   */
  readonly plain: PlainEvents
  /** A value that sorts by a time, then by text; see `RemoteValues`. */
  readonly keys: {
    key(t: Sql, value: Sql): Sql
    timeOf(key: Sql): Sql
    valueOf(key: Sql): Sql
  }
  /** @returns the relation here that holds the rows of a query there. */
  fetch(query: Sql): Promise<Sql>
  /** Runs a query once for several later ones. @returns what stands for its rows there. */
  keep(query: Sql): Promise<Sql>
  /** Makes a table there. */
  createTable(name: string, query: Sql): Promise<void>
}

export interface PlainEvents {
  readonly stages: readonly Stage[]
  /** What follows `FROM`. */
  readonly from: Sql
  /** Whether a row of it is an event. */
  readonly kept: Sql
  /** A column of `events` in terms of such a row. */
  column(name: string): Sql
}
