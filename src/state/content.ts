/** Files are known by their bytes, so that one that comes again under any name changes nothing. */
import { createHash } from 'node:crypto'
import { type BigIntStats, createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { SessionizeError } from '../errors/errors.js'
import { inputChanged } from '../sources/changes.js'
import { readFailure } from '../sources/failures.js'
import { partsOf, type SourceFile } from '../sources/source.js'

export interface Content {
  readonly sha256: string
  readonly bytes: number
}

export interface IdentifiedFile extends Content {
  readonly file: SourceFile
  /** As it was before its first byte was read. */
  readonly seen: BigIntStats
}

/** What a file holds, which may lie in parts. */
export async function contentOf(...paths: readonly string[]): Promise<Content> {
  const hash = createHash('sha256')
  let bytes = 0
  for (const path of paths) {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(chunk)
      bytes += chunk.length
    }
  }
  return { sha256: hash.digest('hex'), bytes }
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
    try {
      const seen = await stat(file.path, { bigint: true })
      identified.push({ file, seen, ...(await contentOf(...partsOf(file))) })
    } catch (error) {
      throw readFailure(file.label, error)
    }
  }
  return identified
}

/**
 * Checked when their rows have been read: that these are the rows of the bytes by which the files
 * were identified. Where the system saw a change of any kind, the bytes are looked at again.
 *
 * @throws SessionizeError `input_changed`
 */
export async function assertIdentical(files: readonly IdentifiedFile[]): Promise<void> {
  for (const { file, sha256, seen } of files) {
    const now = await stat(file.path, { bigint: true }).catch(() => undefined)
    if (now === undefined) throw inputChanged(file.label, 'removed')
    if (isSame(seen, now)) continue
    const content = await contentOf(...partsOf(file)).catch(() => undefined)
    if (content?.sha256 !== sha256) throw inputChanged(file.label, 'changed')
  }
}

const isSame = (a: BigIntStats, b: BigIntStats): boolean =>
  (['dev', 'ino', 'size', 'mtimeNs', 'ctimeNs'] as const).every((field) => a[field] === b[field])
