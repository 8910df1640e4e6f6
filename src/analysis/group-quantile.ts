/**
 * Quantiles of many small groups, as users are. The state of the engine's own quantile holds all
 * values of a group, of every group at once, and is never written to disk; a window that numbers them
 * is. The same definition (7 of Hyndman & Fan 1996, Sample quantiles in statistical packages, The
 * American Statistician 50, 361-365) in the same steps, so that not a bit of the result differs.
 */
import { identifier, type Sql, sql } from '../sql/sql.js'

/** The sessions of a relation, numbered by length within the group: `nth` of `last_nth`, from 0. */
export const rankedLengths = (from: Sql, group: string): Sql => sql`(
  SELECT *, row_number() OVER (PARTITION BY ${identifier(group)} ORDER BY length) - 1 AS nth,
    count(*) OVER (PARTITION BY ${identifier(group)}) - 1 AS last_nth
  FROM ${from}
)`

/** As `quantile_cont(length, share)`, of a group of `rankedLengths`. */
export function rankedQuantile(share: number): Sql {
  const at = sql`last_nth * CAST(${share} AS DOUBLE)`
  const lengthAt = (place: Sql): Sql =>
    sql`CAST(max(length) FILTER (WHERE nth = ${place}) AS DOUBLE)`
  const beyond = sql`max(${at} - floor(${at}))`
  return sql`(${lengthAt(sql`floor(${at})`)} * (1 - ${beyond}) + ${lengthAt(sql`ceil(${at})`)} * ${beyond})`
}
