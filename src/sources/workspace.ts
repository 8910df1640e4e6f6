import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { SessionizeError } from '../errors/errors.js'
import { OWNER, ownerMark, removeLeftovers } from '../files/leftovers.js'

const LEFTOVER = new RegExp(`^sessionize-${OWNER}-[A-Za-z0-9]{6}$`)

/** Whether a folder of this name is one of ours. */
export const isWorkspace = (name: string): boolean => LEFTOVER.test(name)

/**
 * A private temporary folder for spooled input and spilled work, removed by `close` and, if the
 * process ends first, by the exit handler. What a killed process could not remove, the next one
 * does.
 */
export class Workspace {
  private static readonly open = new Set<Workspace>()
  private spooled = 0

  private constructor(readonly directory: string) {}

  static create(parent?: string): Workspace {
    const base = resolve(parent ?? tmpdir())
    removeLeftovers(base, LEFTOVER, 'directory')
    let directory: string
    try {
      directory = mkdtempSync(join(base, `sessionize-${ownerMark()}-`))
    } catch (error) {
      throw new SessionizeError(
        'output_unwritable',
        `Cannot create a temporary folder in ${base}.`,
        {
          hint: 'Name a folder that exists and can be written with --temp-dir.',
          cause: error,
        },
      )
    }
    const workspace = new Workspace(directory)
    if (Workspace.open.size === 0) process.on('exit', Workspace.closeAll)
    Workspace.open.add(workspace)
    return workspace
  }

  /** A path inside the folder that nothing else uses. */
  path(extension = ''): string {
    return join(this.directory, `${String(this.spooled++).padStart(6, '0')}${extension}`)
  }

  /** Never fails: what cannot be removed now is tried again when the process ends. */
  close(): void {
    try {
      // Retried, as work that was given up may just be making a file in it.
      rmSync(this.directory, { recursive: true, force: true, maxRetries: 3, retryDelay: 20 })
    } catch {
      return
    }
    Workspace.open.delete(this)
    if (Workspace.open.size === 0) process.off('exit', Workspace.closeAll)
  }

  /** Synchronous, so that an exit handler can call it. */
  private static readonly closeAll = (): void => {
    for (const workspace of [...Workspace.open]) workspace.close()
  }
}
