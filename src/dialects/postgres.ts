import { type Sql, sql, text } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import type { Dialect } from './dialect.js'
import { standard, upTo } from './standard.js'

const NUMBER = String.raw`'^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?\s*$'`

/** Exact: floating point carries the whole seconds and the microseconds apart. */
const instant = (micros: Sql): Sql =>
  sql`(to_timestamp((${micros}) / 1000000) + mod(${micros}, 1000000) * INTERVAL '1 microsecond')`

/** PostgreSQL from 12 on. Sets are JSON while they merge, as arrays of arrays of different lengths do not. */
export const postgres: Dialect = {
  ...standard,
  name: 'postgres',
  materialized: 'MATERIALIZED ',
  // There is no cast that gives NULL for what is no number.
  decimal: (value) =>
    `CASE WHEN ${value} ~ ${NUMBER} THEN CASE WHEN abs(CAST(${value} AS NUMERIC)) < 1e22 THEN round(CAST(${value} AS NUMERIC), 6) END END`,
  bytewise: (value) => sql`${value} COLLATE "C"`,
  instant,
  epochMicros: (value) => sql`CAST(floor(extract(epoch FROM ${value}) * 1000000) AS BIGINT)`,
  localDay: (t, zone) =>
    sql`(CAST(timezone(${text(zone)}, ${instant(sql`(${t} - ${YEAR_ONE_MICROS})`)}) AS DATE) - DATE '1970-01-01')`,
  // No window function leaves NULLs out, but the largest pair of place and value is the latest one.
  lastKnown: (value, over, through) =>
    sql`(max(CASE WHEN ${value} IS NOT NULL THEN ARRAY[${over.order}, ${value}] END) ${upTo(over, through)})[2]`,
  collect: (value) =>
    sql`coalesce(jsonb_agg(DISTINCT ${value}) FILTER (WHERE ${value} IS NOT NULL), '[]')`,
  single: (value) =>
    sql`CASE WHEN ${value} IS NULL THEN CAST('[]' AS JSONB) ELSE jsonb_build_array(${value}) END`,
  merge: (set) =>
    sql`(SELECT coalesce(jsonb_agg(DISTINCT one.value), '[]') FROM jsonb_array_elements(jsonb_agg(${set})) AS sets(members), jsonb_array_elements(sets.members) AS one(value))`,
  size: (set) => sql`CAST(jsonb_array_length(${set}) AS BIGINT)`,
  sorted: (set) =>
    sql`ARRAY(SELECT one.value FROM jsonb_array_elements_text(${set}) AS one(value) ORDER BY one.value COLLATE "C")`,
  quantile: (value, share) => ({
    value: sql`percentile_cont(${share}) WITHIN GROUP (ORDER BY CAST(${value} AS DOUBLE PRECISION))`,
    exact: true,
  }),
}
