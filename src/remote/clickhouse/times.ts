/**
 * Times in ClickHouse as the local engine reads them: integers all the way, as ClickHouse's own times
 * end in 1900 and 2299, and its lenient parser takes what is no time.
 */

import { raw, type Sql, sql, text } from '../../sql/sql.js'
import { MICROS_PER_EPOCH_UNIT } from '../../units/time.js'
import type { RemoteTimeFormat } from '../engine.js'

type Epoch = Exclude<RemoteTimeFormat, 'iso' | 'timestamp' | 'timestamptz'>

/** Of a number of units since 1970; NULL where it is none, or too large. */
export function epochMicros(
  value: Sql,
  format: Exclude<RemoteTimeFormat, 'iso'>,
  kind: 'integer' | 'float' | 'text',
): Sql {
  const unit = format as Epoch
  switch (kind) {
    case 'integer':
      return ofWhole(value, unit)
    case 'float':
      return ofFraction(sql`toString(${value})`, unit)
    case 'text':
      return sql`multiIf(NOT match(${value}, '[.eE]'), ${ofWhole(sql`toInt64OrNull(trimBoth(${value}))`, unit)}, match(${value}, ${text(FRACTION)}), ${ofFraction(sql`trimBoth(${value})`, unit)}, NULL)`
  }
}

/** ClickHouse itself takes 1.2.3 for 1.23. */
const FRACTION = '^\\s*[+-]?(\\d+\\.\\d*|\\.\\d+|\\d+)([eE][+-]?\\d+)?\\s*$'

const ofWhole = (value: Sql, unit: Epoch): Sql =>
  unit === 'epoch_ns'
    ? sql`(toInt64(intDiv(${value}, 1000)) - (modulo(${value}, 1000) < 0))`
    : sql`accurateCastOrNull(toInt128(${value}) * ${MICROS_PER_EPOCH_UNIT[unit]}, 'Int64')`

/** Cut downwards, as digits: a float is the shortest number that reads back as it. */
function ofFraction(value: Sql, unit: Epoch): Sql {
  const number = sql`toDecimal256OrNull(${value}, 15)`
  const micros =
    unit === 'epoch_ns' ? sql`${number} / 1000` : sql`${number} * ${MICROS_PER_EPOCH_UNIT[unit]}`
  return sql`accurateCastOrNull(floor(${micros}), 'Int64')`
}

/** Year, month, day, hour, minute, second, fraction, zone. */
const ISO =
  '^\\s*(\\d{1,4})-(\\d{1,2})-(\\d{1,2})(?:[T ]\\s*(\\d{1,2}):(\\d{1,2})(?::(\\d{1,2})(?:\\.(\\d*))?)?(Z|\\s*UTC|[+-]\\d{2}(?::?\\d{2})?)?)?\\s*$'

/** Of `YYYY-MM-DD[ hh:mm[:ss[.f]][Z|+hh[:mm]]]`; NULL for anything else and for days there are not. */
export function isoMicros(value: Sql, zone: string): Sql {
  const part = (at: number): Sql => sql`toInt64OrZero(g[${at}])`
  const [year, month, day] = [part(1), part(2), part(3)]
  const [hour, minute, second] = [part(4), part(5), part(6)]
  const leap = sql`(${year} % 4 = 0 AND (${year} % 100 != 0 OR ${year} % 400 = 0))`
  const lastDay = sql`if(${month} = 2, 28 + ${leap}, 30 + bitAnd(${month} + intDiv(${month}, 8), 1))`
  const valid = sql`length(g) = 8 AND ${month} BETWEEN 1 AND 12 AND ${day} BETWEEN 1 AND ${lastDay}
    AND ${minute} < 60
    AND ((${hour} < 24 AND (${second} < 60 OR (${second} = 60 AND ${minute} = 59)))
      OR (${hour} = 24 AND ${minute} = 0 AND ${second} = 0 AND toInt64OrZero(g[7]) = 0))`
  // Days from civil: March is the first month, so that a leap day is the last of its year.
  const shifted = sql`(${year} + 399 + (${month} > 2))`
  const days = sql`(365 * ${shifted} + intDiv(${shifted}, 4) - intDiv(${shifted}, 100) + intDiv(${shifted}, 400) + intDiv(153 * modulo(${month} + 9, 12) + 2, 5) + ${day} - 1 - ${DAYS_TO_1970})`
  const fraction = sql`toInt64OrZero(substring(concat(g[7], '000000'), 1, 6))`
  const naive = sql`(${days} * 86400 + ${hour} * 3600 + ${minute} * 60 + ${second}) * 1000000 + ${fraction}`
  const digits = sql`replaceRegexpAll(g[8], '[^0-9]', '')`
  const offset = sql`(if(startsWith(g[8], '-'), -1, 1) * (toInt64OrZero(substring(${digits}, 1, 2)) * 60 + toInt64OrZero(substring(${digits}, 3, 2)))) * 60000000`
  const instant = sql`if(g[8] = '', ${localMicros(naive, zone)}, ${naive} - ${offset})`
  return sql`arrayMap(g -> if(${valid}, ${instant}, NULL), [extractGroups(ifNull(${value}, ''), ${text(ISO)})])[1]`
}

/** From 1 March of the year -400 to 1970. */
const DAYS_TO_1970 = raw(String(719_468 + 146_097))

/**
 * Local wall-clock time as an instant. A local time that a change to summer time skips moves forward
 * by the skipped hour, and one that the change back repeats is the later: both are what the smaller
 * of the two offsets around it gives. Zones change within the years that ClickHouse's times know.
 */
export function localMicros(naive: Sql, zone: string): Sql {
  if (zone === 'UTC') return naive
  const offsetAt = (micros: Sql): Sql =>
    sql`toInt64(timezoneOffset(fromUnixTimestamp64Micro(toInt64(${micros}), ${text(zone)}))) * 1000000`
  const before = offsetAt(sql`n - 86400000000`)
  const after = offsetAt(sql`n + 86400000000`)
  const small = sql`least(${before}, ${after})`
  const large = sql`greatest(${before}, ${after})`
  const chosen = sql`if(${offsetAt(sql`n - ${small}`)} = ${small} OR ${offsetAt(sql`n - ${large}`)} != ${large}, ${small}, ${large})`
  return sql`arrayMap(n -> if(n IS NULL, NULL, n - ${chosen}), [toNullable(${naive})])[1]`
}
