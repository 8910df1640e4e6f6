/** What the system says when something cannot be written, in words. */
import { SessionizeError } from '../errors/errors.js'

export interface Writing {
  /** `out.csv`, or `the checkpoint cp`. */
  readonly what: string
  /** What to do where it cannot be written: `choose another path with --output`. */
  readonly otherwise: string
}

/** An error of ours stays as it is. */
export function unwritable({ what, otherwise }: Writing, why: unknown): SessionizeError {
  if (why instanceof SessionizeError) return why
  const code = why instanceof Error && 'code' in why ? String(why.code) : ''
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return diskFull({ what, otherwise }, why)
  }
  const reason = WHY[code] ?? (why instanceof Error ? why.message : String(why))
  return new SessionizeError('output_unwritable', `Cannot write ${what}: ${reason}.`, {
    hint: `${otherwise.charAt(0).toUpperCase()}${otherwise.slice(1)}.`,
    cause: why,
  })
}

export const diskFull = ({ what, otherwise }: Writing, cause: unknown): SessionizeError =>
  new SessionizeError('disk_full', `Cannot write ${what}: the disk is full.`, {
    hint: `Free some space, or ${otherwise}.`,
    cause,
  })

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'the name is too long',
  EBUSY: 'it is in use, or mounted by itself',
  EMFILE: 'too many files are open (see `ulimit -n`)',
  ENFILE: 'too many files are open on this machine',
  EFBIG: 'it would be larger than a file may be (see `ulimit -f`)',
  EIO: 'the disk failed',
  EPIPE: 'its reader has left',
}
