/** Lines of a file of NDJSON by their number, as they stand: the engine cannot show what is no JSON. */
import { isUtf8 } from 'node:buffer'
import { contentOf } from './gzip.js'
import type { SourceFile } from './source.js'

export interface NumberedLine {
  /** 1-based; blank lines are not counted. */
  readonly row: number
  readonly text: string
}

const LINE_FEED = 10

/** @param rows growing */
export async function* linesAt(
  file: SourceFile,
  rows: readonly number[],
): AsyncGenerator<NumberedLine> {
  let row = 0
  let next = 0
  let begun: Buffer[] = []
  const line = (bytes: Buffer): NumberedLine | undefined => {
    if (isBlank(bytes)) return undefined
    row++
    if (row !== rows[next]) return undefined
    next++
    return { row, text: shown(bytes) }
  }
  for await (const chunk of contentOf(file)) {
    let from = 0
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, from)
      if (end < 0) break
      const last = chunk.subarray(from, end)
      const found = line(begun.length === 0 ? last : Buffer.concat([...begun, last]))
      if (found !== undefined) yield found
      if (next === rows.length) return
      begun = []
      from = end + 1
    }
    if (from < chunk.length) begun.push(chunk.subarray(from))
  }
  const found = line(Buffer.concat(begun))
  if (found !== undefined) yield found
}

/** As the engine's reader of JSON passes over them. */
function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 32 && (byte < 9 || byte > 13)) return false
  return true
}

/** Bytes that are no UTF-8 as Latin-1, which nearly all such text is. */
const shown = (line: Buffer): string =>
  line.toString(isUtf8(line) ? 'utf8' : 'latin1').replace(/\r$/, '')
