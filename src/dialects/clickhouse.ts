import { raw, sql, text } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import type { Dialect } from './dialect.js'
import { standard, walkedStages } from './standard.js'

/** Backslashes escape in names and in text; what they escape is taken as it is, except NUL. */
const escaped = (value: string): string =>
  value.replaceAll(/[\\'"`]/g, '\\$&').replaceAll('\0', '\\0')

const quoted = (value: string): string => `'${escaped(value)}'`

/** What makes the server read a query as the standard has it. */
export const CLICKHOUSE_SETTINGS = [
  // An unmatched row of an outer join is NULL, and not an empty value.
  ['join_use_nulls', 1],
  // A column is meant where an output column has its name too.
  ['prefer_column_name_to_alias', 1],
  // A cast of NULL is NULL.
  ['cast_keep_nullable', 1],
  // UNION without ALL is of distinct rows.
  ['union_default_mode', 'DISTINCT'],
] as const

/**
 * Pointer jumping within each long session: its events as an array of who comes next, -1 for nobody.
 * Each round of a recursion would make all the stages before it again.
 */
const WALKED = sql`SELECT base, arrayFold(
  (walk, round) -> (
    arrayMap(nth -> if(nth < 0, toInt64(-1), walk.1[nth + 1]), walk.1),
    arrayDistinct(arrayConcat(walk.2, arrayFilter(nth -> nth >= 0, arrayMap(nth -> walk.1[nth + 1], walk.2))))
  ),
  range(toUInt64(ceil(log2(length(jump) + 1)))),
  (jump, [toInt64(0)])
).2 AS found
FROM (
  SELECT base, arrayMap(event -> event.2, arraySort(groupArray((nth, ifNull(next - base, -1))))) AS jump
  FROM sz_successors
  GROUP BY base
) AS lined_up`

const OPENERS = sql`SELECT base + nth AS node
FROM sz_walked
ARRAY JOIN found AS nth`

/** ClickHouse from 25.8 on: named stages, recursion and windows as the standard has them. */
export const clickhouse: Dialect = {
  ...standard,
  name: 'clickhouse',
  identifier: (name) => `"${escaped(name)}"`,
  text: quoted,
  // The pattern has escapes of its own, below those of the literal.
  like: (value, pattern) =>
    `${value} LIKE ${quoted(pattern.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%'))}`,
  // More decimals than six would be cut off and not rounded, so they are read first.
  decimal: (value) => {
    const exact = `toDecimal256OrNull(trimBoth(${value}), 40)`
    return `if(abs(${exact}) < toDecimal256('1e22', 6), toDecimal128OrNull(toString(round(${exact}, 6)), 6), NULL)`
  },
  quotient: (a, b) => sql`toInt64(intDiv(${a}, ${b}))`,
  remainder: (a, b) => sql`toInt64(modulo(${a}, ${b}))`,
  shiftRight: (value, bits) => sql`bitShiftRight(${value}, ${bits})`,
  lowBits: (value, bits) => sql`bitAnd(${value}, ${2 ** bits - 1})`,
  wide: (value) => sql`toInt128(${value})`,
  integer: (value) => sql`toInt64(${value})`,
  // `count` is unsigned, and mixes badly with what is not.
  count: (condition) =>
    condition === undefined ? sql`sum(toInt64(1))` : sql`sumIf(toInt64(1), ${condition})`,
  md5: (value) => sql`lower(hex(MD5(${value})))`,
  asText: (value) => sql`toString(${value})`,
  instant: (micros) => sql`fromUnixTimestamp64Micro(${micros}, 'UTC')`,
  epochMicros: (instant) => sql`toUnixTimestamp64Micro(toDateTime64(${instant}, 6, 'UTC'))`,
  localDay: (t, zone) =>
    sql`toInt64(toDate32(fromUnixTimestamp64Micro(${t} - ${YEAR_ONE_MICROS}, ${text(zone)})))`,
  double: (value) => sql`toFloat64(${value})`,
  longRanges: false,
  sharesStages: false,
  collect: (value) => sql`groupUniqArray(${value})`,
  single: (value) => sql`if(${value} IS NULL, [], [assumeNotNull(${value})])`,
  merge: (set) => sql`groupUniqArrayArray(${set})`,
  size: (set) => sql`toInt64(length(${set}))`,
  quantile: (value, share) => ({
    value: sql`quantileExactInclusive(${share})(${value})`,
    exact: true,
  }),
  sorted: (set) => sql`arraySort(${set})`,
  openers: () => walkedStages(WALKED, OPENERS),
  advice: (limited) =>
    limited
      ? [
          'ClickHouse makes a stage anew for each that reads it: with limits on sessions that is slow.',
        ]
      : [],
  statement: (query) =>
    sql`${query}\nSETTINGS ${raw(CLICKHOUSE_SETTINGS.map(([name, value]) => `${name} = ${typeof value === 'string' ? quoted(value) : value}`).join(', '))}`,
}
