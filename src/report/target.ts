import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { SessionizeError } from '../errors/errors.js'
import { OWNER, ownerMark, removeLeftovers } from '../sources/leftovers.js'
import { Workspace } from '../sources/workspace.js'
import { passOn } from './pipe.js'

const LEFTOVER = new RegExp(`^\\..*\\.${OWNER}\\.partial$`)

/** File systems take names of 255 bytes; this leaves room for what makes it a partial's name. */
const LONGEST_STEM_BYTES = 200

/**
 * A file to be written whole or not at all. Opened before the work, so that a bad path fails
 * early; written beside its final name; renamed when complete. A pipe or a device, which cannot be
 * replaced by renaming, gets the complete bytes at the end.
 */
export class Target {
  private static readonly open = new Set<Target>()
  private constructor(
    readonly finalPath: string,
    /** Write here. */
    readonly path: string,
    /** What is at the final path until then. */
    private readonly before: Stats | undefined,
    /** Holds `path` where nothing can be written beside the final path. */
    private readonly workspace?: Workspace,
  ) {}

  /** @throws SessionizeError `output_unwritable`, or `usage` when it is being written already. */
  static create(path: string): Target {
    const finalPath = followed(resolve(path))
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
      if (before?.isDirectory() === true) throw unwritable(path, 'it is a folder')
      if (before?.isSocket() === true) throw unwritable(path, 'it is a socket')
      if (before !== undefined) accessSync(finalPath, constants.W_OK)
      if (isStream(finalPath, before)) {
        const workspace = Workspace.create()
        return new Target(finalPath, workspace.path(), before, workspace)
      }
      const folder = dirname(finalPath)
      removeLeftovers(folder, LEFTOVER, 'file')
      const partial = join(folder, partialName(basename(finalPath)))
      closeSync(openSync(partial, 'w'))
      return new Target(finalPath, partial, before)
    } catch (error) {
      throw unwritable(path, error)
    }
  }

  /** @throws SessionizeError `output_unwritable` or `disk_full`; then nothing has changed. */
  async commit(): Promise<void> {
    try {
      if (this.workspace === undefined) {
        if (this.before !== undefined) keepAccess(this.path, this.before)
        // On disk before the old file gives way to it, or a power cut could leave neither.
        await written(this.path)
        renameSync(this.path, this.finalPath)
        await written(dirname(this.finalPath)).catch(() => {
          // Not every system can do that to a folder. The file is whole in any case.
        })
      } else {
        await passOn(this.path, this.finalPath)
      }
    } catch (error) {
      this.abort()
      throw unwritable(this.finalPath, error)
    }
    this.forget()
  }

  /** In words, an error of the operating system met while writing it; any other as it is. */
  failure(error: unknown): unknown {
    const writing = error instanceof Error && 'syscall' in error && error.syscall === 'write'
    return writing ? unwritable(this.finalPath, error) : error
  }

  /** Leaves whatever was there before. */
  abort(): void {
    rmSync(this.path, { force: true })
    this.forget()
  }

  private forget(): void {
    this.workspace?.close()
    Target.open.delete(this)
    if (Target.open.size === 0) process.off('exit', Target.abortAll)
  }

  private static readonly abortAll = (): void => {
    for (const target of [...Target.open]) target.abort()
  }
}

/** Waits until the system has a file, or the names in a folder, on disk. */
async function written(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A link stays a link: it is the file that it leads to, there already or not, that is written. */
function followed(path: string): string {
  if (isStream(path, statSync(path, { throwIfNoEntry: false }))) return path
  try {
    return realpathSync(path)
  } catch {
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
    return isLink ? resolve(dirname(path), readlinkSync(path)) : path
  }
}

/** A pipe or a device, or a name of what the process has open, be it a file: `/dev/fd/3`. */
const isStream = (path: string, stats: Stats | undefined): boolean =>
  stats !== undefined && !stats.isDirectory() && (!stats.isFile() || /^\/(dev|proc)\//.test(path))

/** `.sessions.csv.4711-1f3b9c2e.partial` */
function partialName(name: string): string {
  let stem = name
  while (Buffer.byteLength(stem) > LONGEST_STEM_BYTES) stem = [...stem].slice(0, -1).join('')
  return `.${stem}.${ownerMark()}.partial`
}

/** Replacing a file changes what is in it, not who may read it. */
function keepAccess(path: string, { mode, uid, gid }: Stats): void {
  try {
    chownSync(path, uid, gid)
  } catch {
    // Only a superuser can give a file away; the new one is then the user's own.
  }
  chmodSync(path, mode & 0o777)
}

function unwritable(path: string, why: unknown): SessionizeError {
  if (why instanceof SessionizeError) return why
  const code = why instanceof Error && 'code' in why ? String(why.code) : ''
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SessionizeError('disk_full', `Cannot write ${path}: the disk is full.`, {
      hint: 'Free some space, or choose another path with --output.',
      cause: why,
    })
  }
  const reason = WHY[code] ?? (why instanceof Error ? why.message : String(why))
  return new SessionizeError('output_unwritable', `Cannot write ${path}: ${reason}.`, {
    hint: 'Choose another path with --output.',
    cause: why,
  })
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'a part of its path is not a folder',
  ENAMETOOLONG: 'the name is too long',
  EBUSY: 'it is in use, or mounted by itself',
  EMFILE: 'too many files are open (see `ulimit -n`)',
  EFBIG: 'it would be larger than a file may be (see `ulimit -f`)',
}
