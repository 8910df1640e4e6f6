import type { Spelling, Sql, Stage } from '../sql/sql.js'

/** A window without its frame: rows of one `partition` in the order `order`. */
export interface Ordered {
  readonly partition: Sql
  readonly order: Sql
}

/**
 * What engines spell differently. A dialect is a diff over `standard`; stages never ask which one
 * they are written in. Members of `Spelling` are spelt when a query is written out, the others when
 * a stage is built.
 *
 * Stages are written in what all engines share: no `*` with columns left out or replaced, no named
 * windows, an alias on every subquery, `GROUP BY` of columns only, no alias used beside its
 * definition, signed 64-bit integers throughout (`count`, `integer`), and never a NULL in `least`.
 */
export interface Dialect extends Spelling {
  readonly name: string
  /** Quotient of non-negative integers, rounded down. */
  quotient(a: Sql, b: number): Sql
  remainder(a: Sql, b: number): Sql
  /** Quotient and remainder of a non-negative integer, `wide` or not, by 2^bits. */
  shiftRight(value: Sql, bits: number): Sql
  lowBits(value: Sql, bits: number): Sql
  /** An integer type of at least 96 bits, so that a time and a code fit one sortable value. */
  wide(value: Sql): Sql
  /** A signed integer of 64 bits. */
  integer(value: Sql): Sql
  /** How many rows a group has where `condition` holds; all without one. A signed integer. */
  count(condition?: Sql): Sql
  /** Lower-case hexadecimal MD5 of the UTF-8 bytes of text. */
  md5(value: Sql): Sql
  asText(value: Sql): Sql
  /** Text that sorts by its UTF-8 bytes, for `ORDER BY`. */
  bytewise(value: Sql): Sql
  /** Microseconds since 1970 as an instant. */
  instant(epochMicros: Sql): Sql
  /** Whole microseconds since 1970 of an instant, rounded down; a time without a zone is in UTC. */
  epochMicros(instant: Sql): Sql
  /** Days since a fixed day, in a zone, of a time in microseconds since year 1. */
  localDay(t: Sql, zone: string): Sql
  /** Integer to floating point, for seconds. */
  double(value: Sql): Sql
  /**
   * The latest integer that is not NULL among the rows up to and with the current one (`here`), or
   * up to the one before it (`before`). The order is an integer and total.
   */
  lastKnown(value: Sql, over: Ordered, through: 'here' | 'before'): Sql
  /** Whether a `RANGE` frame can reach further than 32 bits. */
  readonly longRanges: boolean
  /** Whether a stage that several later ones read is computed once; else each of them computes it. */
  readonly sharesStages: boolean
  /** Set of the values of all rows of a group; NULLs left out. */
  collect(value: Sql): Sql
  /** The set of one value, or the empty set for NULL. */
  single(value: Sql): Sql
  /** Union of the sets of a group. */
  merge(set: Sql): Sql
  size(set: Sql): Sql
  /** A set as a list of its values, each once, sorted by bytes. */
  sorted(set: Sql): Sql
  /**
   * From the stage `successors` (`base`, `node`, `nth`, `next`: one row per event of a long session
   * `base`, numbered through as `node` and from 0 as `nth`, with the node that would open a part
   * after it) to the stage `openers`: the nodes reached from the first one of each session.
   */
  openers(): Stage[]
  /**
   * The value of a group below which a share of them lies, from 0 to 1, interpolated; NULLs left out.
   * Where the engine can only estimate it, that is told.
   */
  quantile(value: Sql, share: number): { readonly value: Sql; readonly exact: boolean }
  /**
   * What somebody who runs a query has to know.
   *
   * @param limited whether sessions have a limit, so that their parts follow one from another
   */
  advice(limited: boolean): readonly string[]
  /** The whole query, with whatever settings its meaning depends on. */
  statement(query: Sql): Sql
}
