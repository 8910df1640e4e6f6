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
import type { Writable } from 'node:stream'
import { SessionizeError } from '../errors/errors.js'

export interface LineOutput {
  /** Taken at once; given on by `flush`. */
  write(line: string): void
  /** Waits for a slow reader instead of filling memory. */
  flush(): Promise<void>
  /** After a flush: bytes that are safely written; null where what was written cannot be taken back. */
  position(): number | null
  close(): void
}

export class StreamOutput implements LineOutput {
  private pending: string[] = []

  constructor(private readonly stream: Writable) {}

  write(line: string): void {
    this.pending.push(line)
  }

  async flush(): Promise<void> {
    if (this.pending.length === 0) return
    const text = this.pending.join('')
    this.pending = []
    const { stream } = this
    if (stream.destroyed || stream.write(text)) return
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

  position(): null {
    return null
  }

  close(): void {}
}

/** What the file held before stays until there is something to write, or nothing more to wait for. */
export class FileOutput implements LineOutput {
  private pending: string[] = []
  private written: number
  private readonly file: number
  /** A pipe or a device has no positions, and nothing in it can be taken back. */
  private readonly seekable: boolean
  private begun = false

  /** @param position what comes after it, from a run that was cut short, is removed. */
  constructor(path: string, position: number) {
    try {
      this.file = openSync(path, position > 0 ? constants.O_RDWR : WITHOUT_CUTTING)
    } catch (cause) {
      throw new SessionizeError('output_unwritable', `Cannot write ${path}.`, {
        hint: 'Choose another path with --output.',
        cause,
      })
    }
    const stats = fstatSync(this.file)
    this.seekable = stats.isFile()
    if (this.seekable && stats.size < position) {
      closeSync(this.file)
      throw new SessionizeError('input_changed', `${path} is shorter than its checkpoint says.`, {
        hint: 'Delete the checkpoint and the output to start over.',
      })
    }
    this.written = position
  }

  write(line: string): void {
    this.pending.push(line)
  }

  async flush(): Promise<void> {
    this.begin()
    if (this.pending.length === 0) return
    const bytes = Buffer.from(this.pending.join(''))
    this.pending = []
    for (let done = 0; done < bytes.length; ) {
      const at = this.seekable ? this.written : null
      const wrote = writeSync(this.file, bytes, done, bytes.length - done, at)
      done += wrote
      this.written += wrote
    }
  }

  position(): number | null {
    if (!this.seekable) return null
    this.begin()
    fsyncSync(this.file)
    return this.written
  }

  close(): void {
    closeSync(this.file)
  }

  private begin(): void {
    if (this.begun) return
    this.begun = true
    if (this.seekable) ftruncateSync(this.file, this.written)
  }
}

const WITHOUT_CUTTING = constants.O_WRONLY | constants.O_CREAT
