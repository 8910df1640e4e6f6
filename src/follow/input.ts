/** Where a stream's bytes come from: a pipe, or a file from a position on. */
import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { SessionizeError } from '../errors/errors.js'
import { type Bytes, PeekedBytes } from '../sources/bytes.js'
import { asUtf8, encodingOf } from '../sources/encoding.js'
import { readFailure } from '../sources/failures.js'
import { buffers, gunzippedLive } from '../sources/gzip.js'

/** They say whether it is packed. */
const FIRST_BYTES = 4

/** The start by which an input is known again. */
const KNOWN_BYTES = 4_096

export interface StreamInput {
  /** As the user would name it. */
  readonly label: string
  /**
   * Bytes from a position on, unpacked and as UTF-8. A pipe cannot go back: it must give the same
   * stream from its start, of which what comes before the position is skipped.
   *
   * @param known of the first bytes, as `InputStart` made it; checked where it is given.
   */
  read(position: number, known: string | undefined): AsyncIterable<Buffer>
}

export function pipeInput(stream: Readable): StreamInput {
  const label = '(stdin)'
  return {
    label,
    read: (position, known) => after(position, known, label, decoded(buffers(stream), label)),
  }
}

export function fileInput(path: string): StreamInput {
  return {
    label: path,
    async *read(position, known) {
      // Only text can be read from its middle on.
      if (await isPacked(path)) {
        yield* after(position, known, path, decoded(chunksOf(path, 0), path))
        return
      }
      if (known !== undefined) assertKnown(startOf(path, position), known, path)
      yield* chunksOf(path, position)
    },
  }
}

async function* chunksOf(path: string, start: number): AsyncGenerator<Buffer> {
  try {
    yield* buffers(createReadStream(path, { start, highWaterMark: 256 * 1024 }))
  } catch (error) {
    throw unreadable(path, error)
  }
}

async function isPacked(path: string): Promise<boolean> {
  for await (const chunk of chunksOf(path, 0)) {
    const head = chunk.subarray(0, FIRST_BYTES)
    return isGzip(head) || isUtf16(head)
  }
  return false
}

/** Of a stream that is given from its start, what comes after the position. */
async function* after(
  position: number,
  known: string | undefined,
  label: string,
  bytes: Bytes,
): AsyncGenerator<Buffer> {
  const start = new InputStart()
  let at = 0
  for await (const chunk of bytes) {
    if (at < position) {
      start.add(chunk.subarray(0, position - at))
      if (known !== undefined && at + chunk.length >= position) assertKnown(start, known, label)
    }
    at += chunk.length
    if (at > position) yield chunk.subarray(Math.max(0, chunk.length - (at - position)))
  }
}

const isGzip = (head: Buffer): boolean => head[0] === 0x1f && head[1] === 0x8b
const isUtf16 = (head: Buffer): boolean => encodingOf(head).startsWith('utf-16')

/** As text in UTF-8: gzip is taken off as it comes. */
async function* decoded(bytes: Bytes, label: string): AsyncGenerator<Buffer> {
  const packed = await PeekedBytes.of(bytes, FIRST_BYTES)
  try {
    const plain = isGzip(packed.head)
      ? await PeekedBytes.of(gunzippedLive(packed.all(), label), FIRST_BYTES)
      : packed
    const encoding = encodingOf(plain.head)
    yield* encoding.startsWith('utf-16') ? asUtf8(plain.all(), encoding) : plain.all()
  } catch (error) {
    throw readFailure(label, error)
  } finally {
    await packed.close()
  }
}

/** A digest of an input's first bytes, of as many as were consumed. */
export class InputStart {
  private readonly chunks: Buffer[] = []
  private bytes = 0

  add(chunk: Buffer): void {
    if (this.bytes >= KNOWN_BYTES) return
    const part = chunk.subarray(0, KNOWN_BYTES - this.bytes)
    this.chunks.push(Buffer.from(part))
    this.bytes += part.length
  }

  /** @param consumed how much of the input it stands for. */
  digest(consumed: number): string {
    const bytes = Buffer.concat(this.chunks).subarray(0, Math.min(consumed, KNOWN_BYTES))
    return `${bytes.length}:${createHash('sha256').update(bytes).digest('hex')}`
  }
}

function startOf(path: string, position: number): InputStart {
  const start = new InputStart()
  try {
    if (statSync(path).size < position) throw changed(path)
    const file = openSync(path, 'r')
    try {
      const bytes = Buffer.alloc(Math.min(position, KNOWN_BYTES))
      start.add(bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0)))
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw error instanceof SessionizeError ? error : unreadable(path, error)
  }
  return start
}

function assertKnown(start: InputStart, known: string, label: string): void {
  const [length = '0'] = known.split(':')
  if (start.digest(Number(length)) !== known) throw changed(label)
}

const changed = (label: string): SessionizeError =>
  new SessionizeError(
    'input_changed',
    `${label} is not the stream that the checkpoint was made from.`,
    {
      hint: 'Give the same stream from its start, or delete the checkpoint to begin a new one.',
    },
  )

function unreadable(path: string, cause: unknown): SessionizeError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT') {
    return new SessionizeError('input_missing', `No file ${path}.`, {
      hint: 'Check the name; a path is relative to the folder you are in.',
      cause,
    })
  }
  if (code === 'EISDIR') {
    return new SessionizeError(
      'input_unreadable',
      `${path} is a folder, and a stream is one file.`,
      {
        hint: 'Name a file in it, or take all of it without `follow`.',
        cause,
      },
    )
  }
  return readFailure(path, cause)
}
