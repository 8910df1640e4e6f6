import type { Sql } from '../sql/sql.js'

/**
 * What engines spell differently. A dialect is a diff over `standard`; stages never ask which one
 * they are written in.
 */
export interface Dialect {
  readonly name: string
  /** Quotient of non-negative integers, rounded down. */
  quotient(a: Sql, b: number): Sql
  remainder(a: Sql, b: number): Sql
  /** Quotient and remainder of a non-negative integer by 2^bits. */
  shiftRight(value: Sql, bits: number): Sql
  lowBits(value: Sql, bits: number): Sql
  /** An integer type of at least 96 bits, so that a time and a code fit one sortable value. */
  wide(value: Sql): Sql
  integer(value: Sql): Sql
  /** Lower-case hexadecimal MD5 of text. */
  md5(value: Sql): Sql
  asText(value: Sql): Sql
  /** Microseconds since 1970 as an instant. */
  instant(epochMicros: Sql): Sql
  /** Days since a fixed day, in a zone, of a time in microseconds since year 1. */
  localDay(t: Sql, zone: string): Sql
  /** Integer to floating point, for seconds. */
  double(value: Sql): Sql
  /** Set of the values of all rows of a group, sorted; NULLs left out. */
  collect(value: Sql): Sql
  /** The set of one value, or the empty set for NULL. */
  single(value: Sql): Sql
  /** Union of the sets of a group, sorted. */
  merge(set: Sql): Sql
  size(set: Sql): Sql
}
