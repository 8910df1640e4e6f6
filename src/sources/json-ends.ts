/** The two ends of a JSON file, which say what it is and whether it is all there. */
import { type FileHandle, open } from 'node:fs/promises'
import { corrupt } from './failures.js'
import type { SourceGroup } from './group.js'
import type { SourceFile } from './source.js'

const END_BYTES = 4096

/**
 * Whether the file is one array or objects one after the other; undefined where it cannot be seen
 * (compressed, or a URL). The engine takes a cut array for a whole one, so its end is looked at.
 */
export async function jsonEnds(file: SourceFile): Promise<SourceGroup['json']> {
  if (file.compression !== 'none' || file.remote === true) return undefined
  const handle = await open(file.path, 'r')
  try {
    const start = await slice(handle, 0, file.bytes)
    const end = (await slice(handle, file.bytes - END_BYTES, file.bytes)).trimEnd().at(-1)
    const isArray = start
      .replace(/^\ufeff/, '')
      .trimStart()
      .startsWith('[')
    if (isArray && end !== ']' && end !== '}') {
      throw corrupt(file.label, 'ends in the middle of its JSON')
    }
    return isArray ? 'array' : 'unstructured'
  } finally {
    await handle.close()
  }
}

async function slice(handle: FileHandle, from: number, size: number): Promise<string> {
  const start = Math.max(0, from)
  const buffer = Buffer.alloc(Math.min(END_BYTES, size - start))
  await handle.read(buffer, 0, buffer.length, start)
  return buffer.toString('utf8')
}
