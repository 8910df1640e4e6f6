/**
 * Whether the files of a state are those that its manifest names, bit by bit, and a copy of those
 * that a reader needs. A reader takes no lock, so that runs can read at once, and what cannot be
 * written can be read. It works on its copy, so that what it has checked is what it reads, and no
 * later run can take it away.
 */
import { constants } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SessionizeError } from '../errors/errors.js'
import { readFailure } from '../sources/failures.js'
import type { Workspace } from '../sources/workspace.js'
import { contentOf } from './content.js'
import { damaged, filesOf, type Manifest, readManifest, type SegmentFile } from './manifest.js'

/** A reader that is overtaken so often gives up. */
const TRIES = 50

/**
 * Uses a manifest and its segments. Those that a newer manifest has replaced may be gone already:
 * then it starts again from the newer one.
 *
 * @returns undefined when there is no state
 * @throws SessionizeError `state_damaged`, `state_in_use`
 */
export async function ofWhole<T>(
  directory: string,
  use: (manifest: Manifest) => Promise<T>,
): Promise<T | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const manifest = readManifest(directory)
    if (manifest === undefined) return undefined
    try {
      return await use(manifest)
    } catch (error) {
      if (!(error instanceof SessionizeError) || error.code !== 'state_damaged') throw error
      const now = readManifest(directory)
      if (JSON.stringify(now) === JSON.stringify(manifest)) throw error
    }
  }
  throw new SessionizeError('state_in_use', `The state in ${directory} changes all the time.`, {
    hint: 'Wait until the runs that write to it have finished.',
  })
}

export interface Whole {
  readonly manifest: Manifest
  /** Where its files lie. */
  readonly folder: string
}

/** What an answer is made of: the blocks that count, as they are at this moment. */
export const copied = (
  directory: string,
  workspace: Workspace,
  signal: AbortSignal | undefined,
): Promise<Whole | undefined> =>
  ofWhole(directory, async (manifest) => {
    const folder = workspace.path()
    await mkdir(folder)
    for (const file of manifest.segments.flatMap(blockFiles)) {
      signal?.throwIfAborted()
      await assertWhole(directory, file, join(folder, file.name))
    }
    return { manifest, folder }
  })

const blockFiles = ({ blocks, voided }: Manifest['segments'][number]): SegmentFile[] =>
  voided === null ? [blocks] : [blocks, voided]

/** @throws SessionizeError `state_damaged` */
export async function assertAllWhole(directory: string, { segments }: Manifest): Promise<void> {
  for (const file of segments.flatMap(filesOf)) await assertWhole(directory, file)
}

/** @param copy where a copy goes, which is then what is looked at */
async function assertWhole(directory: string, file: SegmentFile, copy?: string): Promise<void> {
  const fault = await faultOf(directory, file, copy)
  if (fault !== undefined) throw damaged(directory, fault)
}

/** What is wrong with a file, if anything. */
export async function faultOf(
  directory: string,
  { name, bytes, sha256 }: SegmentFile,
  copy?: string,
): Promise<string | undefined> {
  const path = join(directory, name)
  try {
    // Where the file system can, the copy shares what is on disk.
    if (copy !== undefined) await copyFile(path, copy, constants.COPYFILE_FICLONE)
    const found = await contentOf(copy ?? path)
    if (found.bytes !== bytes) return `${name} has ${found.bytes} bytes instead of ${bytes}`
    return sha256 === null || found.sha256 === sha256
      ? undefined
      : `${name} is not as it was written`
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return `${name} is missing`
    }
    throw readFailure(`${name} of the state in ${directory}`, error)
  }
}
