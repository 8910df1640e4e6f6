import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { promisify } from 'node:util'
import {
  createGunzip,
  createInflateRaw,
  gunzip,
  gunzipSync,
  inflateRaw,
  inflateRawSync,
} from 'node:zlib'
import { type Bytes, PeekedBytes } from './bytes.js'
import { corrupt, readFailure } from './failures.js'

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

/** Undefined when there is more inside than is safe to hold. */
async function atOnce(
  packed: Buffer,
  packing: Packing,
  length?: number,
): Promise<Buffer | undefined> {
  // A gzip file ends with its length, modulo 4 GiB. A hint for one allocation, never trusted.
  const hint = length ?? (packed.length < 18 ? 0 : packed.readUInt32LE(packed.length - 4))
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
  path: string,
  label: string,
  onBytes: (bytes: number) => void = () => {},
  onContent: (chunk: Buffer) => void = () => {},
): Promise<void> {
  const stream = createGunzip({ chunkSize: CHUNK_BYTES })
  try {
    const source = createReadStream(path, { highWaterMark: CHUNK_BYTES })
    source.on('data', (chunk) => onBytes(chunk.length))
    pipeline(source, stream, () => {})
    for await (const chunk of buffers(stream)) onContent(chunk)
  } catch (error) {
    throw readFailure(label, error)
  }
  const after = (await stat(path)).size - stream.bytesWritten
  if (after > 0) {
    throw corrupt(label, `has ${after} bytes after the end of its gzip data`, {
      hint: 'Unpack it with gunzip, which leaves them out, and give the result.',
    })
  }
}
