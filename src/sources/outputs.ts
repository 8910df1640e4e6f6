/**
 * What a run writes, held against what it reads: an output that is an input would destroy it. A
 * file that the user names is never replaced. One that is found in a folder or by a glob is passed
 * over where it was written by this program, and is not replaced either where it holds events.
 */
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SessionizeError } from '../errors/errors.js'
import { type Identity, identityOf, isSame } from '../files/identity.js'
import { followed } from '../files/replacement.js'
import type { Together } from '../files/together.js'
import { HEAD_BYTES } from './bytes.js'
import { readFailure } from './failures.js'
import { isMarker, isMergedIds } from './members.js'
import { isOwnTable } from './own-tables.js'
import { sniff } from './sniff.js'

/** Something that a run writes. */
export interface Output {
  /** `--output`, `Standard output`. */
  readonly name: string
  /** As it was given. */
  readonly label: string
  /** Without links; undefined where it has no name in a folder. */
  readonly path: string | undefined
  /** Undefined while there is nothing. */
  readonly identity: Identity | undefined
}

/** All that a run writes. */
export interface Outputs {
  readonly files: readonly Output[]
  /** Folders that are written, as that of a state: nothing in them is an event of this run. */
  readonly folders: readonly Output[]
  /** That which comes into its place with the others, when all is written. */
  readonly together?: Together
  /** Told of an output that lies where inputs are looked for. */
  readonly say: (message: string) => void
}

export const outputAt = (name: string, path: string): Output => {
  const place = followed(path)
  return { name, label: path, path: place, identity: identityOf(place) }
}

/** A file that is read. */
export interface Input {
  readonly label: string
  /** `events`, `the baseline`. */
  readonly what: string
  readonly identity: Identity | undefined
}

export const inputAt = (label: string, what: string): Input => ({
  label,
  what,
  identity: identityOf(label),
})

/**
 * That no two outputs are one file, that none is in a folder that is written, and none is an input.
 *
 * @throws SessionizeError `usage`
 */
export function assertApart(
  files: readonly Output[],
  folders: readonly Output[],
  inputs: readonly Input[],
): void {
  for (const [i, file] of files.entries()) {
    const before = files.slice(0, i)
    if (before.some((one) => isSame(one.identity, file.identity) || one.path === file.path)) {
      throw new SessionizeError('usage', `Two outputs cannot both go to ${file.label}.`, {
        hint: 'Give each a path of its own.',
      })
    }
    const folder = file.path === undefined ? undefined : identityOf(dirname(file.path))
    const state = folders.find(({ identity }) => isSame(identity, folder))
    if (state !== undefined) {
      throw new SessionizeError('usage', `${file.name} lies in the folder of ${state.name}.`, {
        hint: 'Name a file somewhere else: a state keeps nothing but its own files.',
      })
    }
    const input = inputs.find(({ identity }) => isSame(identity, file.identity))
    if (input !== undefined) throw overwrites(file, input.label, input.what)
  }
}

const overwrites = ({ name }: Output, label: string, what: string): SessionizeError =>
  new SessionizeError('usage', `${name} would overwrite ${label}, which is read as ${what}.`, {
    hint: 'Name another file to write to.',
  })

/**
 * Whether a file that a folder or a glob holds is to be passed over.
 *
 * @throws SessionizeError `usage` when it would be read as events, and be overwritten
 */
export async function isOutput(
  { path, label, name, named }: FoundFile,
  { files, say }: Outputs,
): Promise<boolean> {
  const identity = identityOf(path)
  const output = files.find((one) => isSame(one.identity, identity))
  if (output === undefined) return false
  if (named) throw overwrites(output, label, 'events')
  const content = await look(path, name).catch((error: unknown) => {
    throw readFailure(label, error)
  })
  if (content === 'events') throw overwrites(output, label, 'events')
  if (content === 'ours') say(passedOver(label, output))
  return true
}

interface FoundFile {
  readonly path: string
  readonly label: string
  readonly name: string
  readonly named: boolean
}

/** Whether a folder is one that the run writes. Said, as are files. */
export function isWritten(path: string, { folders, say }: Outputs): boolean {
  const identity = identityOf(path)
  const folder = folders.find((one) => isSame(one.identity, identity))
  if (folder !== undefined) say(passedOver(path, folder))
  return folder !== undefined
}

/** Says of outputs that are not there yet that they would be found among the inputs. */
export function sayNew({ files, say }: Outputs, isFound: (path: string) => boolean): void {
  for (const output of files) {
    const { label, path, identity } = output
    if (path !== undefined && identity === undefined && isFound(path)) {
      say(passedOver(label, output))
    }
  }
}

const passedOver = (label: string, { name }: Output): string =>
  `${label} is written by this run (${name}), so it is not read as events.`

/** What is in a file that the run is about to replace. */
async function look(path: string, name: string): Promise<'ours' | 'events' | 'other'> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const head = Buffer.alloc(Math.min(HEAD_BYTES, size))
    await file.read(head, 0, head.length, 0)
    const complete = size <= HEAD_BYTES
    const seen = sniff({ head, complete }, name)
    if (await isOwnTable(file, size, seen)) return 'ours'
    switch (seen.kind) {
      case 'empty':
      case 'foreign':
      case 'markup':
      case 'unknown':
        return 'other'
      case 'text':
        if (complete && isMarker(name, size)) return 'other'
        return seen.sure || isMergedIds(name, seen.head) ? 'events' : 'other'
      default:
        return 'events'
    }
  } finally {
    await file.close()
  }
}
