/** The standard streams of a process, and what their failures mean. */
import { fstatSync } from 'node:fs'
import { Readable } from 'node:stream'
import { SessionizeError } from '../errors/errors.js'
import type { Terminal } from './terminal.js'

/** Of a folder the runtime makes an empty stream; here reading it is an error. */
export const standardInput = (process: { readonly stdin: Terminal['stdin'] }): Terminal['stdin'] =>
  isFolder(0) ? new Readable({ read: refuseFolder }) : process.stdin

function isFolder(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isDirectory()
  } catch {
    // What cannot be looked at may still be read.
    return false
  }
}

function refuseFolder(this: Readable): void {
  this.destroy(
    new SessionizeError('input_unreadable', 'Standard input is a folder.', {
      hint: 'Give the name of a folder or a file without `<`, or pipe the content of a file in.',
    }),
  )
}

/** `| head`: the reader closed the pipe. A stream destroyed because of that fails once more. */
export const isReaderGone = (error: Error): boolean =>
  'code' in error && ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED'].includes(String(error.code))

export function stdoutFailure(error: Error): SessionizeError {
  if (error instanceof SessionizeError) return error
  const code = 'code' in error ? String(error.code) : ''
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new SessionizeError('disk_full', 'Cannot write to standard output: the disk is full.', {
        hint: 'Free some space, or write elsewhere with --output.',
        cause: error,
      })
    : new SessionizeError(
        'output_unwritable',
        `Cannot write to standard output: ${error.message}.`,
        { cause: error },
      )
}

/**
 * Watches standard output and error of a process, whose failures would otherwise end it with a
 * stack trace.
 *
 * @returns what has happened to standard output so far
 */
export function watchStreams(
  { stdout, stderr }: Pick<Terminal, 'stdout' | 'stderr'>,
  onReaderGone: () => void,
): () => SessionizeError | undefined {
  let failure: SessionizeError | undefined
  stdout.on('error', (error: Error) => {
    if (isReaderGone(error)) onReaderGone()
    else failure ??= stdoutFailure(error)
  })
  // There is nowhere left to say it.
  stderr.on('error', () => undefined)
  return () => failure
}
