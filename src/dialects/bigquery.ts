import { sql, text } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import type { Dialect } from './dialect.js'
import { standard, upTo } from './standard.js'

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\0': '\\x00' }

const escaped = (value: string, quote: string): string =>
  quote + value.replaceAll(/[\\'`\n\r\0]/g, (char) => ESCAPES[char] ?? `\\${char}`) + quote

const quoted = (value: string): string => escaped(value, "'")

/** GoogleSQL of BigQuery. */
export const bigquery: Dialect = {
  ...standard,
  name: 'bigquery',
  identifier: (name) => escaped(name, '`'),
  text: quoted,
  // The pattern has escapes of its own, below those of the literal, and no other escape character.
  like: (value, pattern) =>
    `${value} LIKE ${quoted(pattern.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%'))}`,
  decimal: (value) => `CAST(ROUND(SAFE_CAST(TRIM(${value}) AS BIGNUMERIC), 6) AS NUMERIC)`,
  recursiveColumns: () => '',
  quotient: (a, b) => sql`DIV(${a}, ${b})`,
  // 29 digits before the point.
  wide: (value) => sql`CAST(${value} AS NUMERIC)`,
  integer: (value) => sql`CAST(${value} AS INT64)`,
  md5: (value) => sql`TO_HEX(MD5(${value}))`,
  asText: (value) => sql`CAST(${value} AS STRING)`,
  double: (value) => sql`CAST(${value} AS FLOAT64)`,
  instant: (micros) => sql`TIMESTAMP_MICROS(${micros})`,
  epochMicros: (instant) => sql`UNIX_MICROS(CAST(${instant} AS TIMESTAMP))`,
  localDay: (t, zone) =>
    sql`UNIX_DATE(DATE(TIMESTAMP_MICROS(${t} - ${YEAR_ONE_MICROS}), ${text(zone)}))`,
  lastKnown: (value, over, through) =>
    sql`LAST_VALUE(${value} IGNORE NULLS) ${upTo(over, through)}`,
  collect: (value) => sql`IFNULL(ARRAY_AGG(DISTINCT ${value} IGNORE NULLS), [])`,
  single: (value) => sql`IF(${value} IS NULL, [], [${value}])`,
  merge: (set) => sql`ARRAY_CONCAT_AGG(${set})`,
  size: (set) => sql`(SELECT COUNT(DISTINCT one) FROM UNNEST(${set}) AS one)`,
  sorted: (set) => sql`ARRAY(SELECT DISTINCT one FROM UNNEST(${set}) AS one ORDER BY one)`,
  advice: (limited) =>
    limited
      ? ['BigQuery ends a recursion after 500 rounds: no session may be cut into more parts.']
      : [],
  quantile: (value, share) => ({
    value: sql`APPROX_QUANTILES(${value}, 1000)[OFFSET(${Math.round(share * 1000)})]`,
    exact: false,
  }),
}
