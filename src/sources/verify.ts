import { hasDeepLine, LineDepths } from './deep-rows.js'
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
export const verifyCompressed = async (files: readonly SourceFile[]): Promise<void> => {
  await lookThrough(files.filter(({ compression }) => compression !== 'none'))
}

/**
 * The same, and of lines of JSON, packed or not, which files may hold one that is nested too deep.
 *
 * @returns their paths
 */
export async function lookThrough(files: readonly SourceFile[]): Promise<string[]> {
  const deep: string[] = []
  await inParallel(
    files.filter(({ remote }) => remote !== true),
    PARALLEL_FILES,
    async (file) => {
      if (file.compression !== 'none' ? await verify(file) : await isDeep(file))
        deep.push(file.path)
    },
  )
  return deep
}

const isDeep = async (file: SourceFile): Promise<boolean> =>
  file.format === 'ndjson' && (await hasDeepLine(file))

/** @returns whether a line may be nested too deep */
async function verify(file: SourceFile): Promise<boolean> {
  const { path, label, compression, format, bytes, budget } = file
  if (compression === 'zstd') {
    await verifyZstd(path, label)
    return false
  }
  const lines = format === 'csv' || format === 'log' ? new LineLengths() : undefined
  const depths = format === 'ndjson' ? new LineDepths() : undefined
  const count = budget?.meter(label, bytes)
  await verifyGzip(file, (chunk) => {
    count?.(chunk.length)
    lines?.add(chunk)
    depths?.add(chunk)
  })
  if (lines?.tooLong === true) throw await longLine(file)
  return depths?.suspect === true
}
