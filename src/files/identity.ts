/** Whether two names are one file: through links, in another case, or by what a process has open. */
import { type BigIntStats, fstatSync, realpathSync, statSync } from 'node:fs'

export interface Identity {
  readonly device: bigint
  /** 0 where the file system numbers no files. */
  readonly number: bigint
  /** Without links; undefined of what is known by its descriptor only. */
  readonly path: string | undefined
}

/** Of a file, a folder or a pipe; undefined when nothing is there, or a device, which keeps nothing. */
export function identityOf(path: string): Identity | undefined {
  try {
    const stats = statSync(path, { bigint: true })
    return keeps(stats)
      ? { device: stats.dev, number: stats.ino, path: realpathSync.native(path) }
      : undefined
  } catch {
    return undefined
  }
}

/** Of the file that a stream of this process is, as after `> out.csv`; undefined when it is none. */
export function identityOfStream(stream: object): (Identity & { bytes: bigint }) | undefined {
  const descriptor = 'fd' in stream ? stream.fd : undefined
  if (typeof descriptor !== 'number') return undefined
  try {
    const stats = fstatSync(descriptor, { bigint: true })
    return stats.isFile()
      ? { device: stats.dev, number: stats.ino, path: undefined, bytes: stats.size }
      : undefined
  } catch {
    return undefined
  }
}

export function isSame(one: Identity | undefined, other: Identity | undefined): boolean {
  if (one === undefined || other === undefined) return false
  if (one.path !== undefined && one.path === other.path) return true
  return one.number !== 0n && one.number === other.number && one.device === other.device
}

const keeps = (stats: BigIntStats): boolean =>
  stats.isFile() || stats.isDirectory() || stats.isFIFO()
