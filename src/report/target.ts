import { accessSync, constants, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { SessionizeError } from '../errors/errors.js'
import { followed, Replacement } from '../files/replacement.js'
import type { Placed, Together } from '../files/together.js'
import { diskFull, unwritable, type Writing } from '../files/unwritable.js'
import { Workspace } from '../sources/workspace.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { passOn } from './pipe.js'

/**
 * A file to be written whole or not at all. Opened before the work, so that a bad path fails
 * early; written beside its final name; renamed when complete. A pipe or a device, which cannot be
 * replaced by renaming, gets the complete bytes at the end.
 */
export class Target implements Placed {
  private static readonly open = new Set<Target>()
  private constructor(
    /** As it was given. */
    private readonly label: string,
    readonly finalPath: string,
    /** Write here. */
    readonly path: string,
    /** In a workspace where nothing can be written beside the final path. */
    private readonly aside: Replacement | Workspace,
  ) {}

  /** @throws SessionizeError `output_unwritable`, or `usage` when it is being written already. */
  static create(path: string): Target {
    const finalPath = isStream(path) ? resolve(path) : followed(path)
    if ([...Target.open].some((other) => other.finalPath === finalPath)) {
      throw new SessionizeError('usage', `Two outputs cannot both go to ${path}.`, {
        hint: 'Give each a path of its own.',
      })
    }
    const target = Target.opened(path, finalPath)
    if (Target.open.size === 0) process.on('exit', Target.abortAll)
    Target.open.add(target)
    return target
  }

  private static opened(path: string, finalPath: string): Target {
    try {
      const before = statSync(finalPath, { throwIfNoEntry: false })
      if (before?.isDirectory() === true) throw failed(path, 'it is a folder')
      if (before?.isSocket() === true) throw failed(path, 'it is a socket')
      if (before !== undefined) accessSync(finalPath, constants.W_OK)
      if (isStream(finalPath)) {
        const workspace = Workspace.create()
        return new Target(path, finalPath, workspace.path(), workspace)
      }
      const replacement = Replacement.beside(finalPath)
      return new Target(path, finalPath, replacement.path, replacement)
    } catch (error) {
      throw failed(path, error)
    }
  }

  /**
   * @param together with what it comes into its place, when that is its turn
   * @throws SessionizeError `output_unwritable` or `disk_full`; then nothing has changed.
   */
  async commit(together?: Together): Promise<void> {
    if (together !== undefined) return together.add(this)
    await this.settle()
    await this.place()
  }

  async settle(): Promise<void> {
    // Waited for here; then nothing is left for which the process would stand still.
    if (this.aside instanceof Replacement) await this.orAbort(onDisk(this.path))
  }

  async place(): Promise<void> {
    const { aside } = this
    await this.orAbort(
      aside instanceof Replacement
        ? Promise.resolve().then(() => aside.commit())
        : passOn(this.path, this.finalPath),
    )
    this.forget()
  }

  private async orAbort(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.abort()
      throw failed(this.label, error)
    }
  }

  /** In words, and about the file that was named, what failed while it was written. */
  failure(error: unknown): unknown {
    if (error instanceof Error && 'syscall' in error && error.syscall === 'write') {
      return failed(this.label, error)
    }
    if (!(error instanceof SessionizeError) || !error.message.includes(this.path)) return error
    // The engine's words name the file that is in the making.
    return error.code === 'disk_full'
      ? diskFull(writing(this.label), error)
      : new SessionizeError(
          error.code,
          error.written.message.replaceAll(this.path, this.label),
          omitUndefined({ cause: error, hint: error.written.hint }),
        )
  }

  /** Leaves whatever was there before. */
  abort(): void {
    rmSync(this.path, { force: true })
    this.forget()
  }

  private forget(): void {
    if (this.aside instanceof Workspace) this.aside.close()
    Target.open.delete(this)
    if (Target.open.size === 0) process.off('exit', Target.abortAll)
  }

  private static readonly abortAll = (): void => {
    for (const target of [...Target.open]) target.abort()
  }
}

/**
 * Opens the file before the work, so that a bad path fails early; leaves nothing after a failure.
 *
 * @param together with what it comes into its place
 * @param isKept which failures leave what was written
 */
export async function withTarget<T>(
  path: string,
  together: Together | undefined,
  use: (target: Target) => Promise<T>,
  isKept: (error: unknown) => boolean = () => false,
): Promise<T> {
  const target = Target.create(path)
  try {
    const result = await use(target)
    await target.commit(together)
    return result
  } catch (error) {
    if (isKept(error)) await target.commit()
    else target.abort()
    throw target.failure(error)
  }
}

async function onDisk(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A pipe or a device, or a name of what the process has open, be it a file: `/dev/fd/3`. */
function isStream(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined || stats.isDirectory()) return false
  return !stats.isFile() || /^\/(dev\/(fd\/|std)|proc\/)/.test(resolve(path))
}

const failed = (path: string, why: unknown): SessionizeError => unwritable(writing(path), why)

const writing = (path: string): Writing => ({
  what: path,
  otherwise: 'choose another path with --output',
})
