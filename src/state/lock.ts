/**
 * One run at a time on one state. The lock is a file that says whose it is; one whose process is
 * gone is taken over. On Linux a process is known by its start time too, since numbers come again
 * (in a container, nearly always).
 */
import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { SessionizeError } from '../errors/errors.js'
import { isAlive, OWNER, ownerMark, removeLeftovers } from '../files/leftovers.js'

const LOCK = 'lock'
/** A lock on its way in or out. */
const MOVING = new RegExp(String.raw`^${LOCK}\.${OWNER}\.(new|stale)$`)

export const isLockFile = (name: string): boolean => name === LOCK || MOVING.test(name)

const holder = v.object({
  pid: v.number(),
  host: v.string(),
  processStart: v.nullable(v.string()),
  since: v.string(),
  token: v.string(),
})
type Holder = v.InferOutput<typeof holder>

/**
 * A lock file without content is one that is just being written (where there are no links, see
 * `create`), unless it is older than this.
 */
const WRITING_MILLIS = 10_000
const TRIES = 5

export class Lock {
  private constructor(
    private readonly path: string,
    private readonly content: string,
  ) {}

  /** @throws SessionizeError `state_in_use` */
  static acquire(directory: string): Lock {
    const path = join(directory, LOCK)
    const self: Holder = {
      pid: process.pid,
      host: hostname(),
      processStart: processStart(process.pid),
      since: new Date().toISOString(),
      token: randomUUID(),
    }
    const content = JSON.stringify(self)
    for (let tries = 0; tries < TRIES; tries++) {
      if (create(path, content)) {
        removeLeftovers(directory, MOVING, 'file')
        return new Lock(path, content)
      }
      const found = read(path)
      if (found === undefined) continue
      if (isHeld(found)) throw inUse(directory, path, found.holder)
      takeAway(path, found.text)
    }
    throw inUse(directory, path, undefined)
  }

  /** Whether it is still this run's: a lock can be removed by hand. */
  get held(): boolean {
    return read(this.path)?.text === this.content
  }

  release(): void {
    if (this.held) rmSync(this.path, { force: true })
  }
}

/**
 * The lock appears with its content in one step, so that a run killed meanwhile locks nobody out.
 * A file system without links gets it in two.
 */
function create(path: string, content: string): boolean {
  const fresh = `${path}.${ownerMark()}.new`
  try {
    writeFileSync(fresh, content)
    return link(fresh, path) ?? writeNew(path, content)
  } catch (cause) {
    throw new SessionizeError('output_unwritable', `Cannot write ${path}.`, { cause })
  } finally {
    rmSync(fresh, { force: true })
  }
}

/** False where there is one already, undefined where there can be no links. */
function link(from: string, to: string): boolean | undefined {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    return isExisting(error) ? false : undefined
  }
}

function writeNew(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' })
    return true
  } catch (error) {
    if (isExisting(error)) return false
    throw error
  }
}

const isExisting = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST'

interface Found {
  readonly text: string
  readonly holder: Holder | undefined
  readonly ageMillis: number
}

function read(path: string): Found | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    const ageMillis = Date.now() - statSync(path).mtimeMs
    return { text, holder: parse(text), ageMillis }
  } catch {
    // Released meanwhile.
    return undefined
  }
}

function parse(text: string): Holder | undefined {
  try {
    const parsed = v.safeParse(holder, JSON.parse(text))
    return parsed.success ? parsed.output : undefined
  } catch {
    return undefined
  }
}

function isHeld({ holder: of, ageMillis }: Found): boolean {
  if (of === undefined) return ageMillis < WRITING_MILLIS
  // Nothing can be known here of the processes of another machine.
  if (of.host !== hostname()) return true
  if (!isAlive(of.pid)) return false
  return of.processStart === null || of.processStart === processStart(of.pid)
}

/** When a process started, in the kernel's ticks; null where that cannot be known. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name may hold anything, but it ends with the last parenthesis.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

/** Of two runs that find the same stale lock, one moves it away; a lock that is not it is put back. */
function takeAway(path: string, stale: string): void {
  const aside = `${path}.${ownerMark()}.stale`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  try {
    if (readFileSync(aside, 'utf8') !== stale) linkSync(aside, path)
  } catch {
    // Someone has locked it again; their commit checks that the lock is theirs.
  } finally {
    rmSync(aside, { force: true })
  }
}

function inUse(directory: string, path: string, of: Holder | undefined): SessionizeError {
  const who =
    of === undefined
      ? ''
      : ` by process ${of.pid}${of.host === hostname() ? '' : ` on ${of.host}`}, since ${of.since}`
  return new SessionizeError('state_in_use', `The state in ${directory} is in use${who}.`, {
    hint:
      of !== undefined && of.host !== hostname()
        ? `Wait until it has finished. If it is gone, remove ${path}.`
        : 'Wait until it has finished.',
  })
}
