/** What only Linux tells and lets one do. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A file system in memory at this place, for as long as `use` runs. */
export async function mounted(
  path: string,
  options: string,
  use: (path: string) => Promise<void>,
): Promise<void> {
  mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path])
  try {
    await use(path)
  } finally {
    execFileSync('umount', [path])
  }
}

/** The most memory that a process has had resident so far; 0 when it is gone. */
export function peakBytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/** Processor time that a process has taken so far, which nothing else that runs adds to; 0 when it is gone. */
export function processorMillis(pid: number | undefined): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name may hold anything, but it ends with the last parenthesis.
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
    return (Number(user) + Number(system)) * TICK_MILLIS
  } catch {
    return 0
  }
}

/** What Linux tells processor time in, on all machines that Node runs on. */
const TICK_MILLIS = 10

/** The sizes of all files in a folder and those below it, as far as they are still there. */
export function filesUnder(folder: string): number[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
      (name) => statSync(join(folder, name)).size,
    )
  } catch {
    return []
  }
}
