/** Numbers of units since 1970 as microseconds: what is finer is cut, never rounded into the next one. */
import { raw, type Sql, sql, text } from '../sql/sql.js'

/** From the largest. */
export const EPOCH_UNITS = ['epoch_s', 'epoch_ms', 'epoch_us', 'epoch_ns'] as const
export type EpochUnit = (typeof EPOCH_UNITS)[number]

/** How many decimal places of the unit a microsecond is. */
export const MICROSECOND_PLACES: Readonly<Record<EpochUnit, number>> = {
  epoch_s: 6,
  epoch_ms: 3,
  epoch_us: 0,
  epoch_ns: -3,
}

/**
 * Of text; NULL where it is no number, or too large.
 *
 * Integers stay integers, in 128 bits so that nothing overflows. Plain fractions of our times are
 * decimals of 64 bits; those of 128 take a hundred times as long, so that all others, of which there
 * are few, are taken as the digits that they are.
 */
export function microsOfEpoch(value: Sql, unit: EpochUnit): Sql {
  const places = MICROSECOND_PLACES[unit]
  const exponential = sql`(contains(${value}, 'e') OR contains(${value}, 'E'))`
  return sql`CASE
    WHEN contains(${value}, '.') THEN ${ofFraction(value, places, exponential)}
    WHEN ${exponential} THEN ${ofExponential(value, places)}
    ELSE ${ofInteger(value, places)} END`
}

/** Of a number without a sign that has a year from 2001 to 2286 in this unit; NULL for all others. */
export function plainMicrosOfEpoch(value: Sql, unit: EpochUnit): Sql {
  const places = MICROSECOND_PLACES[unit]
  const digits = 16 - places
  return sql`CASE
    WHEN ${value} < '1' OR ${value} >= ':' OR contains(lower(${value}), 'e') THEN NULL
    WHEN contains(${value}, '.') THEN CASE WHEN instr(${value}, '.') = ${digits + 1} THEN ${ofFraction(value, places, raw('false'))} END
    WHEN strlen(${value}) = ${digits} THEN ${ofInteger(value, places)} END`
}

/** The same whatever the number, slower; `places` may differ from row to row, and is NULL where there is no unit. */
export const microsOfNumber = (value: Sql, places: Sql): Sql =>
  sql`CASE WHEN contains(lower(${value}), 'e') THEN ${ofExponential(value, places)} ELSE ${ofPlain(sql`rtrim(${value}) || CASE WHEN contains(${value}, '.') THEN '' ELSE '.' END`, places)} END`

function ofInteger(value: Sql, places: number): Sql {
  const whole = sql`TRY_CAST(${value} AS BIGINT)`
  if (places >= 0) return sql`TRY_CAST(CAST(${whole} AS HUGEINT) * ${10 ** places} AS BIGINT)`
  // The engine's own quotient is cut towards zero.
  return sql`${whole} // ${10 ** -places} - CAST(${whole} % ${10 ** -places} < 0 AS BIGINT)`
}

function ofFraction(value: Sql, places: number, exponential: Sql): Sql {
  const exact = sql`CASE WHEN ${exponential} THEN ${ofExponential(value, places)} ELSE ${ofPlain(value, places)} END`
  if (places < 0) return exact
  // Two more than are needed; what lies beyond them only matters where it is rounded down below 0.
  const kept = places + 2
  const point = sql`instr(${value}, '.')`
  return sql`coalesce(CASE
      WHEN ${exponential} THEN NULL
      WHEN strlen(${value}) - ${point} <= ${kept} THEN ${ofDecimal(value, places)}
      WHEN NOT contains(${value}, '-') AND TRY_CAST(${value} AS DOUBLE) IS NOT NULL
      THEN ${ofDecimal(sql`left(${value}, ${point} + ${kept})`, places)} END,
    ${exact})`
}

function ofDecimal(value: Sql, places: number): Sql {
  const number = sql`TRY_CAST(${value} AS DECIMAL(18, ${raw(String(places + 2))}))`
  const fraction = sql`CAST(${number} % 1 AS DECIMAL(${raw(`${places + 3}, ${places + 2}`)}))`
  return sql`CAST(trunc(${number}) AS BIGINT) * ${10 ** places} + CAST(floor(${fraction} * ${10 ** places}) AS BIGINT)`
}

/** More digits than 64 bits have, with a few zeros before them. */
const MOST_DIGITS = 30

/** The first `whole` of the digits are microseconds; zeros that are not written may be among them. */
function ofDigits(value: Sql, digits: Sql, whole: Sql): Sql {
  const zeros = text('0'.repeat(MOST_DIGITS))
  const magnitude = sql`TRY_CAST(CASE WHEN ${whole} <= 0 THEN '0' WHEN ${whole} <= ${MOST_DIGITS} THEN left(${digits} || ${zeros}, ${whole}) END AS BIGINT)`
  const cut = sql`regexp_matches(substr(${digits}, 1 + greatest(0, ${whole})), '[1-9]')`
  return sql`CASE WHEN TRY_CAST(${value} AS DOUBLE) IS NULL THEN NULL WHEN starts_with(trim(${value}), '-') THEN -${magnitude} - CAST(${cut} AS BIGINT) ELSE ${magnitude} END`
}

function ofPlain(value: Sql, places: number | Sql): Sql {
  const number = sql`ltrim(trim(${value}), '+-')`
  return ofDigits(
    value,
    sql`replace(${number}, '.', '')`,
    sql`instr(${number}, '.') - 1 + ${places}`,
  )
}

const EXPONENTIAL = text(String.raw`^\s*[+-]?(\d*)\.?(\d*)[eE]([+-]?\d{1,4})\s*$`)

function ofExponential(value: Sql, places: number | Sql): Sql {
  const group = (at: number): Sql => sql`regexp_extract(${value}, ${EXPONENTIAL}, ${at})`
  return ofDigits(
    value,
    sql`${group(1)} || ${group(2)}`,
    sql`strlen(${group(1)}) + TRY_CAST(${group(3)} AS BIGINT) + ${places}`,
  )
}
