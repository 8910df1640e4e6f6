import { verifyGzip } from './gzip.js'
import { LineLengths, longLine } from './long-lines.js'
import type { SourceFile } from './source.js'
import { verifyZstd } from './zstd.js'

/**
 * Checks that compressed files are whole, which the engine does not when it passes over bad rows:
 * a file cut in the middle would give fewer sessions and no error. Meant to run while the engine
 * reads; small files and members of archives were checked when they were taken in.
 */
export async function verifyCompressed(
  files: readonly SourceFile[],
  onBytes?: (bytes: number) => void,
): Promise<void> {
  for (const file of files) {
    const { path, label, compression, format, remote, checked } = file
    if (remote === true || checked === true) continue
    if (compression === 'zstd') await verifyZstd(path, label)
    if (compression !== 'gzip') continue
    const lines = format === 'csv' || format === 'log' ? new LineLengths() : undefined
    await verifyGzip(path, label, onBytes, (chunk) => lines?.add(chunk))
    if (lines?.tooLong === true) throw await longLine(file)
  }
}
