/** What the server says instead of an export. */
import type { Readable } from 'node:stream'
import type { Secrets } from '../errors/secrets.js'
import { serverWords } from '../errors/server-words.js'

/** Enough for what anybody has to say; some never end. */
const MOST_BYTES = 16 * 1024
const MOST_MILLIS = 10_000

/** Its first words; the rest is not waited for, and the connection closed. */
export async function firstWords(
  body: Readable,
  secrets: Secrets,
  { start = Buffer.alloc(0), millis = MOST_MILLIS }: { start?: Buffer; millis?: number } = {},
): Promise<string> {
  const chunks = [start]
  let bytes = start.length
  let isWhole = false
  const late = setTimeout(() => body.destroy(), Math.min(millis, MOST_MILLIS))
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= MOST_BYTES) break
    }
    isWhole = bytes < MOST_BYTES
  } catch {
    // What came before tells more than the end of the connection.
  } finally {
    clearTimeout(late)
    body.destroy()
  }
  const text = Buffer.concat(chunks).subarray(0, MOST_BYTES).toString('utf8')
  // It becomes the end of a sentence of ours.
  return serverWords(text, secrets, { cut: !isWhole }).replace(/\.$/, '')
}
