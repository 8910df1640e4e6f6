import { SessionizeError } from '../errors/errors.js'

const EXPORT_AGAIN = 'It was cut short or damaged on the way: export or copy it again.'

export const corrupt = (
  label: string,
  what: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): SessionizeError =>
  new SessionizeError('input_corrupt', `${label} ${what}.`, { hint: EXPORT_AGAIN, ...options })

/** An archive that asks for more than it is trusted with. */
export const refused = (message: string): SessionizeError =>
  new SessionizeError('archive_refused', message, {
    hint: 'If you trust it, unpack it yourself and give the folder.',
  })

export const unsafeName = (label: string, what: string): SessionizeError =>
  refused(`${label} has a member whose name leads out of the archive (${what}).`)

/** An error of the operating system or of zlib, met on the way of one file. */
export function readFailure(label: string, error: unknown): SessionizeError {
  if (error instanceof SessionizeError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'Z_BUF_ERROR':
      return corrupt(label, 'is cut short: its compressed data ends early', { cause: error })
    case 'Z_DATA_ERROR':
      return damaged(label, error)
    case 'ENOSPC':
    case 'EDQUOT':
      return new SessionizeError('disk_full', `The disk is full: cannot unpack ${label}.`, {
        hint: 'Free some space, or name a larger disk with --temp-dir.',
        cause: error,
      })
    case 'EACCES':
    case 'EPERM':
      return new SessionizeError('input_unreadable', `Cannot read ${label}: permission denied.`, {
        hint: 'Check who may read it.',
        cause: error,
      })
    case 'EMFILE':
    case 'ENFILE':
      return new SessionizeError('input_unreadable', `Too many open files at ${label}.`, {
        hint: 'Raise the limit with `ulimit -n 4096`.',
        cause: error,
      })
    default: {
      const message = error instanceof Error ? error.message : String(error)
      return new SessionizeError('input_unreadable', `Cannot read ${label}: ${message}.`, {
        hint: 'Check that the path exists and can be read.',
        cause: error,
      })
    }
  }
}

/** zlib's own words, sorted by what happened. */
function damaged(label: string, cause: unknown): SessionizeError {
  const message = cause instanceof Error ? cause.message : ''
  if (/incorrect (data|length) check/.test(message)) {
    return corrupt(label, 'is damaged: its data does not match its checksum', { cause })
  }
  // Its first header was right, or it would not have been taken for gzip.
  if (/header|compression method/.test(message)) {
    return corrupt(label, 'is damaged, or has other bytes after the end of its gzip data', {
      cause,
    })
  }
  return corrupt(label, 'is damaged: its compressed data cannot be read', { cause })
}
