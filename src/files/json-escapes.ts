/**
 * JSON leaves DEL, the C1 controls, bidi marks and line separators as they are, which a terminal obeys
 * when JSON is printed on it. They occur only inside strings, where an escape means the same, so JSON
 * without them is harmless and reads back unchanged.
 */
import { isAscii } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'

const OBEYED = /[\u007f-\u009f\u00ad\u200b\u2028\u2029\u2060\ufeff]|\p{Bidi_Control}/gu

/** The same characters as bytes of UTF-8. */
const OBEYED_BYTES =
  /\x7f|\xc2[\x80-\x9f\xad]|\xd8\x9c|\xe2\x80[\x8b\x8e\x8f\xa8-\xae]|\xe2\x81[\xa0\xa6-\xa9]|\xef\xbb\xbf/g

const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

export const harmlessJson = (json: string): string => json.replace(OBEYED, escaped)

const CHUNK_BYTES = 1024 * 1024

interface Chunk {
  readonly start: number
  readonly length: number
  /** Where it goes, when what comes before it has grown. */
  readonly target: number
}

/**
 * The same of a file of JSON that an engine has written, in place. Files have none of these characters
 * as a rule: then it is read once, at the speed of memory where it is ASCII, and left as it is.
 */
export async function escapeJsonFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const chunks = await measured(file)
    // From the end, so that nothing is written over before it was read.
    for (const { start, length, target } of chunks.toReversed()) {
      const bytes = await readAt(file, start, length)
      const harmless = needsNone(bytes) ? bytes : escapedBytes(bytes)
      if (target === start && harmless === bytes) continue
      await writeAt(file, harmless, target)
    }
  } finally {
    await file.close()
  }
}

/** Nothing where all can stay as it is. */
async function measured(file: FileHandle): Promise<Chunk[]> {
  const { size } = await file.stat()
  const chunks: Chunk[] = []
  let growth = 0
  for (let start = 0; start < size; ) {
    const bytes = wholeCharacters(await readAt(file, start, Math.min(CHUNK_BYTES, size - start)))
    chunks.push({ start, length: bytes.length, target: start + growth })
    if (!needsNone(bytes)) growth += escapedBytes(bytes).length - bytes.length
    start += bytes.length
  }
  return growth === 0 ? [] : chunks
}

const needsNone = (bytes: Buffer): boolean => isAscii(bytes) && !bytes.includes(0x7f)

/** The same buffer where nothing is to be escaped. */
function escapedBytes(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1')
  const harmless = text.replace(OBEYED_BYTES, (found) =>
    escaped(Buffer.from(found, 'latin1').toString('utf8')),
  )
  return harmless === text ? bytes : Buffer.from(harmless, 'latin1')
}

/** Without the beginning of a character whose end is in the next chunk. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length - 1); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) break
    if (byte >= 0xc0) return bytes.subarray(0, bytes.length - back)
  }
  return bytes
}

async function readAt(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, start + done)
    if (bytesRead === 0) return bytes.subarray(0, done)
    done += bytesRead
  }
  return bytes
}

async function writeAt(file: FileHandle, bytes: Buffer, start: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, start + done)
    done += bytesWritten
  }
}
