/** The standard streams of a process, and what their failures mean. */
import { SessionizeError } from '../errors/errors.js'
import type { Terminal } from './terminal.js'

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
