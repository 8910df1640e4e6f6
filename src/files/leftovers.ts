/**
 * What a killed run leaves behind, and who may take it away: every temporary name says which
 * process made it, so that a later run can tell what nobody uses any more.
 */
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readlinkSync, rmSync, type Stats } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** `4711-1f3b9c2e`: a process, and where its number means it. */
export const ownerMark = (): string => `${process.pid}-${place()}`

/** In a pattern, what `ownerMark` makes; two groups. */
export const OWNER = String.raw`(\d+)-([0-9a-f]{8})`

/**
 * Removes from a folder what dead processes of the same user on this machine left under names that
 * only this program makes. A leftover is no reason to fail, so whatever goes wrong is passed over.
 *
 * @param pattern its first two groups are those of `OWNER`
 */
export function removeLeftovers(
  folder: string,
  pattern: RegExp,
  kind: 'file' | 'directory',
  except: (path: string) => boolean = () => false,
): void {
  for (const name of namesIn(folder)) {
    const [, pid = '', where] = pattern.exec(name) ?? []
    if (where !== place() || isAlive(Number(pid))) continue
    const path = join(folder, name)
    if (except(path)) continue
    try {
      const stats = lstatSync(path)
      if (isOurs(stats) && (kind === 'file' ? stats.isFile() : stats.isDirectory())) {
        rmSync(path, { recursive: true, force: true })
      }
    } catch {
      // Gone meanwhile (another run cleans as well), or not to be had.
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** In a shared folder another user may make names like ours. */
const isOurs = ({ uid }: Stats): boolean => process.getuid === undefined || process.getuid() === uid

/** Whether there is a process of this number on this machine, whoever's it is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: there is one, of another user.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

let known: string | undefined

/** Containers and machines that share a folder number their processes on their own. */
function place(): string {
  known ??= createHash('sha256')
    .update(`${hostname()}\n${processNumbers()}`)
    .digest('hex')
    .slice(0, 8)
  return known
}

function processNumbers(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
