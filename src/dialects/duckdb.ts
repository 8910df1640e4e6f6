import { YEAR_ONE_MICROS } from '../sql/origin.js'
import { sql, text } from '../sql/sql.js'
import type { Dialect } from './dialect.js'

export const duckdb: Dialect = {
  name: 'duckdb',
  quotient: (a, b) => sql`((${a}) // ${b})`,
  remainder: (a, b) => sql`((${a}) % ${b})`,
  shiftRight: (value, bits) => sql`((${value}) >> ${bits})`,
  lowBits: (value, bits) => sql`((${value}) & ${2 ** bits - 1})`,
  wide: (value) => sql`CAST(${value} AS HUGEINT)`,
  integer: (value) => sql`CAST(${value} AS BIGINT)`,
  md5: (value) => sql`md5(${value})`,
  asText: (value) => sql`CAST(${value} AS VARCHAR)`,
  instant: (micros) => sql`make_timestamptz(${micros})`,
  localDay: (t, zone) =>
    sql`datediff('day', DATE '1970-01-01', CAST(timezone(${text(zone)}, make_timestamptz(${t} - ${YEAR_ONE_MICROS})) AS DATE))`,
  double: (value) => sql`CAST(${value} AS DOUBLE)`,
  collect: (value) =>
    sql`list_sort(coalesce(list(DISTINCT ${value}) FILTER (WHERE ${value} IS NOT NULL), []))`,
  single: (value) => sql`CASE WHEN ${value} IS NULL THEN [] ELSE [${value}] END`,
  merge: (set) => sql`list_sort(list_distinct(flatten(list(${set}))))`,
  size: (set) => sql`len(${set})`,
}
