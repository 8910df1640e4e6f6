/**
 * Arrow IPC files and streams as Parquet in the workspace, because the engine's bindings cannot
 * scan Arrow. Columns of plain values, text and dictionaries are moved as buffers; only nested
 * values (lists, structs, maps), which become JSON text, are walked one by one.
 *
 * Imported when an Arrow file turns up, as apache-arrow takes a while to load.
 */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import {
  CompressionType,
  compressionRegistry,
  type Data,
  type RecordBatch,
  RecordBatchReader,
  type Schema,
} from 'apache-arrow'
import { SessionizeError } from '../errors/errors.js'
import { columnOf, pageOf } from './arrow-columns.js'
import { verifyMessages } from './arrow-messages.js'
import { corrupt } from './failures.js'
import { buffers } from './gzip.js'
import { unpackLz4 } from './lz4.js'
import { ParquetWriter, ROW_GROUP_ROWS } from './parquet.js'

/** Writes what the Arrow file at `source` holds to `target` and returns the size of that. */
export async function arrowToParquet(
  source: string,
  target: string,
  label: string,
): Promise<number> {
  const file = await open(source, 'r')
  try {
    const layout = await verifyMessages(file)
    const reader = await (layout === 'file'
      ? RecordBatchReader.from(file)
      : RecordBatchReader.from(buffers(createReadStream(source, { highWaterMark: READ_BYTES }))))
    await reader.open({ autoDestroy: false })
    const batches: AsyncIterable<RecordBatch> = reader
    return await writeBatches(reader.schema, batches, target)
  } catch (error) {
    throw arrowFailure(label, error)
  } finally {
    // The reader may have closed it.
    await file.close().catch(() => undefined)
  }
}

async function writeBatches(
  schema: Schema,
  batches: AsyncIterable<RecordBatch>,
  target: string,
): Promise<number> {
  const writer = await ParquetWriter.create(target, schema.fields.map(columnOf))
  try {
    for await (const batch of batches) {
      for (let start = 0; start < batch.numRows; start += ROW_GROUP_ROWS) {
        const rows = Math.min(ROW_GROUP_ROWS, batch.numRows - start)
        const columns: readonly Data[] = batch.data.children
        if (columns.some(({ length }) => length !== batch.numRows)) {
          throw new RangeError('columns of different lengths')
        }
        const pages = columns.map((column) =>
          pageOf(rows === batch.numRows ? column : column.slice(start, rows)),
        )
        await writer.append(rows, pages)
      }
    }
    return await writer.finish()
  } catch (error) {
    await writer.abort()
    throw error
  }
}

const READ_BYTES = 1024 * 1024

compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: unpackLz4 })

function arrowFailure(label: string, error: unknown): SessionizeError {
  if (error instanceof SessionizeError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (/codec not found/.test(message)) {
    return new SessionizeError('unsupported', `${label} is an Arrow file compressed with zstd.`, {
      hint: 'Write it with lz4 or without compression, e.g. compression="lz4", or as Parquet.',
      cause: error,
    })
  }
  // Node's words for reading past the end of a buffer say nothing to a user.
  const outside = error instanceof Error && 'code' in error && error.code === 'ERR_OUT_OF_RANGE'
  const what = outside ? 'a position leads outside' : message.replace(/\.$/, '')
  return corrupt(label, `is a damaged Arrow file (${what})`, { cause: error })
}
