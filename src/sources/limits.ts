import type { SessionizeError } from '../errors/errors.js'
import type { Bytes } from './bytes.js'
import { refused } from './failures.js'

/** How far an archive is trusted. Beyond a limit it is refused (`archive_refused`), never cut. */
export interface ArchiveLimits {
  /** Members, those of archives inside it included. Default 100,000: ten years of hourly files. */
  readonly entries: number
  /** Bytes of all members after decompression, counted as they come. Default 200 GiB. */
  readonly totalBytes: number
  /**
   * Bytes out per byte in, of one member with its inner `.gz` taken off. Default 400. Events reach
   * about 60 even when only the time differs between rows; a run of zeros reaches 1,030 and a gzip
   * of such a gzip a million.
   */
  readonly ratio: number
  /** The ratio is not looked at before a member has this many bytes. Default 100 MiB. */
  readonly ratioFromBytes: number
  /** Archives in archives: 2 allows a zip of zips (default), 1 only plain members. */
  readonly depth: number
}

export const ARCHIVE_LIMITS: ArchiveLimits = {
  entries: 100_000,
  totalBytes: 200 * 1024 ** 3,
  ratio: 400,
  ratioFromBytes: 100 * 1024 ** 2,
  depth: 2,
}

/** What one archive named by the user, with all that is inside it, has used of its limits. */
export class ArchiveBudget {
  private entries = 0
  private bytes = 0

  constructor(
    readonly archive: string,
    readonly limits: ArchiveLimits,
  ) {}

  /** Called before a list of members is read, with the count that the archive declares. */
  addEntries(count: number): void {
    this.entries += count
    if (this.entries > this.limits.entries) {
      throw refused(
        `${this.archive} holds more than ${this.limits.entries.toLocaleString('en')} members.`,
      )
    }
  }

  /** A total that the archive declares itself: refused before anything is written. */
  checkDeclared(bytes: number): void {
    if (this.bytes + bytes > this.limits.totalBytes) throw this.tooLarge(this.archive)
  }

  /** Counts a member's decompressed bytes as they come, and throws at the first limit that they pass. */
  meter(label: string, storedBytes: number): (bytes: number) => void {
    const { ratio, ratioFromBytes, totalBytes } = this.limits
    let out = 0
    return (bytes) => {
      out += bytes
      this.bytes += bytes
      if (this.bytes > totalBytes) throw this.tooLarge(label)
      if (out > ratioFromBytes && out > ratio * Math.max(1, storedBytes)) {
        throw refused(
          `${label} unpacks to more than ${ratio} times its size (limit ${ratio}:1), as a zip bomb does.`,
        )
      }
    }
  }

  /** Passes them on while they are within the limits. */
  async *metered(bytes: Bytes, label: string, storedBytes: number): AsyncGenerator<Buffer> {
    const count = this.meter(label, storedBytes)
    for await (const chunk of bytes) {
      count(chunk.length)
      yield chunk
    }
  }

  private tooLarge(label: string): SessionizeError {
    return refused(
      `${label} takes ${this.archive} past ${size(this.limits.totalBytes)} unpacked, the limit for one archive.`,
    )
  }
}

function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power] ?? ''}`
}
