import { verifyGzip } from './gzip.js'
import type { SourceFile } from './source.js'
import { verifyZstd } from './zstd.js'

/**
 * Checks that compressed files are whole, which the engine does not when it passes over bad rows:
 * a file cut in the middle would give fewer sessions and no error. Meant to run while the engine
 * reads; zip and tar members were checked when they were unpacked.
 */
export async function verifyCompressed(
  files: readonly SourceFile[],
  onBytes?: (bytes: number) => void,
): Promise<void> {
  for (const { path, label, compression, remote } of files) {
    if (remote === true) continue
    if (compression === 'gzip') await verifyGzip(path, label, onBytes)
    if (compression === 'zstd') await verifyZstd(path, label)
  }
}
