import { writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { type Bytes, PeekedBytes } from './bytes.js'

/** Small chunks are gathered up to this size: one write for many lines. */
const WRITE_BYTES = 1024 * 1024
const FLAGS = 'wx'
const MODE = 0o600

/** Writes a stream to a new file in the workspace, as it comes, and says how long it was. */
export async function spool(bytes: Bytes, path: string): Promise<number> {
  const peeked = await PeekedBytes.of(bytes, WRITE_BYTES)
  if (!peeked.complete) return spoolLong(peeked.all(), path)
  // A small file costs less than the trips to the thread pool that would write it.
  writeFileSync(path, peeked.head, { flag: FLAGS, mode: MODE })
  return peeked.head.length
}

async function spoolLong(bytes: Bytes, path: string): Promise<number> {
  const file = await open(path, FLAGS, MODE)
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
