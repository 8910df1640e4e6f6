/**
 * The state of a stream in a file: one line of JSON that says what it belongs to, one per user, and
 * one that says it is whole, with a checksum of all before. It is replaced by renaming, so that a kill leaves the old or the new.
 */
import { createHash } from 'node:crypto'
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SessionizeError } from '../errors/errors.js'
import { Lock } from '../files/lock.js'
import { followed, Replacement, replaceFile, stemOf } from '../files/replacement.js'
import { unwritable, type Writing } from '../files/unwritable.js'
import { isRecord, type Saved } from './saved.js'

const SCHEMA = 'sessionize/follow-checkpoint/v2'
const READ_BYTES = 1024 * 1024

export type CheckpointHeader = Readonly<Record<string, unknown>>

export interface Checkpoint {
  readonly header: CheckpointHeader
  /** Read one by one: all of them at once would take as much memory again as what they become. */
  readonly state: Iterable<unknown>
}

export function writeCheckpoint(
  path: string,
  header: CheckpointHeader,
  state: Iterable<Saved>,
): void {
  replaceFile(path, lines(header, state), { ...writingTo(path), isPrivate: true })
}

function* lines(header: CheckpointHeader, state: Iterable<Saved>): Generator<string> {
  const hash = createHash('sha256')
  const hashed = (value: unknown): string => {
    const line = `${JSON.stringify(value)}\n`
    hash.update(line)
    return line
  }
  yield hashed({ schema: SCHEMA, ...header })
  let lines = 0
  for (const line of state) {
    yield hashed(line)
    lines++
  }
  yield `${JSON.stringify({ lines, sha256: hash.digest('hex') })}\n`
}

/**
 * For one run, by whatever name it is called. A path that will not do is told before the stream is
 * read.
 */
export function lockCheckpoint(path: string): Lock {
  const place = followed(path)
  const { what, otherwise } = writingTo(path)
  try {
    if (statSync(place, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new RangeError('it is a folder')
    }
    Replacement.beside(place, true).discard()
  } catch (cause) {
    throw unwritable({ what, otherwise }, cause)
  }
  return Lock.acquire(join(dirname(place), `.${stemOf(basename(place))}.lock`), {
    what: `The checkpoint ${path}`,
    otherwise,
    code: 'output_in_use',
  })
}

const writingTo = (path: string): Writing => ({
  what: `the checkpoint ${path}`,
  otherwise: 'choose another path with --checkpoint',
})

/** Undefined when there is none yet. */
export function readCheckpoint(path: string): Checkpoint | undefined {
  if (!existsSync(path)) return undefined
  const { header, end, lines, sha256 } = examine(path)
  if (!isRecord(header) || !isRecord(end)) throw damaged(path, 'is damaged')
  if (header['schema'] !== SCHEMA) {
    throw new SessionizeError('input_corrupt', `${path} is not a checkpoint of this version.`, {
      hint: 'One of an earlier version cannot be taken up. Name another file with --checkpoint, or delete it to start over.',
    })
  }
  if (end['lines'] !== lines) throw damaged(path, 'is cut short')
  if (end['sha256'] !== sha256) throw damaged(path, 'is not as it was written')
  return { header, state: stateOf(path, lines) }
}

const damaged = (path: string, how: string, cause?: unknown): SessionizeError =>
  new SessionizeError('input_corrupt', `The checkpoint ${path} ${how}.`, {
    hint: 'Put back a copy, or delete it to start over; the sessions are then written anew.',
    cause,
  })

/** What a file says at its ends, with the number and the checksum of its lines. */
function examine(path: string): {
  header: unknown
  end: unknown
  /** Between the header and the end. */
  lines: number
  sha256: string
} {
  const hash = createHash('sha256')
  let [header, end]: unknown[] = []
  let count = 0
  /** The last line is not part of the sum that it tells. */
  let before: string | undefined
  for (const line of linesOf(path)) {
    if (before !== undefined) hash.update(`${before}\n`)
    before = line
    end = parsedLine(path, line)
    if (count++ === 0) header = end
  }
  return { header, end, lines: count - 2, sha256: hash.digest('hex') }
}

/** The lines between the header and the end. */
function* stateOf(path: string, count: number): Generator<unknown> {
  let at = 0
  for (const line of linesOf(path)) {
    if (at > count) return
    if (at++ > 0) yield parsedLine(path, line)
  }
}

/** Bytes that are no text become other text, which the checksum does not fit. */
function* linesOf(path: string): Generator<string> {
  const file = openSync(path, 'r')
  try {
    let begun: Buffer[] = []
    for (;;) {
      const chunk = Buffer.alloc(READ_BYTES)
      const bytes = chunk.subarray(0, readSync(file, chunk, 0, chunk.length, null))
      let from = 0
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
        yield Buffer.concat([...begun, bytes.subarray(from, end)]).toString()
        begun = []
        from = end + 1
      }
      if (from < bytes.length) begun.push(bytes.subarray(from))
      if (bytes.length > 0) continue
      if (begun.length > 0) yield Buffer.concat(begun).toString()
      return
    }
  } finally {
    closeSync(file)
  }
}

function parsedLine(path: string, line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw damaged(path, 'is damaged', error)
  }
}
