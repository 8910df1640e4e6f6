/** Where a stream's bytes come from: a pipe, or a file from a position on. */

import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { SessionizeError } from '../errors/errors.js'
import { readFailure } from '../sources/failures.js'

/** The start by which an input is known again. */
const KNOWN_BYTES = 4_096

export interface StreamInput {
  /** As the user would name it. */
  readonly label: string
  /**
   * Bytes from a position on. A pipe cannot go back: it must give the same stream from its start,
   * of which what comes before the position is skipped.
   *
   * @param known of the first bytes, as `InputStart` made it; checked where it is given.
   */
  read(position: number, known: string | undefined): AsyncIterable<Buffer>
}

export function pipeInput(stream: Readable): StreamInput {
  return {
    label: '(stdin)',
    async *read(position, known) {
      const start = new InputStart()
      let at = 0
      for await (const chunk of stream) {
        const bytes: Buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
        if (at < position) {
          start.add(bytes.subarray(0, position - at))
          if (known !== undefined && at + bytes.length >= position)
            assertKnown(start, known, this.label)
        }
        at += bytes.length
        if (at > position) yield bytes.subarray(Math.max(0, bytes.length - (at - position)))
      }
    },
  }
}

export function fileInput(path: string): StreamInput {
  return {
    label: path,
    async *read(position, known) {
      if (known !== undefined) assertKnown(startOf(path, position), known, path)
      try {
        for await (const chunk of createReadStream(path, {
          start: position,
          highWaterMark: 256 * 1024,
        })) {
          yield chunk
        }
      } catch (error) {
        throw unreadable(path, error)
      }
    },
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
