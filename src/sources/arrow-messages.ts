/**
 * The messages of an Arrow file or stream, one after the other, their buffers unpacked. Only what frames
 * them is looked at here, and no length is believed that leads outside of the file; what they hold is
 * verified by the reader that gets them.
 *
 * Formats: Arrow's "encapsulated message format", Message.fbs and File.fbs.
 */
import type { FileHandle } from 'node:fs/promises'
import { CompressionType, MessageHeader } from 'apache-arrow'
import { DictionaryBatch } from 'apache-arrow/fb/dictionary-batch'
import { Footer } from 'apache-arrow/fb/footer'
import { Message } from 'apache-arrow/fb/message'
import { RecordBatch } from 'apache-arrow/fb/record-batch'
import { Schema } from 'apache-arrow/fb/schema'
import { ByteBuffer } from 'flatbuffers'
import { decompress as unpackZstd } from 'fzstd'
import { unpackLz4 } from './lz4.js'

export interface ArrowMessage {
  /** As a stream has it, in pieces. */
  readonly pieces: readonly Uint8Array[]
  readonly kind: 'schema' | 'dictionary' | 'batch'
  /** Values of all columns, nested ones too. */
  readonly values: number
  /** Which one a dictionary replaces, or only adds to. */
  readonly dictionary?: { readonly id: bigint; readonly adds: boolean }
}

const CONTINUATION = 0xffffffff
const MAGIC = 'ARROW1'
/** The magic in front is padded; behind the footer are its length and the magic. */
const FILE_START = 8
const FILE_END = 4 + MAGIC.length
/** What may be left free in front of the footer. */
const LONGEST_GAP = 64
/** Its reader's memory ends at 4 GiB, and holds a batch up to three times. */
const LONGEST_BODY = 1024 ** 3

/** A batch that is too long to be read, though nothing is wrong with it. */
export class BatchTooLong extends Error {}

/** Told how many bytes are about to be unpacked; may refuse them. */
export type Count = (unpackedBytes: number) => void

/** @throws RangeError where a message is not what it says, ends early or is missing */
export async function* messagesOf(file: FileHandle, count: Count): AsyncGenerator<ArrowMessage> {
  const { size } = await file.stat()
  const bytes = new FileBytes(file, size)
  const isFile = (await bytes.at(0, Math.min(size, MAGIC.length))).toString('latin1') === MAGIC
  const footer = isFile ? await footerOf(bytes) : undefined
  // Not every writer puts a file's columns in front as well.
  if (footer !== undefined) yield footer.schema
  const end = footer?.start ?? size
  let position = isFile ? FILE_START : 0
  let batches = 0
  let ended = false
  while (position < end && !ended) {
    const message = await bytes.messageAt(position)
    position = message.end
    // An empty one is the last, which some writers leave out.
    ended = message.metadata.length === 0
    if (ended) continue
    const read = arrowMessage(message, count)
    if (read.kind !== 'schema') batches++
    if (read.kind !== 'schema' || footer === undefined) yield read
  }
  const expected = footer?.batches ?? (ended ? batches : Math.max(batches, 1))
  if (batches !== expected || position > end)
    throw new RangeError('some of its batches are missing')
  if (end - position > (isFile ? LONGEST_GAP : 0)) throw new RangeError('it goes on after its end')
}

interface Framed {
  readonly metadata: Buffer
  readonly body: Buffer
  readonly end: number
}

class FileBytes {
  constructor(
    private readonly file: FileHandle,
    readonly size: number,
  ) {}

  async at(position: number, length: number): Promise<Buffer> {
    if (!(position >= 0 && length >= 0 && position + length <= this.size)) {
      throw new RangeError('a message ends early or leads outside')
    }
    const buffer = Buffer.alloc(length)
    const { bytesRead } = await this.file.read(buffer, 0, length, position)
    if (bytesRead < length) throw new RangeError('a message ends early')
    return buffer
  }

  async messageAt(position: number): Promise<Framed> {
    // Before Arrow 0.15 there was no continuation marker.
    const first = (await this.at(position, 4)).readUInt32LE(0)
    const start = position + (first === CONTINUATION ? 8 : 4)
    const length = first === CONTINUATION ? (await this.at(start - 4, 4)).readUInt32LE(0) : first
    const metadata = await this.at(start, length)
    const bodyLength =
      length === 0 ? 0 : Number(Message.getRootAsMessage(new ByteBuffer(metadata)).bodyLength())
    const end = start + length + bodyLength
    if (bodyLength > LONGEST_BODY && end <= this.size) throw new BatchTooLong()
    return { metadata, body: await this.at(start + length, bodyLength), end }
  }
}

interface FooterOfFile {
  readonly start: number
  readonly schema: ArrowMessage
  /** Of rows and of dictionaries. */
  readonly batches: number
}

async function footerOf(file: FileBytes): Promise<FooterOfFile> {
  const end = await file.at(file.size - FILE_END, FILE_END)
  if (end.toString('latin1', 4) !== MAGIC) {
    throw new RangeError('it has no footer, so it was cut short')
  }
  const length = end.readUInt32LE(0)
  const start = file.size - FILE_END - length
  const bytes = await file.at(start, length)
  const footer = Footer.getRootAsFooter(new ByteBuffer(bytes))
  const schema = footer.schema(new Schema())
  if (schema === null) throw new RangeError('it has no columns')
  return {
    start,
    schema: { kind: 'schema', pieces: framed(schemaMessage(bytes, schema.bb_pos)), values: 0 },
    batches: footer.dictionariesLength() + footer.recordBatchesLength(),
  }
}

/** A flatbuffer of a message whose header is the schema in the flatbuffer of the footer behind it. */
function schemaMessage(footer: Buffer, schema: number): Buffer {
  const message = Buffer.alloc(32)
  // Where the table is, the list of its fields, and the table: list, version, kind, place of the header.
  message.writeUInt32LE(16, 0)
  for (const [i, value] of [10, 12, 4, 6, 8].entries()) message.writeUInt16LE(value, 4 + 2 * i)
  message.writeInt32LE(12, 16)
  message.writeInt16LE(4, 20)
  message.writeUInt8(MessageHeader.Schema, 22)
  message.writeUInt32LE(message.length + schema - 24, 24)
  return Buffer.concat([message, footer])
}

function arrowMessage({ metadata, body }: Framed, count: Count): ArrowMessage {
  const message = Message.getRootAsMessage(new ByteBuffer(metadata))
  const unpackedOf = (batch: RecordBatch | null) => unpacked(message, batch, metadata, body, count)
  switch (message.headerType()) {
    case MessageHeader.Schema:
      return { kind: 'schema', pieces: framed(metadata), values: 0 }
    case MessageHeader.RecordBatch:
      return { kind: 'batch', ...unpackedOf(message.header(new RecordBatch())) }
    case MessageHeader.DictionaryBatch: {
      const batch: DictionaryBatch | null = message.header(new DictionaryBatch())
      const dictionary = { id: batch?.id() ?? 0n, adds: batch?.isDelta() ?? false }
      return { kind: 'dictionary', dictionary, ...unpackedOf(batch?.data() ?? null) }
    }
    default:
      throw new RangeError('a message of an unknown kind')
  }
}

/** The message with its buffers unpacked, and their new places in its metadata. */
function unpacked(
  message: Message,
  batch: RecordBatch | null,
  metadata: Buffer,
  body: Buffer,
  count: Count,
): Pick<ArrowMessage, 'pieces' | 'values'> {
  const nodes = batch?.nodesLength() ?? 0
  const buffers = batch?.buffersLength() ?? 0
  if (batch === null || (nodes + buffers) * 16 > metadata.length) {
    throw new RangeError('a batch makes no sense')
  }
  let values = 0
  for (let i = 0; i < nodes; i++) values += Number(batch.nodes(i)?.length())
  const codec = batch.compression()?.codec()
  if (codec === undefined) return { values, pieces: framed(metadata, body) }
  const parts: Uint8Array[] = []
  let length = 0
  for (let i = 0; i < buffers; i++) {
    const buffer = batch.buffers(i)
    const start = Number(buffer?.offset())
    const end = start + Number(buffer?.length())
    if (buffer === null || !(start >= 0 && start <= end && end <= body.length)) {
      throw new RangeError('a column leads outside of its batch')
    }
    const plain = unpackedBuffer(body.subarray(start, end), codec, (bytes) => {
      count(bytes)
      if (length + bytes > LONGEST_BODY) throw new BatchTooLong()
    })
    const room = padding(plain.length)
    metadata.writeBigInt64LE(BigInt(length), buffer.bb_pos)
    metadata.writeBigInt64LE(BigInt(plain.length), buffer.bb_pos + 8)
    parts.push(plain, room)
    length += plain.length + room.length
  }
  const place = message.bb?.__offset(message.bb_pos, 10) ?? 0
  if (place > 0) metadata.writeBigInt64LE(BigInt(length), message.bb_pos + place)
  // In the list of what the batch has, its fourth, the packing, is no more.
  metadata.writeUInt16LE(0, batch.bb_pos - metadata.readInt32LE(batch.bb_pos) + 10)
  return { values, pieces: framed(metadata, ...parts) }
}

/** @param expect called with its size before there is room for it */
function unpackedBuffer(packed: Buffer, codec: CompressionType, expect: Count): Uint8Array {
  if (packed.length === 0) return packed
  const size = Number(packed.readBigInt64LE(0))
  const bytes = packed.subarray(8)
  if (size === -1) return bytes
  if (size < 0) throw new RangeError('a length makes no sense')
  expect(size)
  const plain =
    codec === CompressionType.LZ4_FRAME
      ? unpackLz4(bytes, size)
      : unpackZstd(bytes, new Uint8Array(size))
  if (plain.length !== size) throw new RangeError('a column is not as long as it says')
  return plain
}

/** Everything begins at a multiple of 8 bytes. */
const padding = (length: number): Buffer => Buffer.alloc((8 - (length % 8)) % 8)

function framed(metadata: Buffer, ...body: readonly Uint8Array[]): Uint8Array[] {
  const room = padding(metadata.length)
  const prefix = Buffer.alloc(8, 0xff)
  prefix.writeUInt32LE(metadata.length + room.length, 4)
  return [prefix, metadata, room, ...body]
}
