/**
 * Arrow types that Parquet or the engine has no like of, as the nearest that they have: seconds as
 * milliseconds, days in milliseconds as days; unions, 256-bit decimals and the like as text.
 *
 * apache-arrow believes any length that it reads: what comes here is verified before.
 */
import {
  BufferType,
  Data,
  DataType,
  DateDay,
  DateUnit,
  type Decimal,
  Field,
  FixedSizeList,
  IntervalUnit,
  LargeList,
  List,
  Map_,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimeMillisecond,
  TimestampMillisecond,
  TimeUnit,
  tableFromIPC,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'

const isSeconds = (type: DataType): boolean =>
  (DataType.isTimestamp(type) || DataType.isTime(type)) && type.unit === TimeUnit.SECOND

const isLongDate = (type: DataType): boolean =>
  DataType.isDate(type) && type.unit === DateUnit.MILLISECOND

const isText = (type: DataType): boolean =>
  DataType.isUnion(type) ||
  (DataType.isDecimal(type) && type.bitWidth > 128) ||
  (DataType.isInterval(type) && type.unit === IntervalUnit.MONTH_DAY_NANO) ||
  (DataType.isStruct(type) && type.children.length === 0) ||
  (DataType.isDictionary(type) && isChanged(type.dictionary))

const childrenOf = (type: DataType): readonly Field[] => type.children ?? []

const isChanged = (type: DataType): boolean =>
  isSeconds(type) || isLongDate(type) || isText(type) || childrenOf(type).some(isChangedField)

export const isChangedField = ({ type }: Field): boolean => isChanged(type)

/** Some writers say of columns that hold nulls that they hold none. */
export const writableField = ({ name, type, metadata }: Field): Field =>
  new Field(name, writableType(type), true, metadata)

function writableType(type: DataType): DataType {
  if (isText(type)) return new Utf8()
  if (isLongDate(type)) return new DateDay()
  if (isSeconds(type)) {
    return DataType.isTimestamp(type)
      ? new TimestampMillisecond(type.timezone)
      : new TimeMillisecond()
  }
  const fields = childrenOf(type).map(writableField)
  const [child] = fields
  if (child === undefined) return type
  if (DataType.isStruct(type)) return new Struct(fields)
  if (DataType.isList(type)) return new List(child)
  if (DataType.isLargeList(type)) return new LargeList(child)
  if (DataType.isFixedSizeList(type)) return new FixedSizeList(type.listSize, child)
  // Pairs and their keys are never null.
  const [key, value] = childrenOf(child.type)
  if (!DataType.isMap(type) || key === undefined || value === undefined) return type
  const pairs = new Struct([new Field(key.name, key.type, false), value])
  return new Map_(new Field(child.name, pairs, false), type.keysSorted)
}

/** The rows of a stream as columns of these fields, in streams of at most so many rows. */
export function* writableStreams(
  stream: Uint8Array,
  fields: readonly Field[],
  most: number,
): Generator<Uint8Array> {
  const schema = new Schema([...fields])
  for (const batch of batchesOf(stream)) {
    for (let start = 0; start < batch.numRows; start += most) {
      const { numRows, data } = batch.slice(start, start + most)
      const columns = data.children.map(writableData)
      const rows = new Data(new Struct([...fields]), 0, numRows, 0, {}, columns)
      yield streamOf(fields, new RecordBatch(schema, rows))
    }
  }
}

/** What is read of a stream without any is not whole. */
const batchesOf = (stream: Uint8Array): RecordBatch[] =>
  tableFromIPC(stream).batches.filter(({ numRows }) => numRows > 0)

export function streamOf(fields: readonly Field[], batch?: RecordBatch): Uint8Array {
  const writer = new RecordBatchStreamWriter()
  writer.reset(undefined, new Schema([...fields]))
  if (batch !== undefined) writer.write(batch)
  writer.finish()
  return writer.toUint8Array(true)
}

function writableData(data: Data): Data {
  const { type, offset, length, nullCount, buffers } = data
  if (isText(type)) {
    const texts = Array.from(new Vector([data]), (value, row) => textOf(value, data, row))
    return vectorFromArray(texts, new Utf8()).data[0] ?? data
  }
  const values = isSeconds(type) || isLongDate(type) ? converted(data.values, type) : data.values
  const children = data.children.map(writableData)
  return data.clone(
    writableType(type),
    offset,
    length,
    nullCount,
    { ...buffers, [BufferType.DATA]: values },
    children,
  )
}

function converted(values: unknown, type: DataType): BigInt64Array | Int32Array {
  if (values instanceof Int32Array) return values.map((seconds) => seconds * 1000)
  if (!(values instanceof BigInt64Array)) throw new RangeError('a column has no values')
  return isLongDate(type)
    ? Int32Array.from(values, (millis) => Math.floor(Number(millis) / 86_400_000))
    : values.map((seconds) => seconds * 1000n)
}

function textOf(value: unknown, { type, values }: Data, row: number): string | null {
  if (value === null || typeof value === 'string') return value
  if (DataType.isDecimal(type)) return decimalText(values, row, type)
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? String(inner) : inner instanceof Int32Array ? [...inner] : inner,
  )
}

/** From the words of an integer, the lowest first; apache-arrow (21.2) takes a wrong one for 256 bits. */
function decimalText(values: unknown, row: number, { bitWidth, scale }: Decimal): string {
  if (!(values instanceof Uint32Array)) throw new RangeError('a column has no values')
  const words = values.subarray((row * bitWidth) / 32, ((row + 1) * bitWidth) / 32)
  const unsigned = words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n)
  const value = BigInt.asIntN(bitWidth, unsigned)
  if (scale <= 0) return String(value * 10n ** BigInt(-scale))
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** Bytes of what dictionaries and views refer to, once a row: a few can stand for any number of them. */
export const referredBytes = (stream: Uint8Array): number =>
  total(batchesOf(stream).flatMap(({ data }) => data.children.map(referred)))

function referred(data: Data): number {
  const { type, children, dictionary } = data
  if (isView(type)) return total(sizesOf(data))
  if (!DataType.isDictionary(type)) return total(children.map(referred))
  const sizes = (dictionary?.data ?? []).flatMap(sizesOf)
  return total(Array.from<number | bigint, number>(data.values, (at) => sizes[Number(at)] ?? 0))
}

const isView = (type: DataType): boolean => DataType.isUtf8View(type) || DataType.isBinaryView(type)

/** Of texts and lists. A view has 16 bytes, its length in front; others lie between offsets. */
function sizesOf({ type, length, values, valueOffsets }: Data): number[] {
  const at = (i: number): number => Number(valueOffsets?.[i] ?? 0)
  if (!isView(type)) return Array.from({ length }, (_, i) => at(i + 1) - at(i))
  const words = new DataView(values.buffer, values.byteOffset)
  return Array.from({ length }, (_, i) => words.getInt32(i * 16, true))
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0)
