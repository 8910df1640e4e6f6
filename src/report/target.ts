import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { SessionizeError } from '../errors/errors.js'

/**
 * A file to be written whole or not at all. Opened before the work, so that a bad path fails
 * early; written beside its final name; renamed when complete.
 */
export class Target {
  private static readonly open = new Set<Target>()
  private constructor(
    readonly finalPath: string,
    /** Write here. */
    readonly path: string,
  ) {}

  static create(path: string): Target {
    const finalPath = resolve(path)
    const refuse = (why: string, cause?: unknown): never => {
      throw new SessionizeError('output_unwritable', `Cannot write ${path}: ${why}.`, {
        hint: 'Choose another path with --output.',
        cause,
      })
    }
    if (existsSync(finalPath) && statSync(finalPath).isDirectory()) refuse('it is a folder')
    const target = new Target(
      finalPath,
      join(dirname(finalPath), `.${basename(finalPath)}.${process.pid}.partial`),
    )
    try {
      closeSync(openSync(target.path, 'w'))
    } catch (error) {
      refuse(error instanceof Error ? describe(error) : String(error), error)
    }
    if (Target.open.size === 0) process.on('exit', Target.abortAll)
    Target.open.add(target)
    return target
  }

  commit(): void {
    renameSync(this.path, this.finalPath)
    this.forget()
  }

  /** Leaves whatever was there before. */
  abort(): void {
    rmSync(this.path, { force: true })
    this.forget()
  }

  private forget(): void {
    Target.open.delete(this)
    if (Target.open.size === 0) process.off('exit', Target.abortAll)
  }

  private static readonly abortAll = (): void => {
    for (const target of [...Target.open]) target.abort()
  }
}

function describe(error: Error): string {
  const code = 'code' in error ? String(error.code) : ''
  const known: Record<string, string> = {
    ENOENT: 'its folder does not exist',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the disk is read-only',
    ENOSPC: 'the disk is full',
    ENOTDIR: 'a part of its path is not a folder',
    ENAMETOOLONG: 'the name is too long',
  }
  return known[code] ?? error.message
}
