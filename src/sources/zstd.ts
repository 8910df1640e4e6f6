import { type FileHandle, open } from 'node:fs/promises'
import { corrupt } from './failures.js'

const FRAME_MAGIC = 0xfd2fb528
/** Skippable frames: 0x184D2A50 to 0x184D2A5F. */
const SKIPPABLE_MAGIC = 0x184d2a5
const READ_BYTES = 256 * 1024

/**
 * Walks a zstd file's frames and blocks to see that each is whole, without decompressing: the
 * engine checks the checksums but takes a file that ends between or inside blocks for a shorter
 * one. Format: RFC 8878, section 3.1.
 */
export async function verifyZstd(path: string, label: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    const file = new Window(handle, size, label)
    let position = 0
    while (position < size) position = await frameEnd(file, position, label)
  } finally {
    await handle.close()
  }
}

async function frameEnd(file: Window, start: number, label: string): Promise<number> {
  const magic = (await file.at(start, 4)).readUInt32LE(0)
  if (magic >>> 4 === SKIPPABLE_MAGIC) {
    const end = start + 8 + (await file.at(start + 4, 4)).readUInt32LE(0)
    file.mustReach(end)
    return end
  }
  if (magic !== FRAME_MAGIC) {
    throw corrupt(label, `is damaged: no zstd frame at byte ${start.toLocaleString('en')}`)
  }
  const descriptor = (await file.at(start + 4, 1)).readUInt8(0)
  const singleSegment = (descriptor & 0x20) !== 0
  const contentSizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 3] ?? 0
  let position = start + 5 + (singleSegment ? 0 : 1) + dictionaryIdBytes + contentSizeBytes
  for (let last = false; !last; ) {
    const block = (await file.at(position, 3)).readUIntLE(0, 3)
    last = (block & 1) === 1
    const type = (block >>> 1) & 3
    if (type === 3) throw corrupt(label, 'is damaged: it has a zstd block of an unknown type')
    // A run-length block stores one byte however long it is.
    position += 3 + (type === 1 ? 1 : block >>> 3)
    file.mustReach(position)
  }
  const end = position + ((descriptor & 4) !== 0 ? 4 : 0)
  file.mustReach(end)
  return end
}

/** A sliding view of a file, for reads that mostly go forward. */
class Window {
  private buffer: Buffer = Buffer.alloc(0)
  private start = 0

  constructor(
    private readonly handle: FileHandle,
    private readonly size: number,
    private readonly label: string,
  ) {}

  mustReach(end: number): void {
    if (end > this.size) throw corrupt(this.label, 'is cut short: its zstd data ends early')
  }

  async at(position: number, length: number): Promise<Buffer> {
    this.mustReach(position + length)
    if (position < this.start || position + length > this.start + this.buffer.length) {
      const buffer = Buffer.alloc(Math.min(READ_BYTES, this.size - position))
      const { bytesRead } = await this.handle.read(buffer, 0, buffer.length, position)
      if (bytesRead < length) throw corrupt(this.label, 'is cut short: its zstd data ends early')
      this.buffer = buffer.subarray(0, bytesRead)
      this.start = position
    }
    return this.buffer.subarray(position - this.start, position - this.start + length)
  }
}
