import { verifyGzip } from './gzip.js'
import { LineLengths, longLine } from './long-lines.js'
import { inParallel, PARALLEL_FILES } from './parallel.js'
import type { SourceFile } from './source.js'
import { verifyZstd } from './zstd.js'

/**
 * Checks that compressed files are whole, which the engine does not when it passes over bad rows:
 * a file cut in the middle would give fewer sessions and no error. Meant to run while the engine
 * reads, and to stop it when it fails: what is in an archive is no more trusted than its header.
 */
export const verifyCompressed = (files: readonly SourceFile[]): Promise<void> =>
  inParallel(
    files.filter(({ compression, remote }) => compression !== 'none' && remote !== true),
    PARALLEL_FILES,
    verify,
  )

async function verify(file: SourceFile): Promise<void> {
  const { path, label, compression, format, bytes, budget } = file
  if (compression === 'zstd') return verifyZstd(path, label)
  const lines = format === 'csv' || format === 'log' ? new LineLengths() : undefined
  const count = budget?.meter(label, bytes)
  await verifyGzip(file, (chunk) => {
    count?.(chunk.length)
    lines?.add(chunk)
  })
  if (lines?.tooLong === true) throw await longLine(file)
}
