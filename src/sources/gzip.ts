import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { promisify } from 'node:util'
import {
  constants,
  createGunzip,
  createInflateRaw,
  gunzip,
  gunzipSync,
  inflateRaw,
  inflateRawSync,
} from 'node:zlib'
import type { SessionizeError } from '../errors/errors.js'
import { type Bytes, PeekedBytes } from './bytes.js'
import { corrupt, readFailure } from './failures.js'
import type { SourceFile } from './source.js'

/** Large chunks: each is one trip to the thread pool. */
const CHUNK_BYTES = 1024 * 1024

/**
 * Hourly export files are small, and there are thousands: one that is at most this long is taken
 * off at once, which needs no stream and less than half of the time.
 */
export const WHOLE_INPUT_BYTES = 4 * 1024 * 1024
const WHOLE_OUTPUT_BYTES = 64 * 1024 * 1024

type Packing = 'gzip' | 'deflate'

const STREAMS = { gzip: createGunzip, deflate: createInflateRaw } as const
const AT_ONCE = { gzip: promisify(gunzip), deflate: promisify(inflateRaw) } as const
const HERE = { gzip: gunzipSync, deflate: inflateRawSync } as const

/** Not worth a trip to the thread pool; the main thread has enough to do with thousands of members. */
const TINY_BYTES = 4 * 1024
const TINY_OUTPUT_BYTES = 64 * 1024

/** Takes off one layer of gzip, concatenated members included; fails where the data ends early. */
export const gunzipped = (bytes: Bytes): AsyncGenerator<Buffer> => unpacked(bytes, 'gzip')

/** What a file holds, with any gzip taken off. */
export function contentOf({
  path,
  compression,
}: Pick<SourceFile, 'path' | 'compression'>): AsyncGenerator<Buffer> {
  const bytes = buffers(createReadStream(path, { highWaterMark: CHUNK_BYTES }))
  return compression === 'gzip' ? gunzipped(bytes) : bytes
}

/** Takes off raw deflate, as members of a zip have it, where the length is said to be `length`. */
export const inflated = (bytes: Bytes, length: number): AsyncGenerator<Buffer> =>
  unpacked(bytes, 'deflate', length)

async function* unpacked(bytes: Bytes, packing: Packing, length?: number): AsyncGenerator<Buffer> {
  const peeked = await PeekedBytes.of(bytes, WHOLE_INPUT_BYTES)
  try {
    const whole = peeked.complete ? await atOnce(peeked.head, packing, length) : undefined
    if (whole !== undefined) {
      yield whole
      return
    }
    const stream = STREAMS[packing]({ chunkSize: CHUNK_BYTES })
    // An error of either stream ends the loop below, so the callback has nothing left to do.
    pipeline(Readable.from(peeked.all()), stream, () => {})
    yield* buffers(stream)
  } finally {
    await peeked.close()
  }
}

/** Takes off one layer of gzip as it comes, without waiting for more. */
export async function* gunzippedLive(bytes: Bytes, label: string): AsyncGenerator<Buffer> {
  const stream = createGunzip({ chunkSize: CHUNK_BYTES })
  let given = 0
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of bytes) {
      given += chunk.length
      yield chunk
    }
  }
  pipeline(Readable.from(counted()), stream, () => {})
  yield* buffers(stream)
  const after = given - stream.bytesWritten
  if (after > 0) throw bytesAfterEnd(label, after)
}

/** Undefined when there is more inside than is safe to hold. */
async function atOnce(
  packed: Buffer,
  packing: Packing,
  length?: number,
): Promise<Buffer | undefined> {
  // A hint for one allocation, never trusted.
  const hint = length ?? statedLength(packed)
  const chunkSize = Math.max(16 * 1024, Math.min(hint + 64, 16 * CHUNK_BYTES))
  try {
    if (packed.length <= TINY_BYTES && hint <= TINY_OUTPUT_BYTES) {
      return HERE[packing](packed, { chunkSize, maxOutputLength: TINY_OUTPUT_BYTES })
    }
    return await AT_ONCE[packing](packed, { chunkSize, maxOutputLength: WHOLE_OUTPUT_BYTES })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** A Node stream's chunks, typed: a stream without an encoding gives buffers. */
export async function* buffers(stream: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a byte stream gave text')
    yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
  }
}

/**
 * Reads a gzip file to its end for its checksums and lengths, which DuckDB does not look at: it
 * takes a truncated file for a shorter one, and a damaged one for whole.
 */
export async function verifyGzip(
  { path, label, bytes }: Pick<SourceFile, 'path' | 'label' | 'bytes'>,
  onContent: (chunk: Buffer) => void,
): Promise<void> {
  const whole = bytes > WHOLE_INPUT_BYTES ? undefined : await checkedWhole(path, label)
  if (whole !== undefined) {
    onContent(whole)
    return
  }
  const stream = createGunzip({ chunkSize: CHUNK_BYTES })
  try {
    pipeline(createReadStream(path, { highWaterMark: CHUNK_BYTES }), stream, () => {})
    for await (const chunk of buffers(stream)) onContent(chunk)
  } catch (error) {
    throw readFailure(label, error)
  }
  const after = (await stat(path)).size - stream.bytesWritten
  if (after > 0) {
    throw bytesAfterEnd(label, after)
  }
}

const bytesAfterEnd = (label: string, bytes: number): SessionizeError =>
  corrupt(label, `has ${bytes} bytes after the end of its gzip data`, {
    hint: 'Unpack it with gunzip, which leaves them out, and give the result.',
  })

/** Undefined where more is inside than is safe to hold, and for several parts or bytes after the end. */
async function checkedWhole(path: string, label: string): Promise<Buffer | undefined> {
  try {
    const packed = await readFile(path)
    const whole = await atOnce(packed, 'gzip')
    return whole?.length === statedLength(packed) ? whole : undefined
  } catch (error) {
    throw readFailure(label, error)
  }
}

/** Enough lines to say what they are, where there may be thousands of files to look at. */
const INSIDE_BYTES = 16 * 1024

/** The first bytes inside a gzip; undefined where it is damaged in its first bytes. */
export function headInside(
  packed: PeekedBytes,
): Pick<PeekedBytes, 'head' | 'complete'> | undefined {
  const { head: bytes, complete } = packed
  try {
    if (complete && bytes.length <= TINY_BYTES) {
      return { head: gunzipSync(bytes), complete }
    }
    const options = { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: TINY_OUTPUT_BYTES }
    for (let taken = TINY_BYTES; ; taken *= 2) {
      const head = gunzipSync(bytes.subarray(0, taken), options)
      if (head.length < INSIDE_BYTES && taken < bytes.length) continue
      return { head: head.subarray(0, INSIDE_BYTES), complete: false }
    }
  } catch {
    return undefined
  }
}

/** A gzip file ends with its length, modulo 4 GiB. */
const statedLength = (packed: Buffer): number =>
  packed.length < 18 ? 0 : packed.readUInt32LE(packed.length - 4)
