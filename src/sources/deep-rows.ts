/**
 * Files of JSON that may hold a row nested too deep, found by their bytes before or while the engine
 * reads them. Looking at every byte here would cost as much as all of the engine's work, so of lines
 * only the long ones are looked at; what is suspected is settled by the engine, for the file's rows.
 */

import { contentOf } from './gzip.js'
import { DEEPEST, SHORTEST_DEEP } from './nesting.js'
import type { SourceFile } from './source.js'

const LINE_FEED = 10
const QUOTE = 34
const BACKSLASH = 92

/** Follows lines of JSON for one that may be too deep: it has more opening brackets than levels. */
export class LineDepths {
  /** Such a line was seen. */
  suspect = false
  /** Of the line that is not at its end. */
  private length = 0
  private openings = 0

  add(chunk: Buffer): void {
    let from = 0
    if (this.length > 0) {
      const end = chunk.indexOf(LINE_FEED)
      this.take(chunk, 0, end < 0 ? chunk.length : end)
      if (end < 0) return
      this.length = 0
      this.openings = 0
      from = end + 1
    }
    while (from + SHORTEST_DEEP <= chunk.length) {
      // No line from here to the last end within so many bytes is longer than them.
      const last = chunk.lastIndexOf(LINE_FEED, from + SHORTEST_DEEP - 1)
      if (last >= from) from = last + 1
      else {
        const end = chunk.indexOf(LINE_FEED, from + SHORTEST_DEEP)
        if (end < 0) break
        if (openings(chunk, from, end) > DEEPEST) this.suspect = true
        from = end + 1
      }
    }
    this.take(chunk, Math.max(from, chunk.lastIndexOf(LINE_FEED) + 1), chunk.length)
  }

  private take(chunk: Buffer, from: number, to: number): void {
    this.length += to - from
    this.openings += openings(chunk, from, to)
    if (this.length >= SHORTEST_DEEP && this.openings > DEEPEST) this.suspect = true
  }
}

/** At least as many as there are; four bytes at a time, which takes a third of the time. */
function openings(bytes: Buffer, from: number, to: number): number {
  let count = 0
  let at = from
  for (; at < to && (bytes.byteOffset + at) % 4 !== 0; at++) if (opens(bytes[at])) count++
  if (at >= to) return count
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (to - at) >> 2)
  for (const word of words) {
    // Zero where `[` and `{` are, which differ in one bit; then the upper bit of zero bytes.
    const other = (word & 0xdfdfdfdf) ^ 0x5b5b5b5b
    const found = (other - 0x01010101) & ~other & 0x80808080
    if (found !== 0) {
      count += ((found >>> 7) & 1) + ((found >>> 15) & 1) + ((found >>> 23) & 1) + (found >>> 31)
    }
  }
  for (at += words.length * 4; at < to; at++) if (opens(bytes[at])) count++
  return count
}

const opens = (byte = 0): boolean => (byte & 0xdf) === 0x5b
const closes = (byte = 0): boolean => (byte & 0xdf) === 0x5d

/** Follows JSON that may span lines, whose every byte counts. */
class ValueDepths {
  suspect = false
  private depth = 0
  private inText = false
  private escaped = false

  add(chunk: Buffer): void {
    let at = 0
    if (this.escaped && chunk.length > 0) {
      this.escaped = false
      at = 1
    }
    while (at < chunk.length) at = this.inText ? this.text(chunk, at) : this.outside(chunk, at)
    this.escaped = at > chunk.length
  }

  private text(chunk: Buffer, from: number): number {
    let at = from
    while (at < chunk.length) {
      const byte = chunk[at++]
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) {
        this.inText = false
        break
      }
    }
    return at
  }

  private outside(chunk: Buffer, from: number): number {
    let at = from
    while (at < chunk.length) {
      const byte = chunk[at++]
      if (byte === QUOTE) {
        this.inText = true
        break
      }
      if (opens(byte)) {
        // An array of rows is no level of any of them, but one more does no harm here.
        if (++this.depth > DEEPEST) this.suspect = true
      } else if (closes(byte)) this.depth--
    }
    return at
  }
}

/** Whether the bytes of a file can be looked at before the engine reads it. */
export const canBeSeen = ({ compression, remote }: SourceFile): boolean =>
  compression !== 'zstd' && remote !== true

/** Whether some line of the file may be too deep, of the first `lines` or of all. */
export async function hasDeepLine(file: SourceFile, lines?: number): Promise<boolean> {
  const depths = new LineDepths()
  let left = lines ?? Number.POSITIVE_INFINITY
  for await (const chunk of contentOf(file)) {
    depths.add(chunk)
    if (depths.suspect) return true
    if (Number.isFinite(left)) left -= lineEnds(chunk, left)
    if (left <= 0) return false
  }
  return false
}

/** Whether some value of a file of JSON may be too deep. */
export async function hasDeepValue(file: SourceFile): Promise<boolean> {
  const depths = new ValueDepths()
  for await (const chunk of contentOf(file)) {
    depths.add(chunk)
    if (depths.suspect) return true
  }
  return false
}

function lineEnds(chunk: Buffer, most: number): number {
  let count = 0
  for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) {
    if (++count >= most) break
  }
  return count
}
