import { readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { SessionizeError } from '../errors/errors.js'
import type { Bytes } from './bytes.js'
import { corrupt, readFailure, refused, unsafeName } from './failures.js'
import { inflated } from './gzip.js'
import type { ArchiveBudget } from './limits.js'
import { inParallel, PARALLEL_FILES } from './parallel.js'

const READ_BYTES = 1024 * 1024

export interface ZipMember {
  readonly name: string
  /** As stored in the archive, compressed. */
  readonly storedBytes: number
  /** Can be read once; fails where the content is not what the archive says (length, CRC-32). */
  readonly bytes: Bytes
}

/**
 * Visits every file of a zip. The whole directory is read and judged first, so that a hostile
 * archive is refused before anything of it is written.
 */
export async function visitZip(
  path: string,
  label: string,
  budget: ArchiveBudget,
  visit: (member: ZipMember) => Promise<void>,
): Promise<void> {
  const zip = await openZip(path, label)
  const file = await open(path, 'r')
  try {
    // Its end may count fewer than there are, as writers without zip64 wrap around at 65,536.
    // The cursor, which types call a boolean, is where the directory starts.
    zip.entryCount = Math.max(
      zip.entryCount,
      await listedMembers(file, Number(zip.readEntryCursor)),
    )
    budget.addEntries(zip.entryCount)
    const entries = await listEntries(zip, label)
    judge(entries, label)
    budget.checkDeclared(entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0))
    const files = entries.filter((entry) => !entry.fileName.endsWith('/'))
    await inParallel(files, PARALLEL_FILES, async (entry) => {
      const memberLabel = `${label}!${entry.fileName}`
      try {
        await visit({
          name: entry.fileName,
          storedBytes: entry.compressedSize,
          bytes: content(file, entry, memberLabel),
        })
      } catch (error) {
        throw zipFailure(memberLabel, error)
      }
    })
  } finally {
    zip.close()
    await file.close()
  }
}

async function openZip(path: string, label: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { autoClose: false })
  } catch (error) {
    throw zipFailure(label, error)
  }
}

async function listEntries(zip: ZipFile, label: string): Promise<Entry[]> {
  const entries: Entry[] = []
  try {
    for await (const entry of zip.eachEntry()) entries.push(entry)
  } catch (error) {
    throw zipFailure(label, error)
  }
  return entries
}

/** What no export contains. Names were judged by yauzl (absolute, `..`); nothing is written under them anyway. */
function judge(entries: readonly Entry[], label: string): void {
  for (const entry of entries) {
    const name = `${label}!${entry.fileName}`
    if (entry.isEncrypted()) throw encrypted(name)
    if (isSymlink(entry)) throw refused(`${name} is a symbolic link: links are not followed.`)
    if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
      throw new SessionizeError(
        'unsupported',
        `${name} is compressed in a way that is not read (zip method ${entry.compressionMethod}).`,
        { hint: 'Unpack the archive and give the folder.' },
      )
    }
  }
  // Members that share bytes: a few MB that unpack to petabytes without any one of them standing out.
  const byOffset = entries.toSorted(
    (a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader,
  )
  let end = 0
  let before = ''
  for (const entry of byOffset) {
    if (entry.relativeOffsetOfLocalHeader < end) {
      throw refused(`${label} has members that overlap: \`${before}\` and \`${entry.fileName}\`.`)
    }
    end =
      entry.relativeOffsetOfLocalHeader +
      LOCAL_HEADER_BYTES +
      entry.fileNameLength +
      entry.compressedSize
    before = entry.fileName
  }
}

const MEMBER_BYTES = 46
const MEMBER_SIGNATURE = 0x02014b50

/** How many members the directory holds that starts here, whatever its end says of it. */
async function listedMembers(file: FileHandle, start: number): Promise<number> {
  const buffer = Buffer.alloc(READ_BYTES)
  let count = 0
  for (let at = start; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
    let within = 0
    while (within + MEMBER_BYTES <= bytesRead) {
      if (buffer.readUInt32LE(within) !== MEMBER_SIGNATURE) return count
      // The lengths of its name, its extra field and its comment.
      const rest = [28, 30, 32].map((offset) => buffer.readUInt16LE(within + offset))
      within += rest.reduce((sum, length) => sum + length, MEMBER_BYTES)
      count++
    }
    if (within === 0) return count
    at += within
  }
}

const LOCAL_HEADER_BYTES = 30
const LOCAL_HEADER_SIGNATURE = 0x04034b50

/** The file type bits of a Unix mode, in the upper half of the attributes. */
function isSymlink(entry: Entry): boolean {
  return ((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000
}

const encrypted = (name: string): SessionizeError =>
  new SessionizeError('archive_refused', `${name} is protected with a password.`, {
    hint: 'Unpack it with its password and give the folder.',
  })

/** Read and decompressed here and not by yauzl: in large pieces, and counted, because headers can lie. */
async function* content(file: FileHandle, entry: Entry, label: string): AsyncGenerator<Buffer> {
  const stored = range(file, dataStart(file, entry, label), entry.compressedSize, label)
  const plain = entry.compressionMethod === 8 ? inflated(stored, entry.uncompressedSize) : stored
  let length = 0
  let checksum = 0
  for await (const chunk of plain) {
    length += chunk.length
    if (length > entry.uncompressedSize) {
      throw refused(
        `${label} is longer than its archive says (${entry.uncompressedSize.toLocaleString('en')} bytes).`,
      )
    }
    checksum = crc32(chunk, checksum)
    yield chunk
  }
  if (length < entry.uncompressedSize) {
    throw corrupt(label, `is cut short: ${length} of ${entry.uncompressedSize} bytes`)
  }
  if (checksum !== entry.crc32) throw corrupt(label, 'is damaged: it does not match its checksum')
}

/** Behind the member's own header, which repeats what the directory says and is as long as it says itself. */
function dataStart(file: FileHandle, entry: Entry, label: string): number {
  const header = Buffer.alloc(LOCAL_HEADER_BYTES)
  const start = entry.relativeOffsetOfLocalHeader
  const found = readSync(file.fd, header, 0, header.length, start)
  if (found < header.length || header.readUInt32LE(0) !== LOCAL_HEADER_SIGNATURE) {
    throw corrupt(label, 'is damaged: its archive has no header where it says')
  }
  return start + header.length + header.readUInt16LE(26) + header.readUInt16LE(28)
}

async function* range(
  file: FileHandle,
  start: number,
  length: number,
  label: string,
): AsyncGenerator<Buffer> {
  for (let done = 0; done < length; ) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, length - done))
    const position = start + done
    // Thousands of small members come sooner without trips to the thread pool.
    const bytesRead =
      length <= READ_BYTES
        ? readSync(file.fd, buffer, 0, buffer.length, position)
        : (await file.read(buffer, 0, buffer.length, position)).bytesRead
    if (bytesRead === 0) throw corrupt(label, 'is cut short: its archive ends early')
    done += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** yauzl's own words, sorted into what a user can do about them. */
function zipFailure(label: string, error: unknown): SessionizeError {
  if (error instanceof SessionizeError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (/^(invalid relative path|absolute path|invalid characters in fileName)/.test(message)) {
    return unsafeName(label, message)
  }
  if (/encryption/.test(message)) return encrypted(label)
  if (/multi-disk/.test(message)) {
    return new SessionizeError('unsupported', `${label} is one part of a zip split over files.`, {
      hint: 'Join the parts (`zip -s 0 split.zip --out whole.zip`) and give the result.',
      cause: error,
    })
  }
  if (/End of central directory record signature not found/.test(message)) {
    return corrupt(label, 'is cut short: a zip ends with its directory, and this has none', {
      cause: error,
    })
  }
  if (error instanceof Error && 'code' in error) return readFailure(label, error)
  return corrupt(label, `is a damaged zip (${message.replace(/\.$/, '')})`, { cause: error })
}
