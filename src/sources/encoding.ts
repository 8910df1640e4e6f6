import type { Bytes } from './bytes.js'

export type Encoding = 'utf-8' | 'utf-8-bom' | 'utf-16le' | 'utf-16be'

const BYTE_ORDER_MARKS: readonly {
  readonly mark: readonly number[]
  readonly encoding: Encoding
}[] = [
  { mark: [0xef, 0xbb, 0xbf], encoding: 'utf-8-bom' },
  { mark: [0xff, 0xfe], encoding: 'utf-16le' },
  { mark: [0xfe, 0xff], encoding: 'utf-16be' },
]

/** By its byte order mark; without one, by the NULs that UTF-16 puts between ASCII letters. */
export function encodingOf(head: Buffer): Encoding {
  for (const { mark, encoding } of BYTE_ORDER_MARKS) {
    if (mark.every((byte, i) => head[i] === byte)) return encoding
  }
  const sample = head.subarray(0, Math.min(head.length & ~1, 1024))
  if (sample.length < 4) return 'utf-8'
  let even = 0
  let odd = 0
  sample.forEach((byte, i) => {
    if (byte === 0) i % 2 === 0 ? even++ : odd++
  })
  const most = sample.length * 0.4
  const few = sample.length * 0.04
  if (odd >= most && even <= few) return 'utf-16le'
  if (even >= most && odd <= few) return 'utf-16be'
  return 'utf-8'
}

/** The head as text, for looking at only: a character cut at its end may be lost. */
export function decodeHead(head: Buffer, encoding: Encoding): string {
  return new TextDecoder(label(encoding)).decode(head, { stream: true })
}

/** The same text as UTF-8 without a mark; DuckDB's JSON reader refuses both UTF-16 and the mark. */
export async function* asUtf8(bytes: Bytes, encoding: Encoding): AsyncGenerator<Buffer> {
  if (encoding === 'utf-8') {
    yield* bytes
  } else if (encoding === 'utf-8-bom') {
    let toDrop = 3
    for await (const chunk of bytes) {
      const dropped = Math.min(toDrop, chunk.length)
      toDrop -= dropped
      if (chunk.length > dropped) yield chunk.subarray(dropped)
    }
  } else {
    const decoder = new TextDecoder(label(encoding))
    for await (const chunk of bytes) {
      const text = decoder.decode(chunk, { stream: true })
      if (text !== '') yield Buffer.from(text, 'utf8')
    }
    const end = decoder.decode()
    if (end !== '') yield Buffer.from(end, 'utf8')
  }
}

const label = (encoding: Encoding): string => (encoding === 'utf-8-bom' ? 'utf-8' : encoding)
