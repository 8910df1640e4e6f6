import { type FileHandle, open } from 'node:fs/promises'
import { openPromise } from 'yauzl'

/**
 * Whether a file is a zip from its first byte to its last: it begins with a member, its directory is
 * there and can be read, and nothing follows. A download that was cut has no directory.
 */
export async function isWholeZip(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r')
    try {
      if (!(await beginsAsZip(file))) return false
    } finally {
      await file.close()
    }
    const zip = await openPromise(path, { autoClose: false })
    try {
      let entries = 0
      for await (const _entry of zip.eachEntry()) entries++
      return entries === zip.entryCount
    } finally {
      zip.close()
    }
  } catch {
    return false
  }
}

/** A member, or the directory of an archive that has none. */
async function beginsAsZip(file: FileHandle): Promise<boolean> {
  const start = Buffer.alloc(4)
  await file.read(start, 0, start.length, 0)
  return start.toString('latin1') === 'PK\x03\x04' || start.toString('latin1') === 'PK\x05\x06'
}
