/** How ClickHouse's values become the text and the times that the local engine would make of them. */
import { SessionizeError } from '../../errors/errors.js'
import { identifier, join, raw, type Sql, sql, text } from '../../sql/sql.js'
import type { RemoteColumn, RemoteValues } from '../engine.js'
import { epochMicros, isoMicros, localMicros } from './times.js'
import {
  type ClickHouseType,
  isDay,
  isFloat,
  isInteger,
  isTime,
  parseType,
  tupleMembers,
} from './types.js'

export const clickhouseValues: RemoteValues = {
  sample(column) {
    const type = parseType(column.type)
    const value = ofRow(column)
    if (isTime(type)) return sql`toDateTime64(${value}, 6, 'UTC')`
    if (type.name === 'JSON') return sql`toJSONString(${value})`
    if (type.name === 'String' || type.name === 'Bool' || isDay(type) || isFloat(type)) return value
    // Of more than 64 bits Parquet has none.
    if (isInteger(type)) return /\d{3}$/.test(type.name) ? sql`toString(${value})` : value
    if (SPELT.has(type.name)) return sql`toString(${value})`
    return /^(Tuple|Map|Array|Decimal\d*)$/.test(type.name) ? value : undefined
  },
  text: (column, path) => textOf(ofRow(column), parseType(column.type), path, column.name),
  value: (column) => ofRow(column),
  micros(column, path, format, zone) {
    const type = parseType(column.type)
    const value = ofRow(column)
    if (path.length === 0) {
      if (type.name === 'DateTime') return sql`toInt64(toUnixTimestamp(${value})) * 1000000`
      if (type.name === 'DateTime64') return ofDateTime64(value, type)
      if (isDay(type)) return localMicros(sql`toInt64(${value}) * 86400000000`, zone)
      if (isFloat(type) || isInteger(type)) {
        if (format === 'iso') throw unreadable(column, `${type.name} as ISO 8601`)
        return epochMicros(value, format, isFloat(type) ? 'float' : 'integer')
      }
    }
    const written = textOf(value, type, path, column.name)
    if (format === 'iso') return isoMicros(written, zone)
    if (format === 'timestamp' || format === 'timestamptz') return isoMicros(written, zone)
    return epochMicros(written, format, 'text')
  },
  digest: (columns) =>
    sql`lower(hex(MD5(toJSONString(tuple(${join(columns.map((column) => ofRow(column)))})))))`,
  // Big-endian bytes sort as the numbers do, and text after them bytewise.
  key: (t, value) =>
    sql`concat(reinterpretAsFixedString(byteSwap(toUInt64(assumeNotNull(${t})))), ${value})`,
  // Where windows find no neighbour they give NULL only for what can be NULL.
  timeOf: (key) => sql`toNullable(toInt64(byteSwap(reinterpretAsUInt64(substring(${key}, 1, 8)))))`,
  valueOf: (key) => sql`substring(${key}, 9)`,
}

const ofRow = ({ name }: RemoteColumn): Sql => sql`r.${identifier(name)}`

/** Types whose own text is the one that anybody would expect. */
const SPELT = new Set(['UUID', 'IPv4', 'IPv6', 'Enum8', 'Enum16'])

function textOf(value: Sql, type: ClickHouseType, path: readonly string[], name: string): Sql {
  const [key, ...rest] = path
  if (key !== undefined) return below(value, type, key, rest, name)
  if (type.name === 'String') return value
  if (isInteger(type) || isDay(type) || type.name === 'Bool' || SPELT.has(type.name)) {
    return sql`toString(${value})`
  }
  if (isFloat(type)) {
    return sql`if(${value} = trunc(${value}) AND abs(${value}) < 9e15, toString(toInt64(${value})), toString(${value}))`
  }
  throw unreadable({ name, type: type.name }, `${type.name} as text`)
}

function below(
  value: Sql,
  type: ClickHouseType,
  key: string,
  rest: readonly string[],
  name: string,
): Sql {
  switch (type.name) {
    case 'Tuple': {
      const members = tupleMembers(type)
      const exact = members.findIndex((member) => member.name === key)
      const at =
        exact >= 0
          ? exact
          : members.findIndex((member) => member.name.toLowerCase() === key.toLowerCase())
      const member = members[at]
      return member === undefined
        ? NOTHING
        : textOf(sql`tupleElement(${value}, ${at + 1})`, parseType(member.type), rest, name)
    }
    case 'Map': {
      const [, inner = ''] = type.parts
      const found = sql`if(mapContains(${value}, ${text(key)}), ${value}[${text(key)}], NULL)`
      return textOf(found, parseType(inner), rest, name)
    }
    case 'JSON':
      return jsonText(sql`toJSONString(${value})`, [key, ...rest])
    case 'String':
      return jsonText(value, [key, ...rest])
    default:
      throw unreadable({ name, type: type.name }, `what is below ${type.name}`)
  }
}

const NOTHING = raw('CAST(NULL AS Nullable(String))')

/** Text without its quotes, numbers as they are written; nothing where there is none. */
function jsonText(json: Sql, path: readonly string[]): Sql {
  const keys = join(path.map(text))
  return sql`multiIf(JSONType(${json}, ${keys}) = 'String', JSONExtractString(${json}, ${keys}), JSONType(${json}, ${keys}) = 'Null', NULL, JSONExtractRaw(${json}, ${keys}))`
}

/** Rounded down where it has nanoseconds. */
function ofDateTime64(value: Sql, { parts }: ClickHouseType): Sql {
  if (Number(parts[0] ?? 3) <= 6) return sql`toUnixTimestamp64Micro(${value})`
  const nanos = sql`toUnixTimestamp64Nano(toDateTime64(${value}, 9))`
  return sql`toInt64(intDiv(${nanos} - positiveModulo(${nanos}, 1000), 1000))`
}

function unreadable({ name }: RemoteColumn, what: string): SessionizeError {
  return new SessionizeError(
    'unsupported',
    `\`${name}\` cannot be read from ClickHouse: ${what} may come out otherwise than from a file.`,
    {
      hint: 'Make a view of the table in which it is a String or a number, and name the view with --table.',
    },
  )
}
