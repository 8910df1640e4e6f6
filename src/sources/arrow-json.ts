/** Nested Arrow values as JSON text, column by column from the leaves up; integers keep all digits. */
import { type Data, DataType, DateUnit, TimeUnit, Vector } from 'apache-arrow'

type Texts = (string | undefined)[]

/** One JSON text per row; undefined where the row is null. */
export function jsonTexts(data: Data): Texts {
  const { type, children } = data
  if (DataType.isStruct(type)) {
    const names = type.children.map(({ name }) => JSON.stringify(name))
    const columns = children.map(jsonTexts)
    return rows(data, (row) => {
      const fields = names.map((name, i) => `${name}:${columns[i]?.[row] ?? 'null'}`)
      return `{${fields.join(',')}}`
    })
  }
  if (DataType.isList(type) || DataType.isLargeList(type)) {
    const { texts, range } = listed(data)
    return rows(data, (row) => {
      const [start, end] = range(row)
      return `[${texts.slice(start, end).map(orNull).join(',')}]`
    })
  }
  if (DataType.isFixedSizeList(type)) {
    const [child] = children
    const texts = child === undefined ? [] : jsonTexts(child)
    const size = type.listSize
    return rows(
      data,
      (row) =>
        `[${texts
          .slice(row * size, (row + 1) * size)
          .map(orNull)
          .join(',')}]`,
    )
  }
  if (DataType.isMap(type)) {
    const { child, range } = slicedChild(data)
    const [keys = [], values = []] = (child?.children ?? []).map(jsonTexts)
    return rows(data, (row) => {
      const [start, end] = range(row)
      const entries: string[] = []
      for (let i = start; i < end; i++) entries.push(`${asKey(keys[i])}:${orNull(values[i])}`)
      return `{${entries.join(',')}}`
    })
  }
  if (DataType.isDictionary(type)) return dictionaryTexts(data)
  return leafTexts(data)
}

const orNull = (text: string | undefined): string => text ?? 'null'
const asKey = (text = 'null'): string => (text.startsWith('"') ? text : JSON.stringify(text))

function rows(data: Data, text: (row: number) => string | undefined): Texts {
  return Array.from({ length: data.length }, (_, row) =>
    data.getValid(row) ? text(row) : undefined,
  )
}

function listed(data: Data) {
  const { child, range } = slicedChild(data)
  return { texts: child === undefined ? [] : jsonTexts(child), range }
}

/** Just the part of a list's values that its rows use: a slice of a column keeps all of them. */
function slicedChild(data: Data): {
  child: Data | undefined
  range: (row: number) => [start: number, end: number]
} {
  const offsets: unknown = data.valueOffsets
  if (!(offsets instanceof Int32Array || offsets instanceof BigInt64Array)) {
    throw new RangeError('a list has no offsets')
  }
  const at = (row: number): number => Number(offsets[row] ?? 0)
  const first = at(0)
  const used = at(data.length) - first
  if (used < 0 || used > (data.children[0]?.length ?? 0)) {
    throw new RangeError('a list leads outside')
  }
  const child: Data | undefined = data.children[0]?.slice(first, used)
  const range = (row: number): [number, number] => {
    const [start, end] = [at(row) - first, at(row + 1) - first]
    if (start < 0 || end < start || end > used) throw new RangeError('a list leads outside')
    return [start, end]
  }
  return { child, range }
}

function dictionaryTexts(data: Data): Texts {
  const entries = (data.dictionary?.data ?? []).flatMap((chunk: Data) => jsonTexts(chunk))
  const indices: ArrayLike<number | bigint> = data.values
  return rows(data, (row) => entries[Number(indices[row] ?? 0)])
}

function leafTexts(data: Data): Texts {
  const { type } = data
  const vector = new Vector([data])
  const text = leafText(type)
  return rows(data, (row) => {
    const value: unknown = vector.get(row)
    return value === null || value === undefined ? undefined : text(value, row, data)
  })
}

type LeafText = (value: unknown, row: number, data: Data) => string

function leafText(type: DataType): LeafText {
  if (DataType.isTimestamp(type)) {
    const zone = type.timezone === null || type.timezone === '' ? '' : 'Z'
    return (_, row, data) => JSON.stringify(instant(rawInteger(data, row), type.unit) + zone)
  }
  if (DataType.isDate(type)) {
    const perDay = type.unit === DateUnit.DAY ? 1n : 86_400_000n
    return (_, row, data) => {
      const days = floorDivide(rawInteger(data, row), perDay)
      return JSON.stringify(instant(days * 86_400n, TimeUnit.SECOND).slice(0, 10))
    }
  }
  if (DataType.isDecimal(type)) {
    return (_, row, data) => decimalText(data, row, type.bitWidth / 8, type.scale)
  }
  return jsonText
}

/** The integer behind a value that apache-arrow would round to milliseconds. */
function rawInteger(data: Data, row: number): bigint {
  const values: unknown = data.values
  if (values instanceof BigInt64Array) return values[row] ?? 0n
  if (values instanceof Int32Array) return BigInt(values[row] ?? 0)
  throw new RangeError('a column has no values')
}

const PER_SECOND: Readonly<Record<TimeUnit, { per: bigint; digits: number }>> = {
  [TimeUnit.SECOND]: { per: 1n, digits: 0 },
  [TimeUnit.MILLISECOND]: { per: 1000n, digits: 3 },
  [TimeUnit.MICROSECOND]: { per: 1_000_000n, digits: 6 },
  [TimeUnit.NANOSECOND]: { per: 1_000_000_000n, digits: 9 },
}

/** `2024-01-31T12:00:00.123456`, with all the digits of its unit. */
function instant(value: bigint, unit: TimeUnit): string {
  const { per, digits } = PER_SECOND[unit]
  const seconds = floorDivide(value, per)
  const date = new Date(Number(seconds) * 1000)
  // Years that JavaScript has no date for stay numbers.
  if (Number.isNaN(date.getTime())) return String(value)
  const whole = date.toISOString().replace(/\.\d+Z$/, '')
  return digits === 0 ? whole : `${whole}.${String(value - seconds * per).padStart(digits, '0')}`
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient
}

function decimalText(data: Data, row: number, width: number, scale: number): string {
  const values: unknown = data.values
  if (!ArrayBuffer.isView(values)) throw new RangeError('a column has no values')
  const bytes = new Uint8Array(values.buffer, values.byteOffset + row * width, width)
  let value = 0n
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte)
  value = BigInt.asIntN(width * 8, value)
  if (scale <= 0) return String(value * 10n ** BigInt(-scale))
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function jsonText(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') {
    return JSON.stringify(value)
  }
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('hex'))
  // Intervals and unions, which no events are known to hold.
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? String(inner) : inner,
  )
}
