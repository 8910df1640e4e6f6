/** Arrow IPC streams: the engine's chunks become record batches, column by column. */
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  Bool,
  type Data,
  type DataType,
  Field,
  Float64,
  Int64,
  List,
  makeBuilder,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow'
import { SessionizeError } from '../errors/errors.js'
import type { Sql } from '../sql/sql.js'
import type { Engine } from './duckdb.js'

/** Rows per record batch: large enough for readers, small enough to hold. */
const BATCH_ROWS = 65_536

export async function writeArrow(
  engine: Engine,
  query: Sql,
  path: string,
  names?: readonly string[],
): Promise<void> {
  const { columns: named, types, chunks } = await engine.stream(query)
  const columns = names ?? named
  const schema = new Schema(
    columns.map((name, i) => new Field(name, arrowType(name, types[i] ?? ''), true)),
  )
  const writer = new RecordBatchStreamWriter()
  writer.reset(undefined, schema)
  let failed = false
  const written = pipeline(Readable.from(writer), createWriteStream(path))
  // Seen below; until then a failure must not count as unhandled.
  written.catch(() => {
    failed = true
  })
  let pending: unknown[][] = columns.map(() => [])
  const flush = (): void => {
    if ((pending[0]?.length ?? 0) === 0) return
    writer.write(toBatch(schema, pending))
    pending = columns.map(() => [])
  }
  for await (const chunk of chunks) {
    if (failed) break
    chunk.forEach((values, i) => {
      const column = pending[i]
      for (const value of values) column?.push(value)
    })
    if ((pending[0]?.length ?? 0) >= BATCH_ROWS) flush()
  }
  if (!failed) {
    flush()
    writer.finish()
  }
  await written
}

function toBatch(schema: Schema, columns: readonly unknown[][]): RecordBatch {
  const children = schema.fields.map(({ type }, i) => toData(type, columns[i] ?? []))
  const length = columns[0]?.length ?? 0
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, children }))
}

function toData(type: DataType, values: readonly unknown[]): Data {
  // apache-arrow takes a timestamp to be built for milliseconds, in which microseconds are lost; as
  // integers they stay whole, and their bytes are the same.
  const builder = makeBuilder({
    type: type instanceof TimestampMicrosecond ? new Int64() : type,
    nullValues: [null, undefined],
  })
  for (const value of values) builder.append(value)
  const data = builder.finish().flush()
  if (!(type instanceof TimestampMicrosecond)) return data
  const { length, nullCount, nullBitmap } = data
  return makeData({ type, length, nullCount, nullBitmap, data: data.values })
}

function arrowType(name: string, type: string): DataType {
  switch (type) {
    case 'VARCHAR':
      return new Utf8()
    case 'BIGINT':
    case 'INTEGER':
      return new Int64()
    case 'DOUBLE':
      return new Float64()
    case 'BOOLEAN':
      return new Bool()
    case 'TIMESTAMP WITH TIME ZONE':
      return new TimestampMicrosecond('UTC')
    case 'VARCHAR[]':
      return new List(new Field('item', new Utf8(), true))
    default:
      throw new SessionizeError(
        'unsupported',
        `Column \`${name}\` of type ${type} has no Arrow form here.`,
        {
          hint: 'Write Parquet instead.',
        },
      )
  }
}
