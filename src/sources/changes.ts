import { stat } from 'node:fs/promises'
import { SessionizeError } from '../errors/errors.js'
import { readFailure } from './failures.js'
import type { SourceFile } from './source.js'

/** Size and time of change of files on disk, by path. */
export type Fingerprint = ReadonlyMap<string, { readonly size: number; readonly mtimeMs: number }>

type OnDisk = Pick<SourceFile, 'label' | 'path' | 'remote'>

/** Taken before reading; URLs are left out, as nothing here can see them change. */
export async function fingerprint(files: readonly OnDisk[]): Promise<Fingerprint> {
  const taken = new Map<string, { size: number; mtimeMs: number }>()
  for (const { label, path, remote } of files) {
    if (remote === true) continue
    try {
      const { size, mtimeMs } = await stat(path)
      taken.set(path, { size, mtimeMs })
    } catch (error) {
      throw readFailure(label, error)
    }
  }
  return taken
}

/** Checked after reading: figures from a file that changed meanwhile belong to no state of it. */
export async function assertUnchanged(
  files: readonly OnDisk[],
  before: Fingerprint,
): Promise<void> {
  for (const { label, path } of files) {
    const then = before.get(path)
    if (then === undefined) continue
    const now = await stat(path).catch(() => undefined)
    if (now?.size !== then.size || now.mtimeMs !== then.mtimeMs) {
      throw inputChanged(label, now === undefined ? 'removed' : 'changed')
    }
  }
}

export const inputChanged = (label: string, how: 'changed' | 'removed'): SessionizeError =>
  new SessionizeError('input_changed', `${label} was ${how} while it was being read.`, {
    hint: 'Wait until its writer has finished, or read a copy.',
  })
