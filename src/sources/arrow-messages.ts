/**
 * Looks over an Arrow file's messages before apache-arrow reads them. Its flatbuffers are not
 * verified there: one damaged length makes it build fields until the memory is gone. Only lengths
 * and positions are looked at, never the values.
 *
 * Formats: Arrow's Message.fbs and Schema.fbs, and the "encapsulated message format".
 */
import type { FileHandle } from 'node:fs/promises'

const CONTINUATION = 0xffffffff
const MAGIC = 'ARROW1'
/** The magic at the start of a file is padded to 8 bytes. */
const FILE_START = 8
/** The length of the footer and the magic. */
const FILE_END = 4 + MAGIC.length
const METADATA_LIMIT = 256 * 1024 * 1024

export type Layout = 'file' | 'stream'

/** @throws RangeError where a message is not what it says, or ends early */
export async function verifyMessages(file: FileHandle): Promise<Layout> {
  const { size } = await file.stat()
  const start = await bytesAt(file, 0, Math.min(size, MAGIC.length))
  if (start.toString('latin1') !== MAGIC) {
    await verifyStream(file, size)
    return 'stream'
  }
  await verifyFile(file, size)
  return 'file'
}

/** Messages one after the other, to an empty one or to the end. */
async function verifyStream(file: FileHandle, size: number): Promise<void> {
  for (let position = 0; position + 4 <= size; ) {
    const { length, bodyLength } = await verifyAt(file, position)
    if (length === 0) return
    position += length + bodyLength
    if (position > size) throw new RangeError('its last message ends early')
  }
}

/** The footer says where each message is; not every writer puts them as a stream has them. */
async function verifyFile(file: FileHandle, size: number): Promise<void> {
  const end =
    size < FILE_START + FILE_END ? undefined : await bytesAt(file, size - FILE_END, FILE_END)
  const footerLength = end?.readUInt32LE(0) ?? 0
  const footerStart = size - FILE_END - footerLength
  if (end?.toString('latin1', 4) !== MAGIC || footerLength === 0 || footerStart < FILE_START) {
    throw new RangeError('it has no footer, so it was cut short')
  }
  const footer = Table.root(await bytesAt(file, footerStart, footerLength))
  const schema = footer.table(1)
  if (schema === undefined) throw new RangeError('it has no columns')
  verifySchema(schema)
  for (const slot of [2, 3]) {
    for (const block of footer.blocks(slot)) {
      const { length, bodyLength } = await verifyAt(file, block.offset)
      if (length > block.metadataLength || bodyLength > block.bodyLength) {
        throw new RangeError('a message is longer than the footer says')
      }
      if (block.offset + block.metadataLength + block.bodyLength > footerStart) {
        throw new RangeError('a message leads outside')
      }
    }
  }
}

/** The message at a position: its length with what is in front of it, and that of its body. */
async function verifyAt(
  file: FileHandle,
  position: number,
): Promise<{ length: number; bodyLength: number }> {
  let prefix = 4
  let length = (await bytesAt(file, position, 4)).readUInt32LE(0)
  // Before Arrow 0.15 there was no continuation marker.
  if (length === CONTINUATION) {
    prefix = 8
    length = (await bytesAt(file, position + 4, 4)).readUInt32LE(0)
  }
  if (length === 0) return { length: 0, bodyLength: 0 }
  if (length > METADATA_LIMIT) throw new RangeError('a message is too long')
  const bodyLength = verifyMessage(await bytesAt(file, position + prefix, length))
  return { length: prefix + length, bodyLength }
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  if (bytesRead < length) throw new RangeError('its last message ends early')
  return buffer
}

const HEADER = { schema: 1, dictionary: 2, batch: 3 } as const

/** Returns the length of the body that follows. */
function verifyMessage(bytes: Buffer): number {
  const message = Table.root(bytes)
  const bodyLength = message.int64(3)
  const header = message.table(2)
  if (header === undefined) throw new RangeError('a message without a header')
  message.vector(4, 4)
  switch (message.uint8(1)) {
    case HEADER.schema:
      verifySchema(header)
      break
    case HEADER.dictionary: {
      const data = header.table(1)
      if (data !== undefined) verifyBatch(data, bodyLength)
      break
    }
    case HEADER.batch:
      verifyBatch(header, bodyLength)
      break
    default:
      throw new RangeError('a message of an unknown kind')
  }
  return bodyLength
}

/** The kinds of type with a text (the zone) or a list (the ids) of their own. */
const KIND = { timestamp: 10, union: 14 } as const

const DEPTH_LIMIT = 64
const FIELD_LIMIT = 100_000

function verifySchema(schema: Table): void {
  let fields = 0
  const verifyFields = (parent: Table, slot: number, depth: number): void => {
    if (depth > DEPTH_LIMIT) throw new RangeError('fields are nested too deep')
    for (const field of parent.tables(slot)) {
      if (++fields > FIELD_LIMIT) throw new RangeError('too many fields')
      field.vector(0, 1)
      const kind = field.uint8(2)
      const type = field.table(3)
      if (kind === KIND.timestamp) type?.vector(1, 1)
      if (kind === KIND.union) type?.vector(1, 4)
      for (const pair of field.tables(6)) verifyPair(pair)
      verifyFields(field, 5, depth + 1)
    }
  }
  verifyFields(schema, 1, 0)
  if (fields === 0) throw new RangeError('it has no columns')
  for (const pair of schema.tables(2)) verifyPair(pair)
  schema.vector(3, 8)
}

function verifyPair(pair: Table): void {
  pair.vector(0, 1)
  pair.vector(1, 1)
}

function verifyBatch(batch: Table, bodyLength: number): void {
  const rows = batch.int64(0)
  if (rows > 0x7fffffff) throw new RangeError('a batch of too many rows')
  for (const node of batch.structs(1, 16)) {
    if (node.length > 0x7fffffff) throw new RangeError('a column of too many rows')
  }
  for (const { offset, length } of batch.structs(2, 16)) {
    if (offset + length > bodyLength) throw new RangeError('a column leads outside of its batch')
  }
  batch.vector(4, 8)
}

/** A flatbuffers table: its first bytes lead to a list of where each field lies. */
class Table {
  private constructor(
    private readonly bytes: Buffer,
    private readonly position: number,
  ) {
    if (position < 0 || position + 4 > bytes.length) throw new RangeError('a table leads outside')
  }

  static root(bytes: Buffer): Table {
    return new Table(bytes, bytes.readUInt32LE(0))
  }

  uint8(slot: number): number {
    const at = this.slot(slot, 1)
    return at === undefined ? 0 : this.bytes.readUInt8(at)
  }

  int64(slot: number): number {
    const at = this.slot(slot, 8)
    return at === undefined ? 0 : this.lengthAt(at)
  }

  table(slot: number): Table | undefined {
    const at = this.slot(slot, 4)
    return at === undefined ? undefined : new Table(this.bytes, at + this.bytes.readUInt32LE(at))
  }

  /** A vector or a text whose items are all inside; undefined when absent. */
  vector(slot: number, itemBytes: number): { start: number; length: number } | undefined {
    const at = this.slot(slot, 4)
    if (at === undefined) return undefined
    const vector = at + this.bytes.readUInt32LE(at)
    const length = this.bytes.readUInt32LE(vector)
    const start = vector + 4
    if (start + length * itemBytes > this.bytes.length) throw new RangeError('a list leads outside')
    return { start, length }
  }

  tables(slot: number): Table[] {
    const { start, length } = this.vector(slot, 4) ?? { start: 0, length: 0 }
    return Array.from({ length }, (_, i) => {
      const at = start + i * 4
      return new Table(this.bytes, at + this.bytes.readUInt32LE(at))
    })
  }

  /** Pairs of 64-bit numbers: nodes (`length`, nulls) and buffers (`offset`, `length`). */
  structs(slot: number, itemBytes: number): { offset: number; length: number }[] {
    const { start, length } = this.vector(slot, itemBytes) ?? { start: 0, length: 0 }
    return Array.from({ length }, (_, i) => ({
      offset: this.lengthAt(start + i * itemBytes),
      length: this.lengthAt(start + i * itemBytes + 8),
    }))
  }

  /** A footer's `Block`s: 8 bytes of offset, 4 of length, 4 of padding, 8 of length. */
  blocks(slot: number): { offset: number; metadataLength: number; bodyLength: number }[] {
    const { start, length } = this.vector(slot, 24) ?? { start: 0, length: 0 }
    return Array.from({ length }, (_, i) => ({
      offset: this.lengthAt(start + i * 24),
      metadataLength: this.bytes.readInt32LE(start + i * 24 + 8),
      bodyLength: this.lengthAt(start + i * 24 + 16),
    }))
  }

  /** A length or position: never negative, always exact. */
  private lengthAt(at: number): number {
    const value = Number(this.bytes.readBigInt64LE(at))
    if (value < 0 || !Number.isSafeInteger(value)) throw new RangeError('a length makes no sense')
    return value
  }

  private slot(slot: number, bytes: number): number | undefined {
    const fields = this.position - this.bytes.readInt32LE(this.position)
    const at = 4 + slot * 2
    if (at + 2 > this.bytes.readUInt16LE(fields)) return undefined
    const offset = this.bytes.readUInt16LE(fields + at)
    if (offset === 0) return undefined
    const position = this.position + offset
    if (position + bytes > this.bytes.length) throw new RangeError('a field leads outside')
    return position
  }
}
