/**
 * The state of a stream in a file: one line of JSON that says what it belongs to, one per user, and
 * one that says it is whole. It is replaced by renaming, so that a kill leaves the old or the new.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { SessionizeError } from '../errors/errors.js'
import { LineSplitter } from './lines.js'
import { asNumber, asRecord, parseSaved, type Saved } from './saved.js'

const SCHEMA = 'sessionize/follow-checkpoint/v1'
const WRITE_BYTES = 1024 * 1024
const READ_BYTES = 1024 * 1024

export type CheckpointHeader = Readonly<Record<string, unknown>>

export interface Checkpoint {
  readonly header: CheckpointHeader
  readonly state: readonly unknown[]
}

export function writeCheckpoint(
  path: string,
  header: CheckpointHeader,
  state: Iterable<Saved>,
): void {
  const partial = partialOf(path)
  try {
    const file = openSync(partial, 'w')
    try {
      let text = `${JSON.stringify({ schema: SCHEMA, ...header })}\n`
      let lines = 0
      for (const line of state) {
        text += `${JSON.stringify(line)}\n`
        lines++
        if (text.length > WRITE_BYTES) {
          writeWhole(file, text)
          text = ''
        }
      }
      writeWhole(file, `${text}${JSON.stringify({ lines })}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(partial, path)
    syncFolder(dirname(path))
  } catch (cause) {
    rmSync(partial, { force: true })
    throw unwritable(path, cause)
  }
}

/** A disk that is nearly full takes a part, and says so only when asked for the rest. */
function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
}

/** So that a path that will not do is told before the stream is read. */
export function assertWritable(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new RangeError('it is a folder')
    }
    const partial = partialOf(path)
    closeSync(openSync(partial, 'w'))
    rmSync(partial)
  } catch (cause) {
    throw unwritable(path, cause)
  }
}

const partialOf = (path: string): string => `${path}.partial`

const unwritable = (path: string, cause: unknown): SessionizeError =>
  new SessionizeError('output_unwritable', `Cannot write the checkpoint ${path}.`, {
    hint: 'Choose another path with --checkpoint.',
    cause,
  })

/** The rename itself survives a power cut only when the folder is written too; Windows has no such call. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Undefined when there is none yet. */
export function readCheckpoint(path: string): Checkpoint | undefined {
  if (!existsSync(path)) return undefined
  const values = readValues(path)
  const header = asRecord(values.shift())
  if (header['schema'] !== SCHEMA) {
    throw new SessionizeError('input_corrupt', `${path} is not a checkpoint of this version.`, {
      hint: 'Name another file with --checkpoint, or delete it to start over.',
    })
  }
  const declared = asNumber(asRecord(values.pop())['lines'])
  if (declared !== values.length) {
    throw new SessionizeError('input_corrupt', `The checkpoint ${path} is cut short.`, {
      hint: 'Delete it to start over; the sessions are then written anew.',
    })
  }
  return { header, state: values }
}

/** Line by line: a million users are more text than one string holds. */
function readValues(path: string): unknown[] {
  const values: unknown[] = []
  const lines = new LineSplitter(
    0,
    (line) => values.push(parseSaved(line)),
    () => parseSaved(undefined),
  )
  const file = openSync(path, 'r')
  try {
    const chunk = Buffer.alloc(READ_BYTES)
    for (;;) {
      const bytes = readSync(file, chunk, 0, chunk.length, null)
      if (bytes === 0) break
      lines.push(Buffer.from(chunk.subarray(0, bytes)))
    }
    lines.end()
  } finally {
    closeSync(file)
  }
  return values
}
