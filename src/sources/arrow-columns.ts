/** Arrow's columns as Parquet's: the same values in the same order, buffers moved where they can be. */
import {
  type Data,
  DataType,
  DateUnit,
  type Field,
  Precision,
  TimeUnit as Unit,
  Vector,
} from 'apache-arrow'
import { jsonTexts } from './arrow-json.js'
import type { LogicalType, Page, ParquetColumn, PhysicalType, TimeUnit } from './parquet.js'

type Kind = Omit<ParquetColumn, 'name'>

export const columnOf = (field: Field): ParquetColumn => ({
  name: field.name,
  ...kindOf(field.type),
})

const UNITS: Readonly<Record<Unit, TimeUnit>> = {
  // Parquet has no seconds: they are multiplied.
  [Unit.SECOND]: 'millis',
  [Unit.MILLISECOND]: 'millis',
  [Unit.MICROSECOND]: 'micros',
  [Unit.NANOSECOND]: 'nanos',
}

function kindOf(type: DataType): Kind {
  const kind = (physical: PhysicalType, logical?: LogicalType): Kind =>
    logical === undefined ? { physical } : { physical, logical }
  if (DataType.isDictionary(type)) return kindOf(type.dictionary)
  if (DataType.isBool(type)) return kind('boolean')
  if (DataType.isInt(type)) {
    const { bitWidth: bits, isSigned: signed } = type
    return kind(bits === 64 ? 'int64' : 'int32', { is: 'integer', bits, signed })
  }
  if (DataType.isFloat(type)) return kind(type.precision === Precision.DOUBLE ? 'double' : 'float')
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type)) {
    return kind('bytes', { is: 'text' })
  }
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isBinaryView(type)) {
    return kind('bytes')
  }
  if (DataType.isFixedSizeBinary(type)) return { physical: 'fixed', bytesPerValue: type.byteWidth }
  if (DataType.isDate(type)) return kind('int32', { is: 'date' })
  if (DataType.isTimestamp(type)) {
    const utc = typeof type.timezone === 'string' && type.timezone !== ''
    return kind('int64', { is: 'timestamp', unit: UNITS[type.unit], utc })
  }
  if (DataType.isTime(type)) {
    return kind(type.bitWidth === 32 ? 'int32' : 'int64', { is: 'time', unit: UNITS[type.unit] })
  }
  // A length of time stays a number, in the unit of the file.
  if (DataType.isDuration(type)) return kind('int64')
  if (DataType.isDecimal(type) && type.bitWidth === 128) {
    const { precision, scale } = type
    return { physical: 'fixed', bytesPerValue: 16, logical: { is: 'decimal', precision, scale } }
  }
  return kind('bytes', { is: isNested(type) ? 'json' : 'text' })
}

const isNested = (type: DataType): boolean =>
  DataType.isList(type) ||
  DataType.isLargeList(type) ||
  DataType.isFixedSizeList(type) ||
  DataType.isStruct(type) ||
  DataType.isMap(type) ||
  DataType.isUnion(type)

export function pageOf(data: Data): Page {
  const { type, length: rows } = data
  if (DataType.isDictionary(type)) return dictionaryPage(data)
  const present = presentRuns(data)
  const shared = { rows, presence: presenceOf(data, present) }
  const plain = (bytes: Uint8Array): Page => ({ ...shared, values: { encoding: 'plain', bytes } })

  if (DataType.isBool(type)) return plain(packedBits(data, present))
  if (DataType.isInt(type)) return plain(integers(data, present))
  if (DataType.isFloat(type)) {
    return plain(
      type.precision === Precision.HALF
        ? bytesOf(halves(data), present, 4)
        : bytesOf(data.values, present, type.precision === Precision.SINGLE ? 4 : 8),
    )
  }
  if (
    DataType.isUtf8(type) ||
    DataType.isLargeUtf8(type) ||
    DataType.isBinary(type) ||
    DataType.isLargeBinary(type)
  ) {
    return { ...shared, values: stretches(data, present) }
  }
  if (DataType.isUtf8View(type) || DataType.isBinaryView(type)) {
    return { ...shared, values: views(data, present) }
  }
  if (DataType.isFixedSizeBinary(type)) return plain(bytesOf(data.values, present, type.byteWidth))
  if (DataType.isDate(type)) {
    return plain(
      type.unit === DateUnit.DAY
        ? bytesOf(data.values, present, 4)
        : bytesOf(
            Int32Array.from(int64s(data), (ms) => Math.floor(Number(ms) / 86_400_000)),
            present,
            4,
          ),
    )
  }
  if (DataType.isTimestamp(type)) {
    return plain(
      type.unit === Unit.SECOND
        ? bytesOf(
            int64s(data).map((seconds) => seconds * 1000n),
            present,
            8,
          )
        : bytesOf(data.values, present, 8),
    )
  }
  if (DataType.isTime(type)) {
    if (type.unit === Unit.SECOND) {
      return plain(
        bytesOf(
          Int32Array.from(valuesOf(data), (s) => Number(s) * 1000),
          present,
          4,
        ),
      )
    }
    return plain(bytesOf(data.values, present, type.bitWidth / 8))
  }
  if (DataType.isDuration(type)) return plain(bytesOf(data.values, present, 8))
  if (DataType.isDecimal(type) && type.bitWidth === 128) {
    const bytes = bytesOf(data.values, present, 16)
    // Arrow keeps the lowest byte first, Parquet the highest.
    for (let i = 0; i < bytes.length; i += 16) bytes.subarray(i, i + 16).reverse()
    return plain(bytes)
  }
  return textPage(jsonTexts(data))
}

/** `[start, end)` of neighbouring rows that have a value. */
type Runs = readonly (readonly [start: number, end: number])[]

function presentRuns(data: Data): Runs {
  const { length } = data
  if (DataType.isNull(data.type) || length === 0) return []
  if (data.nullCount === 0) return [[0, length]]
  const runs: [number, number][] = []
  let start = -1
  for (let i = 0; i <= length; i++) {
    const present = i < length && data.getValid(i)
    if (present && start === -1) start = i
    else if (!present && start !== -1) {
      runs.push([start, i])
      start = -1
    }
  }
  return runs
}

const countOf = (runs: Runs): number => runs.reduce((sum, [start, end]) => sum + end - start, 0)

function presenceOf(data: Data, runs: Runs): Page['presence'] {
  const count = countOf(runs)
  if (count === data.length) return 'all'
  if (count === 0) return 'none'
  return bits(data.nullBitmap, data.offset, data.length)
}

/** Some bits of a bitmap, moved to its start; whole bytes are not touched one by one. */
function bits(bitmap: Uint8Array, offset: number, count: number): Uint8Array {
  const bytes = Math.ceil(count / 8)
  const first = offset >> 3
  const shift = offset & 7
  if (shift === 0) return bitmap.slice(first, first + bytes)
  return Uint8Array.from(
    { length: bytes },
    (_, i) => ((bitmap[first + i] ?? 0) >> shift) | ((bitmap[first + i + 1] ?? 0) << (8 - shift)),
  )
}

/** Values of a fixed width, those of absent rows left out. */
function bytesOf(values: unknown, runs: Runs, width: number): Uint8Array {
  if (!ArrayBuffer.isView(values)) throw new RangeError('a column has no values')
  const all = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const needed = (runs.at(-1)?.[1] ?? 0) * width
  if (all.length < needed) throw new RangeError('a column has fewer values than rows')
  const out = new Uint8Array(countOf(runs) * width)
  let position = 0
  for (const [start, end] of runs) {
    out.set(all.subarray(start * width, end * width), position)
    position += (end - start) * width
  }
  return out
}

function valuesOf(data: Data): ArrayLike<number | bigint> {
  const values: unknown = data.values
  if (
    values instanceof Int8Array ||
    values instanceof Uint8Array ||
    values instanceof Int16Array ||
    values instanceof Uint16Array ||
    values instanceof Int32Array ||
    values instanceof Uint32Array ||
    values instanceof BigInt64Array ||
    values instanceof BigUint64Array
  ) {
    return values
  }
  throw new RangeError('a column has no values')
}

function int64s(data: Data): BigInt64Array {
  const values: unknown = data.values
  if (values instanceof BigInt64Array) return values
  throw new RangeError('a column has no 64-bit values')
}

function integers(data: Data, runs: Runs): Uint8Array {
  const { type } = data
  const bits = DataType.isInt(type) ? type.bitWidth : 32
  // Parquet's smallest integer has 32 bits.
  return bits >= 32
    ? bytesOf(data.values, runs, bits / 8)
    : bytesOf(Int32Array.from(valuesOf(data), Number), runs, 4)
}

/** Parquet's smallest floating point number has 32 bits. */
function halves(data: Data): Float32Array {
  const vector = new Vector([data])
  return Float32Array.from({ length: data.length }, (_, i) => Number(vector.get(i)))
}

function packedBits(data: Data, runs: Runs): Uint8Array {
  const values: unknown = data.values
  if (!(values instanceof Uint8Array)) throw new RangeError('a column has no values')
  const count = countOf(runs)
  if (count === data.length) return bits(values, data.offset, data.length)
  const out = new Uint8Array(Math.ceil(count / 8))
  let position = 0
  for (const [start, end] of runs) {
    for (let i = data.offset + start; i < data.offset + end; i++, position++) {
      const bit = ((values[i >> 3] ?? 0) >> (i & 7)) & 1
      out[position >> 3] = (out[position >> 3] ?? 0) | (bit << (position & 7))
    }
  }
  return out
}

/** Text and bytes between offsets: neighbours lie side by side, so each run is one copy. */
function stretches(data: Data, runs: Runs): Page['values'] {
  const offsets = offsetsOf(data)
  const values: unknown = data.values
  if (!(values instanceof Uint8Array)) throw new RangeError('a column has no values')
  const lengths = new Int32Array(countOf(runs))
  const parts: Uint8Array[] = []
  let position = 0
  for (const [start, end] of runs) {
    const from = offsets(start)
    let before = from
    for (let i = start; i < end; i++) {
      const after = offsets(i + 1)
      if (after < before) throw new RangeError('a text of a negative length')
      lengths[position++] = after - before
      before = after
    }
    if (before > values.length) throw new RangeError('a text leads outside')
    parts.push(values.subarray(from, before))
  }
  const [only] = parts
  const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts)
  return { encoding: 'lengths', lengths, bytes }
}

/** Offsets of 32 or 64 bits. */
function offsetsOf(data: Data): (row: number) => number {
  const offsets: unknown = data.valueOffsets
  if (ArrayBuffer.isView(offsets) && 'length' in offsets && Number(offsets.length) <= data.length) {
    throw new RangeError('a column has fewer offsets than rows')
  }
  if (offsets instanceof Int32Array) return (row) => offsets[row] ?? 0
  if (offsets instanceof BigInt64Array) return (row) => Number(offsets[row] ?? 0n)
  throw new RangeError('a column has no offsets')
}

const VIEW_BYTES = 16
const INLINE_BYTES = 12

/** A view is a length, then the bytes themselves or where they lie (Arrow columnar format, "views"). */
function views(data: Data, runs: Runs): Page['values'] {
  const values: unknown = data.values
  if (!(values instanceof Uint8Array)) throw new RangeError('a column has no values')
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength)
  const lengths = new Int32Array(countOf(runs))
  let position = 0
  for (const [start, end] of runs) {
    for (let i = start; i < end; i++) lengths[position++] = view.getInt32(i * VIEW_BYTES, true)
  }
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let written = 0
  for (const [start, end] of runs) {
    for (let i = start; i < end; i++) {
      const at = i * VIEW_BYTES
      const length = view.getInt32(at, true)
      if (length <= INLINE_BYTES) {
        bytes.set(values.subarray(at + 4, at + 4 + length), written)
      } else {
        const buffer = data.variadicBuffers[view.getInt32(at + 8, true)]
        const from = view.getInt32(at + 12, true)
        if (buffer === undefined) throw new RangeError('a text has no bytes')
        bytes.set(buffer.subarray(from, from + length), written)
      }
      written += length
    }
  }
  return { encoding: 'lengths', lengths, bytes }
}

/** Strings made in JavaScript, for what has no buffer to move. */
function textPage(texts: readonly (string | undefined)[]): Page {
  const present = texts.filter((text) => text !== undefined)
  const parts = present.map((text) => Buffer.from(text, 'utf8'))
  const presence = new Uint8Array(Math.ceil(texts.length / 8))
  texts.forEach((text, i) => {
    if (text !== undefined) presence[i >> 3] = (presence[i >> 3] ?? 0) | (1 << (i & 7))
  })
  return {
    rows: texts.length,
    presence: present.length === texts.length ? 'all' : present.length === 0 ? 'none' : presence,
    values: {
      encoding: 'lengths',
      lengths: Int32Array.from(parts, ({ length }) => length),
      bytes: Buffer.concat(parts),
    },
  }
}

/** Indices stay indices. An index of a null in the dictionary is a null. */
function dictionaryPage(data: Data): Page {
  const { length: rows, dictionary } = data
  if (dictionary === undefined) throw new RangeError('a column has no dictionary')
  const entries = plainEntries(dictionary)
  const raw = valuesOf(data)
  const whole = data.nullCount === 0 && entries.positions === undefined
  const presence = new Uint8Array(Math.ceil(rows / 8))
  const indices = new Int32Array(rows)
  let count = 0
  for (let i = 0; i < rows; i++) {
    if (!whole && !data.getValid(i)) continue
    const index = Number(raw[i] ?? 0)
    const position = entries.positions === undefined ? index : (entries.positions[index] ?? -1)
    if (position < 0) continue
    if (position >= entries.values) throw new RangeError('an index leads outside of its dictionary')
    presence[i >> 3] = (presence[i >> 3] ?? 0) | (1 << (i & 7))
    indices[count++] = position
  }
  const used = indices.subarray(0, count)
  return {
    rows,
    presence: count === rows ? 'all' : count === 0 ? 'none' : presence,
    dictionary: { key: dictionary, values: entries.values, bytes: entries.bytes },
    values: {
      encoding: 'indices',
      indices:
        entries.values <= 0x100
          ? Uint8Array.from(used)
          : entries.values <= 0x10000
            ? Uint16Array.from(used)
            : used,
    },
  }
}

interface PlainEntries {
  readonly values: number
  readonly bytes: Uint8Array
  /** Where each entry went when some are null (-1). */
  readonly positions: Int32Array | undefined
}

const plainEntriesOf = new WeakMap<Vector, PlainEntries>()

/** A dictionary's values one after the other, text with its length in front (PLAIN). */
function plainEntries(dictionary: Vector): PlainEntries {
  const known = plainEntriesOf.get(dictionary)
  if (known !== undefined) return known
  const parts: Uint8Array[] = []
  for (const data of dictionary.data) {
    const { values } = pageOf(data)
    if (values.encoding === 'plain') parts.push(values.bytes)
    else if (values.encoding === 'lengths') parts.push(withLengths(values.lengths, values.bytes))
    else throw new RangeError('a dictionary in a dictionary')
  }
  const entries: PlainEntries = {
    values: dictionary.length - dictionary.nullCount,
    bytes: Buffer.concat(parts),
    positions: dictionary.nullCount === 0 ? undefined : positionsWithoutNulls(dictionary),
  }
  plainEntriesOf.set(dictionary, entries)
  return entries
}

function positionsWithoutNulls(dictionary: Vector): Int32Array {
  let position = 0
  return Int32Array.from({ length: dictionary.length }, (_, i) =>
    dictionary.isValid(i) ? position++ : -1,
  )
}

function withLengths(lengths: Int32Array, bytes: Uint8Array): Uint8Array {
  const out = Buffer.alloc(bytes.length + lengths.length * 4)
  let from = 0
  let to = 0
  for (const length of lengths) {
    to = out.writeInt32LE(length, to)
    out.set(bytes.subarray(from, from + length), to)
    from += length
    to += length
  }
  return out
}
