import { sql, text } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import type { Dialect } from './dialect.js'
import { standard } from './standard.js'

/** In single quotes, where a backslash escapes too. */
const quoted = (value: string): string =>
  `'${value.replaceAll(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`

/** Names without quotes are taken as upper case, so that a name in lower case is meant to be that one. */
const folded = (name: string): string =>
  /^[a-z_][a-z0-9_$]*$/.test(name) ? name.toUpperCase() : name

/** Snowflake. Integers are NUMBER(38, 0) throughout. */
export const snowflake: Dialect = {
  ...standard,
  name: 'snowflake',
  identifier: (name) => `"${folded(name).replaceAll('"', '""')}"`,
  text: quoted,
  like: (value, pattern) =>
    `${value} LIKE ${quoted(pattern.replaceAll(/[!%_]/g, '!$&').replaceAll('*', '%'))} ESCAPE '!'`,
  // A quotient has six decimals and is rounded, so that it has to be whole before.
  quotient: (a, b) => sql`CAST((${a} - mod(${a}, ${b})) / ${b} AS BIGINT)`,
  double: (value) => sql`CAST(${value} AS DOUBLE)`,
  instant: (micros) => sql`TO_TIMESTAMP_NTZ(${micros}, 6)`,
  epochMicros: (instant) => sql`DATE_PART(EPOCH_MICROSECOND, ${instant})`,
  localDay: (t, zone) =>
    sql`DATEDIFF('day', DATE '1970-01-01', CAST(CONVERT_TIMEZONE('UTC', ${text(zone)}, TO_TIMESTAMP_NTZ(${t} - ${YEAR_ONE_MICROS}, 6)) AS DATE))`,
  lastKnown(value, over, through) {
    return through === 'here'
      ? standard.lastKnown(value, over, through)
      : sql`LAG(${value}) IGNORE NULLS OVER (PARTITION BY ${over.partition} ORDER BY ${over.order})`
  },
  collect: (value) => sql`ARRAY_UNIQUE_AGG(${value})`,
  single: (value) => sql`ARRAY_CONSTRUCT_COMPACT(${value})`,
  merge: (set) => sql`ARRAY_UNION_AGG(${set})`,
  size: (set) => sql`ARRAY_SIZE(${set})`,
  sorted: (set) => sql`ARRAY_SORT(${set})`,
  advice: (limited) =>
    limited
      ? [
          'Snowflake limits the rounds of a recursion: a session cut into very many parts fails there.',
        ]
      : [],
  quantile: (value, share) => ({
    value: sql`PERCENTILE_CONT(${share}) WITHIN GROUP (ORDER BY ${value})`,
    exact: true,
  }),
}
