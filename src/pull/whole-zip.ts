import { type FileHandle, open } from 'node:fs/promises'
import { type Entry, type LocalFileHeader, openPromise } from 'yauzl'
import { SessionizeError } from '../errors/errors.js'
import { ARCHIVE_LIMITS, ArchiveBudget } from '../sources/limits.js'
import { visitZip } from '../sources/zip.js'

/**
 * What is wrong with a file that should be a zip, read from its first byte to its last: it begins with
 * a member, its directory is there, nothing follows, and each member is what its checksum says.
 * Undefined where all is well.
 */
export async function zipFault(path: string, label: string): Promise<string | undefined> {
  const file = await open(path, 'r')
  try {
    if (!(await beginsAsZip(file))) return `${label} is not a zip`
  } finally {
    await file.close()
  }
  try {
    await visitZip(path, label, new ArchiveBudget(label, ARCHIVE_LIMITS), async ({ bytes }) => {
      for await (const _chunk of bytes);
    })
  } catch (error) {
    if (error instanceof SessionizeError) return error.message.replace(/\.$/, '')
    throw error
  }
  const member = await contradicted(path)
  return member === undefined ? undefined : `${label}!${member} has two headers that differ`
}

const BEGINNINGS: readonly string[] = ['PK\x03\x04', 'PK\x05\x06']

/** A member, or the directory of an archive that has none. */
async function beginsAsZip(file: FileHandle): Promise<boolean> {
  const start = Buffer.alloc(4)
  const { bytesRead } = await file.read(start, 0, start.length, 0)
  return bytesRead === start.length && isZipStart(start)
}

/** Whether a file that begins so can be a zip; of fewer than four bytes, whether it still can. */
export const isZipStart = (start: Buffer): boolean =>
  BEGINNINGS.some((begin) => begin.startsWith(start.subarray(0, 4).toString('latin1')))

/** No checksum is over the headers, but each is there twice: the name of a member of which they differ. */
async function contradicted(path: string): Promise<string | undefined> {
  const zip = await openPromise(path, { autoClose: false })
  try {
    for await (const entry of zip.eachEntry()) {
      if (!agrees(entry, await zip.readLocalFileHeaderPromise(entry))) return entry.fileName
    }
    return undefined
  } finally {
    zip.close()
  }
}

/** Then sizes and checksum come after the content. */
const HAS_DESCRIPTOR = 0x08
const IN_ZIP64_FIELD = 0xffffffff

function agrees(entry: Entry, local: LocalFileHeader): boolean {
  const later = (entry.generalPurposeBitFlag & HAS_DESCRIPTOR) !== 0
  const same = (size: number, there: number): boolean =>
    later || there === IN_ZIP64_FIELD || size === there
  return (
    local.compressionMethod === entry.compressionMethod &&
    local.fileName.equals(entry.fileNameRaw) &&
    (later || local.crc32 === entry.crc32) &&
    same(entry.compressedSize, local.compressedSize) &&
    same(entry.uncompressedSize, local.uncompressedSize)
  )
}
