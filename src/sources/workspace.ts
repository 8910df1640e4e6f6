import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { SessionizeError } from '../errors/errors.js'

/**
 * A private temporary folder for spooled input and spilled work, removed by `close` and, if the
 * process ends first, by the exit handler.
 */
export class Workspace {
  private static readonly open = new Set<Workspace>()
  private spooled = 0

  private constructor(readonly directory: string) {}

  static create(parent?: string): Workspace {
    const base = resolve(parent ?? tmpdir())
    let directory: string
    try {
      directory = mkdtempSync(join(base, `sessionize-${process.pid}-`))
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

  close(): void {
    rmSync(this.directory, { recursive: true, force: true })
    Workspace.open.delete(this)
    if (Workspace.open.size === 0) process.off('exit', Workspace.closeAll)
  }

  /** Synchronous, so that an exit handler can call it. */
  private static readonly closeAll = (): void => {
    for (const workspace of [...Workspace.open]) workspace.close()
  }
}
