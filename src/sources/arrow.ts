/**
 * Arrow IPC files and streams as Parquet in the workspace, because the engine's bindings cannot scan
 * Arrow. Arrow's own library for Rust, in WebAssembly, verifies and writes some batches at a time; where
 * it gives up, that is an exception here.
 *
 * Imported when an Arrow file turns up, as WebAssembly of 5 MB takes a while to load.
 */
import { type FileHandle, open, rm, writeFile } from 'node:fs/promises'
import { type Field, tableFromIPC } from 'apache-arrow'
import { Compression, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm'
import { SessionizeError } from '../errors/errors.js'
import { type ArrowMessage, BatchTooLong, type Count, messagesOf } from './arrow-messages.js'
import {
  isChangedField,
  referredBytes,
  streamOf,
  writableField,
  writableStreams,
} from './arrow-types.js'
import { corrupt } from './failures.js'

export interface ArrowInput {
  readonly label: string
  readonly path: string
  readonly count: Count
}

/** From so many bytes on, batches are written; about ten times as much is held meanwhile. */
const PART_BYTES = 16 * 1024 ** 2
/** Longer batches are verified whole, but written in pieces. */
const LARGE_BYTES = 64 * 1024 ** 2
/** What the dictionaries and views of a part may stand for. */
const MOST_BYTES = 4 * 1024 ** 3
/** As the engine likes them. */
const ROW_GROUP_ROWS = 122_880
/** Values that need no bytes, as nulls of no type do not. With more of them a file is a trap. */
const WEIGHTLESS_VALUES = 64 * 1024 ** 2

/**
 * Writes the rows of an Arrow file, in order, to Parquet files of the same columns.
 *
 * @param place where the next one goes
 */
export async function arrowToParquet(
  { label, path, count }: ArrowInput,
  place: () => string,
): Promise<{ readonly parts: readonly string[]; readonly bytes: number }> {
  const file = await open(path, 'r')
  const parts: string[] = []
  let bytes = 0
  try {
    for await (const part of parquetParts(file, count)) {
      const target = place()
      parts.push(target)
      await writeFile(target, part, { flag: 'wx', mode: 0o600 })
      bytes += part.length
    }
    return { parts, bytes }
  } catch (error) {
    await Promise.all(parts.map((part) => rm(part, { force: true })))
    throw arrowFailure(label, error)
  } finally {
    await file.close()
  }
}

async function* parquetParts(file: FileHandle, count: Count): AsyncGenerator<Uint8Array> {
  let batches: Batches | undefined
  let bytes = 0
  let values = 0
  for await (const message of messagesOf(file, count)) {
    bytes += lengthOf(message.pieces)
    values += message.values
    if (!(values <= 8 * bytes + WEIGHTLESS_VALUES)) {
      throw new RangeError('it has more values than its bytes can hold')
    }
    if (batches === undefined) batches = new Batches(message)
    else batches.add(message)
    if (batches.ready) yield* batches.parquet()
  }
  if (batches === undefined) throw new RangeError('it has no columns')
  if (batches.left) yield* batches.parquet()
}

/** The messages that wait to be written, and what is needed to read them. */
class Batches {
  private readonly head: Uint8Array
  private readonly fields: readonly Field[] | undefined
  private readonly changed: boolean
  private readonly dictionaries = new Map<bigint, readonly Uint8Array[]>()
  private waiting: ArrowMessage[] = []
  private waitingBytes = 0
  private knownBytes = 0
  private parts = 0

  constructor({ kind, pieces }: ArrowMessage) {
    if (kind !== 'schema') throw new RangeError('it does not begin with its columns')
    const schema = Buffer.concat(pieces)
    verified(schema).free()
    const fields = fieldsOf(schema)
    if (fields?.length === 0) throw new RangeError('it has no columns')
    this.changed = fields?.some(isChangedField) === true
    this.fields = fields?.map(writableField)
    // Without the empty message that ends a stream.
    this.head =
      this.changed || this.fields === undefined ? schema : streamOf(this.fields).subarray(0, -8)
  }

  add(message: ArrowMessage): void {
    if (message.kind === 'schema') throw new RangeError('its columns change')
    this.waiting.push(message)
    this.waitingBytes += lengthOf(message.pieces)
  }

  /** Dictionaries are read anew for each part, so it is no smaller than they are. */
  get ready(): boolean {
    return this.waitingBytes >= Math.max(PART_BYTES, this.knownBytes)
  }

  /** One part at least, for the columns of a file without rows. */
  get left(): boolean {
    return this.parts === 0 || this.waiting.some(isBatch)
  }

  *parquet(): Generator<Uint8Array> {
    const { fields, changed } = this
    const batches = this.waiting.filter(isBatch).length
    const stream = this.stream()
    const table = verified(stream)
    if (table.numBatches !== batches) throw new RangeError('some of its batches cannot be read')
    if (fields !== undefined && referredBytes(stream) > MOST_BYTES) throw new BatchTooLong()
    if (fields === undefined || batches === 0 || !(changed || stream.length > LARGE_BYTES)) {
      yield written(table)
      return
    }
    table.free()
    for (const part of writableStreams(stream, fields, ROW_GROUP_ROWS))
      yield written(verified(part))
  }

  /** All that waits. Dictionaries are needed on. */
  private stream(): Buffer {
    const known = [...this.dictionaries.values()].flat()
    const stream = Buffer.concat([
      this.head,
      ...known,
      ...this.waiting.flatMap(({ pieces }) => pieces),
    ])
    for (const { pieces, dictionary } of this.waiting) {
      if (dictionary === undefined) continue
      const before = dictionary.adds ? (this.dictionaries.get(dictionary.id) ?? []) : []
      this.dictionaries.set(dictionary.id, [...before, ...pieces])
    }
    this.knownBytes = lengthOf([...this.dictionaries.values()].flat())
    this.waiting = []
    this.waitingBytes = 0
    this.parts++
    return stream
  }
}

const isBatch = ({ kind }: ArrowMessage): boolean => kind === 'batch'

const lengthOf = (pieces: readonly Uint8Array[]): number =>
  pieces.reduce((sum, { length }) => sum + length, 0)

/** Where there is no memory left, WebAssembly traps as for any other reason. */
function verified(stream: Uint8Array): Table {
  try {
    return Table.fromIPCStream(stream)
  } catch (error) {
    throw isTrap(error) && stream.length > LARGE_BYTES ? new BatchTooLong() : error
  }
}

function written(table: Table): Uint8Array {
  const properties = new WriterPropertiesBuilder()
    .setCompression(Compression.UNCOMPRESSED)
    .setMaxRowGroupSize(ROW_GROUP_ROWS)
    .build()
  try {
    return writeParquet(table, properties)
  } catch (error) {
    throw isTrap(error) ? error : new Unwritable(wordsOf(error))
  }
}

/** A column of a type that Parquet has no like of. */
class Unwritable extends Error {}

/** `WebAssembly.RuntimeError`. */
const isTrap = (error: unknown): boolean => error instanceof Error && error.name === 'RuntimeError'

/** @param stream verified. Undefined where it has types that apache-arrow does not know. */
function fieldsOf(stream: Uint8Array): readonly Field[] | undefined {
  try {
    return tableFromIPC(stream).schema.fields
  } catch {
    return undefined
  }
}

const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/^(\w+ )+error: |\.$/g, '')

function arrowFailure(label: string, cause: unknown): unknown {
  if (cause instanceof SessionizeError) return cause
  // Those of the disk are told as of any file.
  if (cause instanceof Error && 'errno' in cause) return cause
  if (cause instanceof BatchTooLong) {
    const what = `${label} has a batch of more rows than can be read at once.`
    const hint =
      'Write smaller batches: chunksize=65536 (pandas), record_batch_size=65536 (polars); or Parquet.'
    return new SessionizeError('unsupported', what, { hint })
  }
  if (cause instanceof Unwritable) {
    return new SessionizeError(
      'unsupported',
      `${label} has a column of a type that is not read (${cause.message}).`,
      { hint: 'Leave the column out, or write it as text.' },
    )
  }
  // Node's words for reading past the end of a buffer say nothing to a user, nor do those of a trap.
  const outside = cause instanceof Error && 'code' in cause && cause.code === 'ERR_OUT_OF_RANGE'
  const what = outside
    ? 'a position leads outside'
    : isTrap(cause)
      ? 'its content makes no sense'
      : wordsOf(cause)
  return corrupt(label, `is a damaged Arrow file (${what})`, { cause })
}
