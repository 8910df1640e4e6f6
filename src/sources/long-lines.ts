/**
 * Lines of text that are longer than the engine is told to take. Depending on where in its buffer
 * such a line begins, it rejects the line or passes over it without a word, so they are looked for
 * before it reads, and named.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { SessionizeError } from '../errors/errors.js'
import { contentOf } from './gzip.js'
import type { SourceFile } from './source.js'

export const LONGEST_LINE_BYTES = 32 * 1024 * 1024

/** A line that is too long covers at least one aligned stretch of this length. */
const STRETCH_BYTES = LONGEST_LINE_BYTES / 2
const LOOK_BYTES = 64 * 1024
const LINE_FEED = 10
const RETURN = 13

/**
 * Looks at the start of every 16 MB of a plain file for the end of a line, which reads four
 * thousandths of it.
 *
 * @throws SessionizeError `input_corrupt` that names the line
 */
export async function assertLinesFit(files: readonly SourceFile[]): Promise<void> {
  for (const file of files) {
    if (file.compression !== 'none' || file.remote === true) continue
    if (file.bytes <= LONGEST_LINE_BYTES) continue
    if (await holdsLongStretch(file)) await assertEachFits(file)
  }
}

async function holdsLongStretch({ path, bytes }: SourceFile): Promise<boolean> {
  const handle = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(LOOK_BYTES)
    for (let at = 0; at + STRETCH_BYTES <= bytes; at += STRETCH_BYTES) {
      if (!(await lineEnds(handle, at, buffer))) return true
    }
    return false
  } finally {
    await handle.close()
  }
}

/** Whether a line ends within the stretch; nearly always in its first bytes. */
async function lineEnds(handle: FileHandle, start: number, buffer: Buffer): Promise<boolean> {
  for (let at = start; at < start + STRETCH_BYTES; at += buffer.length) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at)
    const seen = buffer.subarray(0, bytesRead)
    if (seen.includes(LINE_FEED) || seen.includes(RETURN)) return true
    if (bytesRead === 0) return false
  }
  return false
}

/** Goes through a whole file, for a stretch may belong to a line that just fits. */
async function assertEachFits(file: SourceFile): Promise<void> {
  const lengths = new LineLengths()
  for await (const chunk of contentOf(file)) lengths.add(chunk)
  if (lengths.tooLong) throw await longLine(file)
}

/** Follows a stream for the length of its longest line. */
export class LineLengths {
  private open = 0
  private longest = 0

  add(chunk: Buffer): void {
    const first = firstEnd(chunk)
    if (first < 0) this.open += chunk.length
    else {
      this.longest = Math.max(this.longest, this.open + first)
      // Lines within a chunk are shorter than it.
      this.open = chunk.length - 1 - lastEnd(chunk)
    }
    this.longest = Math.max(this.longest, this.open)
  }

  get tooLong(): boolean {
    return this.longest > LONGEST_LINE_BYTES
  }
}

/** The error for a file that is known to hold such a line: finds which one it is. */
export async function longLine(file: SourceFile): Promise<SessionizeError> {
  let line = 1
  let length = 0
  for await (const chunk of contentOf(file)) {
    for (let from = 0; from < chunk.length; ) {
      const end = nextEnd(chunk, from)
      length += (end < 0 ? chunk.length : end) - from
      if (length > LONGEST_LINE_BYTES) return tooLong(file.label, line)
      if (end < 0) break
      line++
      length = 0
      from = end + 1
    }
  }
  return tooLong(file.label)
}

/** @param line 1-based, the header counted */
export const tooLong = (label: string, line?: number): SessionizeError =>
  new SessionizeError(
    'input_corrupt',
    `${label} has a line of more than 32 MB${line === undefined ? '' : `, line ${line}`}, which cannot be read.`,
    { hint: 'Ends of lines may be missing. Take the line out, or write such rows as NDJSON.' },
  )

const nextEnd = (chunk: Buffer, from: number): number => {
  const feed = chunk.indexOf(LINE_FEED, from)
  return feed >= 0 ? feed : chunk.indexOf(RETURN, from)
}

const firstEnd = (chunk: Buffer): number => nextEnd(chunk, 0)

const lastEnd = (chunk: Buffer): number => {
  const feed = chunk.lastIndexOf(LINE_FEED)
  return feed >= 0 ? feed : chunk.lastIndexOf(RETURN)
}
