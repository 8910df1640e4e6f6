import { open } from 'node:fs/promises'
import type { Bytes } from './bytes.js'

/** Small chunks are gathered up to this size: one write for many lines. */
const WRITE_BYTES = 1024 * 1024

/** Writes a stream to a file in the workspace, as it comes, and says how long it was. */
export async function spool(bytes: Bytes, path: string): Promise<number> {
  const file = await open(path, 'wx', 0o600)
  try {
    let written = 0
    let waiting: Buffer[] = []
    let waitingBytes = 0
    const flush = async (): Promise<void> => {
      if (waitingBytes === 0) return
      const chunks = waiting
      waiting = []
      written += waitingBytes
      waitingBytes = 0
      const [only] = chunks
      await file.writeFile(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks))
    }
    for await (const chunk of bytes) {
      waiting.push(chunk)
      waitingBytes += chunk.length
      if (waitingBytes >= WRITE_BYTES) await flush()
    }
    await flush()
    return written
  } finally {
    await file.close()
  }
}
