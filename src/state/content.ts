/** Files are known by their bytes, so that one that comes again under any name changes nothing. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { SessionizeError } from '../errors/errors.js'
import type { SourceFile } from '../sources/source.js'

export interface IdentifiedFile {
  readonly file: SourceFile
  readonly sha256: string
}

/** @throws SessionizeError `unsupported` for what lies behind a URL. */
export async function identify(files: readonly SourceFile[]): Promise<IdentifiedFile[]> {
  const remote = files.find((file) => file.remote === true)
  if (remote !== undefined) {
    throw new SessionizeError(
      'unsupported',
      `${remote.label} cannot be added to a state, which knows files by their bytes.`,
      { hint: 'Download it first.' },
    )
  }
  const identified: IdentifiedFile[] = []
  for (const file of files) {
    const hash = createHash('sha256')
    await pipeline(createReadStream(file.path, { highWaterMark: 1 << 20 }), hash)
    identified.push({ file, sha256: hash.digest('hex') })
  }
  return identified
}
