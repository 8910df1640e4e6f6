import { createWriteStream, type WriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'

/** A zip file of members that are compressed already. */
export class Archive {
  private readonly zip = new ZipFile()
  private readonly file: WriteStream
  private readonly written: Promise<void>

  /** @param path a file that is there already, so that a late opening cannot bring back a removed one */
  constructor(path: string) {
    this.file = createWriteStream(path, { flags: 'r+' })
    this.written = pipeline(this.zip.outputStream, this.file)
    // Seen in `close`; until then a failure must not count as unhandled.
    this.written.catch(() => undefined)
  }

  /** Sizes go before the bytes, so that readers of a stream can follow; hence whole members. */
  add(name: string, bytes: Buffer, time: Date): void {
    this.zip.addBuffer(bytes, name, {
      mtime: asLocal(time),
      compress: false,
      // The other timestamp depends on the machine's zone through this one.
      forceDosTimestamp: true,
    })
  }

  /** Stops in the middle; the file is then good for nothing. */
  discard(): void {
    this.file.destroy()
  }

  async close(): Promise<void> {
    this.zip.end()
    await this.written
  }
}

/** A zip's clock has no zone and is read as local; this makes it show UTC everywhere. */
const asLocal = (time: Date): Date =>
  new Date(
    time.getUTCFullYear(),
    time.getUTCMonth(),
    time.getUTCDate(),
    time.getUTCHours(),
    time.getUTCMinutes(),
    time.getUTCSeconds(),
  )
