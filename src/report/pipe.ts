/** Files passed on to a pipe or a device. */
import { closeSync, constants, createReadStream, openSync, writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

const RETRY_MILLIS = 5

/**
 * Copies a file to a pipe or a device without ever blocking the process, which would then be deaf
 * to signals. A reader that leaves early has seen enough: that is no error.
 */
export async function passOn(from: string, to: string): Promise<void> {
  const pipe = await retried('ENXIO', () =>
    openSync(to, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK),
  )
  try {
    for await (const chunk of createReadStream(from)) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('a byte stream gave text')
      let written = 0
      while (written < chunk.length) {
        written += await retried('EAGAIN', () => writeSync(pipe, chunk, written))
      }
    }
  } catch (error) {
    if (codeOf(error) !== 'EPIPE') throw error
  } finally {
    closeSync(pipe)
  }
}

/** ENXIO: a named pipe has no reader yet. EAGAIN: the reader is behind. */
async function retried<T>(code: string, attempt: () => T): Promise<T> {
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (codeOf(error) !== code) throw error
      await pause(RETRY_MILLIS)
    }
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined
