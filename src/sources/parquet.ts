/**
 * Writes columns that already lie in memory as an uncompressed Parquet file, the form in which the
 * engine takes them without a call per value. Encodings are chosen so that Arrow's buffers go in
 * as they are: validity bits become bit-packed definition levels, text becomes
 * DELTA_LENGTH_BYTE_ARRAY (all lengths, then all bytes), dictionary indices become bit-packed
 * runs of 8, 16 or 32 bits. Format: github.com/apache/parquet-format (README, Encodings.md,
 * parquet.thrift).
 */
import { type FileHandle, open } from 'node:fs/promises'
import { ThriftWriter, varint } from './thrift.js'

export type PhysicalType = 'boolean' | 'int32' | 'int64' | 'float' | 'double' | 'bytes' | 'fixed'

const PHYSICAL: Readonly<Record<PhysicalType, number>> = {
  boolean: 0,
  int32: 1,
  int64: 2,
  float: 4,
  double: 5,
  bytes: 6,
  fixed: 7,
}

/** What the physical values mean. */
export type LogicalType =
  | { readonly is: 'text' | 'json' | 'date' }
  | { readonly is: 'integer'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly is: 'time'; readonly unit: TimeUnit }
  | { readonly is: 'timestamp'; readonly unit: TimeUnit; readonly utc: boolean }
  | { readonly is: 'decimal'; readonly precision: number; readonly scale: number }

export type TimeUnit = 'millis' | 'micros' | 'nanos'

export interface ParquetColumn {
  readonly name: string
  readonly physical: PhysicalType
  readonly logical?: LogicalType
  /** Of `fixed` values. */
  readonly bytesPerValue?: number
}

/** The values of one column for some rows. Only values that are present have bytes. */
export interface Page {
  readonly rows: number
  /** Bit `i` is set where row `i` has a value; absent when all or none have one. */
  readonly presence: Uint8Array | 'all' | 'none'
  readonly values:
    | { readonly encoding: 'plain'; readonly bytes: Uint8Array }
    | { readonly encoding: 'lengths'; readonly lengths: Int32Array; readonly bytes: Uint8Array }
    | { readonly encoding: 'indices'; readonly indices: Uint8Array | Uint16Array | Int32Array }
  /** What indices point into. Compared by `key`: a row group has one dictionary per column. */
  readonly dictionary?: {
    readonly key: object
    readonly values: number
    readonly bytes: Uint8Array
  }
}

/** The engine's own size, and its unit of parallel reading. */
export const ROW_GROUP_ROWS = 122_880

const ENCODINGS = { plain: 0, levels: 3, lengths: 6, indices: 8 } as const
const DATA_PAGE = 0
const DICTIONARY_PAGE = 2
const OPTIONAL = 1

interface ChunkInProgress {
  dictionary: Page['dictionary']
  readonly pages: Page[]
}

export class ParquetWriter {
  private position = 0
  private rows = 0
  private readonly rowGroups: ((out: ThriftWriter) => void)[] = []
  private pendingRows = 0
  private pending: ChunkInProgress[]

  private constructor(
    private readonly file: FileHandle,
    private readonly columns: readonly ParquetColumn[],
  ) {
    this.pending = this.emptyChunks()
  }

  static async create(path: string, columns: readonly ParquetColumn[]): Promise<ParquetWriter> {
    const writer = new ParquetWriter(await open(path, 'wx', 0o600), columns)
    await writer.write([Buffer.from('PAR1')])
    return writer
  }

  /** Adds rows: one page per column, in the order of the columns. */
  async append(rows: number, pages: readonly Page[]): Promise<void> {
    const dictionaryChanged = pages.some(({ dictionary }, i) => {
      const before = this.pending[i]?.dictionary
      return this.pendingRows > 0 && before?.key !== dictionary?.key
    })
    if (dictionaryChanged) await this.flush()
    pages.forEach((page, i) => {
      const chunk = this.pending[i]
      if (chunk === undefined) return
      chunk.dictionary = page.dictionary
      chunk.pages.push(page)
    })
    this.pendingRows += rows
    // A dictionary is written once per row group: a large one waits for more rows.
    const largest = Math.max(0, ...this.pending.map(({ dictionary }) => dictionary?.values ?? 0))
    if (this.pendingRows >= Math.max(ROW_GROUP_ROWS, largest)) await this.flush()
  }

  async finish(): Promise<number> {
    await this.flush()
    const footer = this.footer()
    const length = Buffer.alloc(4)
    length.writeUInt32LE(footer.length)
    await this.write([footer, length, Buffer.from('PAR1')])
    await this.file.close()
    return this.position
  }

  /** Lets go of the file without completing it. */
  async abort(): Promise<void> {
    await this.file.close()
  }

  private async flush(): Promise<void> {
    if (this.pendingRows === 0) return
    const { pendingRows: rows, pending } = this
    this.pending = this.emptyChunks()
    this.pendingRows = 0
    const chunks: ((out: ThriftWriter) => void)[] = []
    const start = this.position
    for (const [i, chunk] of pending.entries()) {
      const column = this.columns[i]
      if (column !== undefined) chunks.push(await this.writeChunk(column, chunk, rows))
    }
    const bytes = this.position - start
    this.rows += rows
    this.rowGroups.push((out) => {
      out.structs(1, chunks)
      out.i64(2, bytes)
      out.i64(3, rows)
    })
  }

  private async writeChunk(
    column: ParquetColumn,
    { dictionary, pages }: ChunkInProgress,
    rows: number,
  ): Promise<(out: ThriftWriter) => void> {
    const start = this.position
    if (dictionary !== undefined) {
      const header = pageHeader(DICTIONARY_PAGE, dictionary.bytes.length, (out) => {
        out.struct(7, (inner) => {
          inner.i32(1, dictionary.values)
          inner.i32(2, ENCODINGS.plain)
        })
      })
      await this.write([header, dictionary.bytes])
    }
    const dataStart = this.position
    const encodings = new Set<number>([ENCODINGS.levels, ENCODINGS.plain])
    for (const page of pages) {
      const encoding = ENCODINGS[page.values.encoding]
      encodings.add(encoding)
      const body = [...definitionLevels(page), ...encodedValues(page)]
      const length = body.reduce((sum, part) => sum + part.length, 0)
      const header = pageHeader(DATA_PAGE, length, (out) => {
        out.struct(5, (inner) => {
          inner.i32(1, page.rows)
          inner.i32(2, encoding)
          inner.i32(3, ENCODINGS.levels)
          inner.i32(4, ENCODINGS.levels)
        })
      })
      await this.write([header, ...body])
    }
    const bytes = this.position - start
    return (out) => {
      out.i64(2, start)
      out.struct(3, (inner) => {
        inner.i32(1, PHYSICAL[column.physical])
        inner.i32s(2, [...encodings])
        inner.texts(3, [column.name])
        inner.i32(4, 0)
        inner.i64(5, rows)
        inner.i64(6, bytes)
        inner.i64(7, bytes)
        inner.i64(9, dataStart)
        if (dictionary !== undefined) inner.i64(11, start)
      })
    }
  }

  private footer(): Buffer {
    const out = new ThriftWriter()
    out.i32(1, 2)
    out.structs(2, [
      (root) => {
        root.text(4, 'schema')
        root.i32(5, this.columns.length)
      },
      ...this.columns.map((column) => (element: ThriftWriter) => schemaElement(element, column)),
    ])
    out.i64(3, this.rows)
    out.structs(4, this.rowGroups)
    out.text(6, 'sessionize')
    out.stop()
    return out.bytes()
  }

  private emptyChunks(): ChunkInProgress[] {
    return this.columns.map(() => ({ dictionary: undefined, pages: [] }))
  }

  private async write(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      for (let done = 0; done < part.length; ) {
        const { bytesWritten } = await this.file.write(part, done)
        done += bytesWritten
      }
      this.position += part.length
    }
  }
}

function pageHeader(type: number, length: number, rest: (out: ThriftWriter) => void): Buffer {
  const out = new ThriftWriter()
  out.i32(1, type)
  out.i32(2, length)
  out.i32(3, length)
  rest(out)
  out.stop()
  return out.bytes()
}

/** One level per row, 1 where there is a value: a run, or the bits as they are. */
function definitionLevels({ rows, presence }: Page): Uint8Array[] {
  const parts =
    typeof presence === 'string'
      ? [varint(rows * 2), Buffer.from([presence === 'all' ? 1 : 0])]
      : bitPackedRun(rows, presence)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(parts.reduce((sum, part) => sum + part.length, 0))
  return [length, ...parts]
}

/** Groups of eight values; `packed` has whole groups. */
function bitPackedRun(values: number, packed: Uint8Array): Uint8Array[] {
  return [varint(Math.ceil(values / 8) * 2 + 1), packed]
}

function encodedValues({ values }: Page): Uint8Array[] {
  switch (values.encoding) {
    case 'plain':
      return [values.bytes]
    case 'lengths':
      return [deltaPacked(values.lengths), values.bytes]
    case 'indices': {
      const { indices } = values
      const bits = indices.BYTES_PER_ELEMENT * 8
      if (indices.length === 0) return [Buffer.from([bits])]
      const whole = Buffer.alloc(Math.ceil(indices.length / 8) * bits)
      whole.set(new Uint8Array(indices.buffer, indices.byteOffset, indices.byteLength))
      return [Buffer.from([bits]), ...bitPackedRun(indices.length, whole)]
    }
  }
}

const BLOCK_VALUES = 128
const MINIBLOCKS = 4

/**
 * DELTA_BINARY_PACKED with every miniblock 32 bits wide: no bit is shifted, and the four bytes
 * per value are what PLAIN would take.
 */
function deltaPacked(values: Int32Array): Buffer {
  const first = values[0] ?? 0
  const header = Buffer.concat([
    varint(BLOCK_VALUES),
    varint(MINIBLOCKS),
    varint(values.length),
    zigzag(first),
  ])
  const parts: Uint8Array[] = [header]
  for (let start = 1; start < values.length; start += BLOCK_VALUES) {
    const end = Math.min(start + BLOCK_VALUES, values.length)
    let smallest = Number.POSITIVE_INFINITY
    for (let i = start; i < end; i++) {
      smallest = Math.min(smallest, (values[i] ?? 0) - (values[i - 1] ?? 0))
    }
    // Miniblocks without values are left out; the last one with values is whole.
    const perMiniblock = BLOCK_VALUES / MINIBLOCKS
    const used = Math.ceil((end - start) / perMiniblock)
    const deltas = new Uint32Array(used * perMiniblock)
    for (let i = start; i < end; i++) {
      deltas[i - start] = (values[i] ?? 0) - (values[i - 1] ?? 0) - smallest
    }
    const widths = Buffer.alloc(MINIBLOCKS)
    widths.fill(32, 0, used)
    parts.push(zigzag(smallest), widths, new Uint8Array(deltas.buffer))
  }
  return Buffer.concat(parts)
}

const zigzag = (value: number): Buffer => varint(value < 0 ? -value * 2 - 1 : value * 2)

function schemaElement(out: ThriftWriter, column: ParquetColumn): void {
  const { logical } = column
  out.i32(1, PHYSICAL[column.physical])
  if (column.bytesPerValue !== undefined) out.i32(2, column.bytesPerValue)
  out.i32(3, OPTIONAL)
  out.text(4, column.name)
  const converted = logical === undefined ? undefined : convertedType(logical)
  if (converted !== undefined) out.i32(6, converted)
  if (logical?.is === 'decimal') {
    out.i32(7, logical.scale)
    out.i32(8, logical.precision)
  }
  if (logical !== undefined) out.struct(10, (inner) => logicalType(inner, logical))
}

/** The older way to say it, where it can. */
function convertedType(logical: LogicalType): number | undefined {
  switch (logical.is) {
    case 'text':
      return 0
    case 'decimal':
      return 5
    case 'date':
      return 6
    case 'time':
      return { millis: 7, micros: 8, nanos: undefined }[logical.unit]
    case 'timestamp':
      return logical.utc ? { millis: 9, micros: 10, nanos: undefined }[logical.unit] : undefined
    case 'integer':
      return (logical.signed ? 15 : 11) + Math.log2(logical.bits / 8)
    case 'json':
      return 19
  }
}

function logicalType(out: ThriftWriter, logical: LogicalType): void {
  const units = { millis: 1, micros: 2, nanos: 3 } as const
  const nothing = (): void => {}
  switch (logical.is) {
    case 'text':
      out.struct(1, nothing)
      break
    case 'decimal':
      out.struct(5, (inner) => {
        inner.i32(1, logical.scale)
        inner.i32(2, logical.precision)
      })
      break
    case 'date':
      out.struct(6, nothing)
      break
    case 'time':
      out.struct(7, (inner) => {
        inner.bool(1, false)
        inner.struct(2, (unit) => unit.struct(units[logical.unit], nothing))
      })
      break
    case 'timestamp':
      out.struct(8, (inner) => {
        inner.bool(1, logical.utc)
        inner.struct(2, (unit) => unit.struct(units[logical.unit], nothing))
      })
      break
    case 'integer':
      out.struct(10, (inner) => {
        inner.byte(1, logical.bits)
        inner.bool(2, logical.signed)
      })
      break
    case 'json':
      out.struct(12, nothing)
      break
  }
}
