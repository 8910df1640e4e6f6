/**
 * How a file comes to be: written whole beside its place, under a name that nobody can guess, and
 * renamed into it once it is on disk. Whatever happens, the old file is there or the new one is.
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { OWNER, ownerMark, removeLeftovers } from './leftovers.js'
import { unwritable, type Writing } from './unwritable.js'

const ENDING = String.raw`\.${OWNER}-[0-9a-f]{16}\.partial$`
const PARTIAL = new RegExp(`^\\..*${ENDING}`, 's')
const ENDS = new RegExp(`^${ENDING}`)

/** File systems take names of 255 bytes; this leaves room for what makes it a partial's name. */
const LONGEST_STEM_BYTES = 200

/** What a file is written in pieces of, at the least: one call of the system for each. */
const PIECE_CHARACTERS = 1024 * 1024

/** Whether a name is that of a file on its way into its place. */
export const isPartial = (name: string): boolean => PARTIAL.test(name)

/** Whether a name is that of a file on its way to this one, of this run or of one that was killed. */
export function isPartialOf(name: string, finalName: string): boolean {
  const beginning = `.${stemOf(finalName)}`
  return name.startsWith(beginning) && ENDS.test(name.slice(beginning.length))
}

/** A file on its way into its place. */
export class Replacement {
  private constructor(
    readonly finalPath: string,
    /** Empty at first. Write here. */
    readonly path: string,
    /** What is in its place until then. */
    private readonly before: Stats | undefined,
  ) {}

  /**
   * What dead runs left in the folder goes first. While it is written nobody can read it who cannot
   * read what it replaces.
   *
   * @param isPrivate whether a file that is new is for its owner only
   */
  static beside(finalPath: string, isPrivate = false): Replacement {
    const folder = dirname(finalPath)
    removeLeftovers(folder, PARTIAL, 'file')
    const before = statSync(finalPath, { throwIfNoEntry: false })
    const path = join(folder, partialName(basename(finalPath)))
    // Never what is there already: in a folder of several users that may be a link to anything.
    const file = openSync(path, 'wx', before === undefined && !isPrivate ? 0o666 : 0o600)
    try {
      if (before !== undefined) keepAccess(file, before, 0o600)
      return new Replacement(finalPath, path, before)
    } catch (error) {
      rmSync(path, { force: true })
      throw error
    } finally {
      closeSync(file)
    }
  }

  /** After this the new file is there, or it throws and the old one is. */
  commit(): void {
    const file = openSync(this.path, 'r+')
    try {
      if (this.before !== undefined) keepAccess(file, this.before)
      // On disk before the old file gives way to it, or a power cut could leave neither.
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(this.path, this.finalPath)
    syncFolder(dirname(this.finalPath))
  }

  /** Leaves whatever was there before. */
  discard(): void {
    rmSync(this.path, { force: true })
  }
}

/**
 * Replaces a file by what the pieces are together, or throws and leaves it as it was. A link stays a
 * link: it is the file that it leads to which is replaced.
 *
 * @throws SessionizeError `output_unwritable` or `disk_full`
 */
export function replaceFile(
  path: string,
  pieces: Iterable<string>,
  writing: Writing & { readonly isPrivate?: boolean },
): void {
  let replacement: Replacement | undefined
  try {
    replacement = Replacement.beside(followed(path), writing.isPrivate)
    const file = openSync(replacement.path, 'r+')
    try {
      let text = ''
      for (const piece of pieces) {
        text += piece
        if (text.length < PIECE_CHARACTERS) continue
        writeWhole(file, text)
        text = ''
      }
      writeWhole(file, text)
    } finally {
      closeSync(file)
    }
    replacement.commit()
  } catch (error) {
    replacement?.discard()
    throw isOfSystem(error) ? unwritable(writing, error) : error
  }
}

const isOfSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error

/** A disk that is nearly full takes a part, and says so only when asked for the rest. */
function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
}

/** Where the bytes of a name lie: of a link, in the file that it leads to, there already or not. */
export function followed(path: string): string {
  const whole = resolve(path)
  try {
    return realpathSync(whole)
  } catch {
    const isLink = lstatSync(whole, { throwIfNoEntry: false })?.isSymbolicLink() === true
    return isLink ? resolve(dirname(whole), readlinkSync(whole)) : whole
  }
}

/**
 * A new file for others to write to, which its owner alone can read, or whoever can read the file
 * that it belongs to.
 */
export function createBeside(path: string, like: string): void {
  const mode = statSync(like, { throwIfNoEntry: false })?.mode ?? 0o600
  rmSync(path, { force: true })
  const file = openSync(path, 'wx', 0o600)
  try {
    fchmodSync(file, (mode & 0o666) | 0o600)
  } finally {
    closeSync(file)
  }
}

/** Makes a file that was written durable. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Names are made durable too, where folders can be opened. The files are whole in any case. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  try {
    const folder = openSync(path, 'r')
    try {
      fsyncSync(folder)
    } finally {
      closeSync(folder)
    }
  } catch {
    // Not every file system can do that to a folder.
  }
}

/** As much of a name as leaves room for an ending. */
export function stemOf(name: string): string {
  let stem = name
  while (Buffer.byteLength(stem) > LONGEST_STEM_BYTES) stem = [...stem].slice(0, -1).join('')
  return stem
}

/** `.sessions.csv.4711-1f3b9c2e-0123456789abcdef.partial` */
const partialName = (name: string): string =>
  `.${stemOf(name)}.${ownerMark()}-${randomBytes(8).toString('hex')}.partial`

/** Replacing a file changes what is in it, not who may read it. */
function keepAccess(file: number, { mode, uid, gid }: Stats, besides = 0): void {
  let kept = mode & 0o777
  try {
    fchownSync(file, uid, gid)
  } catch {
    // Only a superuser can give a file away; the new one is then the user's own.
    try {
      fchownSync(file, -1, gid)
    } catch {
      // And what the old group could do, another must not.
      kept &= 0o707
    }
  }
  fchmodSync(file, kept | besides)
}
