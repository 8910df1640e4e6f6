/** How Spark's values become the text and the times that the local engine would make of them. */

import { SessionizeError } from '../../errors/errors.js'
import { identifier, join, raw, type Sql, sql, text } from '../../sql/sql.js'
import { MICROS_PER_EPOCH_UNIT } from '../../units/time.js'
import type { RemoteColumn, RemoteTimeFormat, RemoteValues } from '../engine.js'
import { parseSparkType, type SparkType } from './types.js'

const WHOLE = new Set(['tinyint', 'smallint', 'int', 'bigint'])
const FRACTIONAL = new Set(['float', 'double'])
/** Types whose own text is the one that anybody would expect. */
const SPELT = new Set([...WHOLE, 'boolean', 'date', 'decimal'])

export const sparkValues: RemoteValues = {
  sample(column) {
    const { name } = parseSparkType(column.type)
    const value = ofRow(column)
    if (name === 'binary' || name === 'interval') return undefined
    return ['struct', 'map', 'array', 'variant'].includes(name) ? sql`to_json(${value})` : value
  },
  text: (column, path) => textOf(ofRow(column), parseSparkType(column.type), path, column.name),
  value: ofRow,
  micros(column, path, format, zone) {
    const type = parseSparkType(column.type)
    const value = ofRow(column)
    if (path.length === 0) {
      if (type.name === 'timestamp') return sql`unix_micros(${value})`
      if (type.name === 'timestamp_ntz' || type.name === 'date') return localMicros(value, zone)
      if (isNumber(type)) {
        if (format === 'iso') throw unreadable(column, `${type.name} as ISO 8601`)
        return WHOLE.has(type.name) ? ofWhole(value, format) : ofFraction(value, format)
      }
    }
    const written = sql`trim(${textOf(value, type, path, column.name)})`
    if (format === 'iso' || format === 'timestamp' || format === 'timestamptz') {
      return isoMicros(written, zone)
    }
    return sql`CASE WHEN ${written} RLIKE '[.eE]' THEN ${ofFraction(written, format)} ELSE ${ofWhole(sql`try_cast(${written} AS BIGINT)`, format)} END`
  },
  digest: (columns) =>
    sql`md5(to_json(struct(${join(columns.map(ofRow))}), map('ignoreNullFields', 'false')))`,
  // Digits of one length sort as the numbers do, and text after them bytewise.
  key: (t, value) => sql`concat(lpad(hex(${t}), 16, '0'), ${value})`,
  timeOf: (key) => sql`CAST(conv(substring(${key}, 1, 16), 16, 10) AS BIGINT)`,
  valueOf: (key) => sql`substring(${key}, 17)`,
}

function ofRow({ name }: RemoteColumn): Sql {
  return sql`r.${identifier(name)}`
}

const isNumber = ({ name }: SparkType): boolean =>
  WHOLE.has(name) || FRACTIONAL.has(name) || name === 'decimal'

function textOf(value: Sql, type: SparkType, path: readonly string[], name: string): Sql {
  const [key, ...rest] = path
  if (key !== undefined) return below(value, type, key, rest, name)
  if (type.name === 'string') return value
  if (SPELT.has(type.name)) return sql`CAST(${value} AS STRING)`
  if (FRACTIONAL.has(type.name)) {
    return sql`CASE WHEN ${value} % 1 = 0 AND abs(${value}) < 9e15 THEN CAST(CAST(${value} AS BIGINT) AS STRING) ELSE CAST(${value} AS STRING) END`
  }
  throw unreadable({ name, type: type.name }, `${type.name} as text`)
}

function below(
  value: Sql,
  type: SparkType,
  key: string,
  rest: readonly string[],
  name: string,
): Sql {
  switch (type.name) {
    case 'struct': {
      const exact = type.fields.find((field) => field.name === key)
      const field = exact ?? type.fields.find((one) => one.name.toLowerCase() === key.toLowerCase())
      return field === undefined
        ? raw('CAST(NULL AS STRING)')
        : textOf(sql`${value}.${identifier(field.name)}`, parseSparkType(field.type), rest, name)
    }
    case 'map':
      return textOf(
        sql`try_element_at(${value}, ${text(key)})`,
        parseSparkType(type.element ?? 'string'),
        rest,
        name,
      )
    case 'string':
      return textOf(
        sql`try_element_at(from_json(${value}, 'map<string,string>'), ${text(key)})`,
        type,
        rest,
        name,
      )
    default:
      throw unreadable({ name, type: type.name }, `what is below ${type.name}`)
  }
}

const unitOf = (format: RemoteTimeFormat): number | undefined =>
  new Map<string, number>(Object.entries(MICROS_PER_EPOCH_UNIT)).get(format)

/** NULL where it leaves 64 bits; of nanoseconds what is below a microsecond is cut, downwards. */
function ofWhole(value: Sql, format: RemoteTimeFormat): Sql {
  const unit = unitOf(format)
  const wide = sql`CAST(${value} AS BIGINT)`
  return unit === undefined
    ? sql`(${wide} div 1000 - if(${wide} % 1000 < 0, 1, 0))`
    : sql`try_multiply(${wide}, ${raw(`${unit}L`)})`
}

/** Cut downwards, as digits: a double is the shortest number that reads back as it. */
function ofFraction(value: Sql, format: RemoteTimeFormat): Sql {
  const unit = unitOf(format)
  const number = sql`try_cast(${value} AS DECIMAL(30, ${raw(unit === undefined ? '9' : '12')}))`
  return sql`try_cast(floor(${number} * ${raw(unit === undefined ? '0.001BD' : `${unit}BD`)}) AS BIGINT)`
}

const DAY = '\\d{1,4}-\\d{1,2}-\\d{1,2}'
const CLOCK = '[T ]\\s*\\d{1,2}:\\d{1,2}(:\\d{1,2}([.]\\d*)?)?'
const ZONE = '(Z|\\s*UTC|[+-]\\d{2}(:?\\d{2})?)'
const ISO = `^${DAY}(${CLOCK}${ZONE}?)?$`
const ZONED = `:.*${ZONE}$`

/** Of `YYYY-MM-DD[ hh:mm[:ss[.f]][Z|+hh[:mm]]]`; NULL for anything else and for days there are not. */
function isoMicros(value: Sql, zone: string): Sql {
  const whole = sql`try_cast(${value} AS TIMESTAMP)`
  return sql`CASE WHEN NOT (${value} RLIKE ${text(ISO)}) THEN NULL WHEN ${value} RLIKE ${text(ZONED)} THEN unix_micros(${whole}) ELSE ${localMicros(whole, zone)} END`
}

/** A wall-clock time as an instant. One that a change to summer time skips moves forward. */
function localMicros(value: Sql, zone: string): Sql {
  const naive = sql`CAST(${value} AS TIMESTAMP)`
  return sql`unix_micros(${zone === 'UTC' ? naive : sql`to_utc_timestamp(${naive}, ${text(zone)})`})`
}

function unreadable({ name }: RemoteColumn, what: string): SessionizeError {
  return new SessionizeError(
    'unsupported',
    `\`${name}\` cannot be read from Spark: ${what} may come out otherwise than from a file.`,
    {
      hint: 'Make a view in which it is a string or a number, and name the view with --table.',
    },
  )
}
