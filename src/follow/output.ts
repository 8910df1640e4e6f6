/** Where lines go, and how far they got: a file that can be cut back, or a stream. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { SessionizeError } from '../errors/errors.js'
import { Lock } from '../files/lock.js'
import { followed } from '../files/replacement.js'
import { unwritable, type Writing } from '../files/unwritable.js'

/** A million sessions may close at once: their lines are more than one string holds. */
const MOST_PENDING = 1024 * 1024

export interface LineOutput {
  /** Taken at once; given on by `flush`, or when they are many. */
  write(line: string): void
  /** Waits for a slow reader instead of filling memory. */
  flush(): Promise<void>
  /** After a flush: bytes that are safely written; null where what was written cannot be taken back. */
  position(): number | null
  close(): void
}

class PendingLines {
  private lines: string[] = []
  private length = 0

  /** Whether there are so many that they should be given on. */
  add(line: string): boolean {
    this.lines.push(line)
    this.length += line.length
    return this.length >= MOST_PENDING
  }

  take(): string {
    const text = this.lines.join('')
    this.lines = []
    this.length = 0
    return text
  }
}

export class StreamOutput implements LineOutput {
  private readonly pending = new PendingLines()

  constructor(private readonly stream: Writable) {}

  write(line: string): void {
    if (this.pending.add(line)) this.give()
  }

  async flush(): Promise<void> {
    this.give()
    const { stream } = this
    if (stream.destroyed || !stream.writableNeedDrain) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stream.off('drain', done)
        stream.off('close', done)
        resolve()
      }
      stream.on('drain', done)
      stream.on('close', done)
    })
  }

  private give(): void {
    const text = this.pending.take()
    if (text !== '' && !this.stream.destroyed) this.stream.write(text)
  }

  position(): null {
    return null
  }

  close(): void {}
}

/**
 * What the file held before stays until there is something to write, or nothing more to wait for.
 * One run at a time writes to it, by whatever name it is called.
 */
export class FileOutput implements LineOutput {
  private readonly pending = new PendingLines()
  private written: number
  private readonly file: number
  /** A pipe or a device has no positions, and nothing in it can be taken back. */
  private readonly seekable: boolean
  private readonly lock: Lock | undefined
  private begun = false

  /** @param position what comes after it, from a run that was cut short, is removed. */
  constructor(
    private readonly path: string,
    position: number,
  ) {
    try {
      this.file = openSync(path, position > 0 ? constants.O_RDWR : WITHOUT_CUTTING)
    } catch (cause) {
      throw unwritable(writingTo(path), cause)
    }
    try {
      const stats = fstatSync(this.file, { bigint: true })
      this.seekable = stats.isFile()
      this.lock = this.seekable ? lockOutput(path, stats.ino) : undefined
      if (this.seekable && stats.size < position) {
        this.lock?.release()
        throw new SessionizeError('input_changed', `${path} is shorter than its checkpoint says.`, {
          hint: 'Delete the checkpoint and the output to start over.',
        })
      }
    } catch (error) {
      closeSync(this.file)
      throw error
    }
    this.written = position
  }

  write(line: string): void {
    if (this.pending.add(line)) this.give()
  }

  async flush(): Promise<void> {
    this.give()
  }

  private give(): void {
    this.writing(() => {
      this.begin()
      const text = this.pending.take()
      if (text === '') return
      this.assertAlone()
      const bytes = Buffer.from(text)
      for (let done = 0; done < bytes.length; ) {
        const at = this.seekable ? this.written : null
        const wrote = writeSync(this.file, bytes, done, bytes.length - done, at)
        done += wrote
        this.written += wrote
      }
    })
  }

  position(): number | null {
    if (!this.seekable) return null
    this.writing(() => {
      this.begin()
      this.lock?.assertHeld()
      this.assertAlone()
      fsyncSync(this.file)
    })
    return this.written
  }

  private writing(work: () => void): void {
    try {
      work()
    } catch (error) {
      throw unwritable(writingTo(this.path), error)
    }
  }

  close(): void {
    closeSync(this.file)
    this.lock?.release()
  }

  /** A lock keeps out whoever looks at it; what another program does shows in the file. */
  private assertAlone(): void {
    if (!this.seekable || fstatSync(this.file).size === this.written) return
    throw new SessionizeError(
      'output_in_use',
      `${this.path} was changed by another program while sessions were written to it.`,
      { hint: 'Let nothing else write to it, then run it again with the same checkpoint.' },
    )
  }

  private begin(): void {
    if (this.begun) return
    this.begun = true
    if (this.seekable) ftruncateSync(this.file, this.written)
  }
}

const writingTo = (path: string): Writing => ({
  what: path,
  otherwise: 'choose another path with --output',
})

const WITHOUT_CUTTING = constants.O_WRONLY | constants.O_CREAT

/**
 * Beside the file and by its number, which is the same under each of its names. Where nothing can
 * be written beside it there is no lock.
 */
function lockOutput(path: string, inode: bigint): Lock | undefined {
  try {
    return Lock.acquire(join(dirname(followed(path)), `.sessionize-${inode}.lock`), {
      what: `The output ${path}`,
      otherwise: 'choose another path with --output',
      code: 'output_in_use',
    })
  } catch (error) {
    if (error instanceof SessionizeError && error.code === 'output_unwritable') return undefined
    throw error
  }
}
