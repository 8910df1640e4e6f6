/** Whether a file was written by this program, by its header. */
import type { FileHandle } from 'node:fs/promises'
import type { Sniffed } from './sniff.js'

/** Columns that only tables of ours have together. */
const TABLES: readonly (readonly string[])[] = [
  // The session table.
  ['session_number', 'length_seconds', 'bounce', 'end_reason', 'start_censored', 'end_censored'],
  // Events with their sessions.
  ['seconds_since_previous_event', 'event_number', 'is_first', 'is_last'],
  // Users.
  ['bounces', 'total_seconds', 'mean_seconds', 'p50_seconds', 'max_seconds', 'first_start'],
  // Segments, periods, timeouts.
  ['bounces', 'bounce_share', 'total_seconds', 'mean_seconds', 'p50_seconds', 'p90_seconds'],
  ['group', 'reference', 'verdict', 'group_sessions', 'reference_sessions'],
]
/** Whose few columns are all that they have. */
const WHOLE_HEADERS = ['section,name,value', 'file,row,reason,value,record']

/** Of answers, baselines, checkpoints. */
const DOCUMENT =
  /^\s*\{\s*("schema"\s*:\s*"sessionize\/|"\$schema"\s*:\s*"https:\/\/json\.schemastore\.org\/sarif-)/

const PARQUET_FOOTER_BYTES = 8
const HEADER_BYTES_AT_MOST = 1024 * 1024

export async function isOwnTable(file: FileHandle, bytes: number, seen: Sniffed): Promise<boolean> {
  switch (seen.kind) {
    case 'text': {
      const [first = ''] = seen.head.trimStart().split(/\r?\n/, 1)
      return (
        DOCUMENT.test(seen.head) ||
        WHOLE_HEADERS.includes(first) ||
        hasTable((name) => first.includes(`"${name}":`) || columns(first).has(name))
      )
    }
    case 'parquet': {
      const footer = await parquetFooter(file, bytes)
      // In Thrift's compact form a text of this length follows one byte that tells it.
      return hasTable((name) => footer.includes(Buffer.from([name.length, ...Buffer.from(name)])))
    }
    case 'arrow': {
      const start = await read(file, 0, Math.min(bytes, HEADER_BYTES_AT_MOST))
      // In a flatbuffer a text follows four bytes that tell its length, and ends with a zero.
      return hasTable((name) =>
        start.includes(Buffer.from([name.length, 0, 0, 0, ...Buffer.from(name), 0])),
      )
    }
    default:
      return false
  }
}

const hasTable = (has: (column: string) => boolean): boolean =>
  TABLES.some((names) => names.every(has))

const columns = (line: string): ReadonlySet<string> =>
  new Set(line.split(',').map((name) => name.replace(/^"(.*)"$/, '$1')))

async function parquetFooter(file: FileHandle, bytes: number): Promise<Buffer> {
  if (bytes < PARQUET_FOOTER_BYTES) return Buffer.alloc(0)
  const tail = await read(file, bytes - PARQUET_FOOTER_BYTES, PARQUET_FOOTER_BYTES)
  const start = Math.max(0, bytes - PARQUET_FOOTER_BYTES - tail.readUInt32LE(0))
  // The schema comes first.
  return read(file, start, Math.min(bytes - start, HEADER_BYTES_AT_MOST))
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  return buffer.subarray(0, bytesRead)
}
