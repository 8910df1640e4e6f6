/**
 * One run at a time on what can take only one writer. The lock is a file that says whose it is; one
 * whose process is gone is taken over. On Linux a process is known by its start time too, since
 * numbers come again (in a container, nearly always).
 */
import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname } from 'node:path'
import * as v from 'valibot'
import { SessionizeError } from '../errors/errors.js'
import { isAlive, OWNER, ownerMark, removeLeftovers } from './leftovers.js'
import { unwritable } from './unwritable.js'

/** What is locked. */
export interface Locked {
  /** At the beginning of a sentence: `The state in kept`. */
  readonly what: string
  /** What to do where it cannot be locked: `choose another folder with --output`. */
  readonly otherwise: string
  readonly code: 'state_in_use' | 'output_in_use'
}

/** A lock on its way in or out; its first two groups are those of `OWNER`. */
const moving = (lock: string): RegExp =>
  new RegExp(
    String.raw`^${lock.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}\.${OWNER}\.(new|stale)$`,
    's',
  )

/** Whether a name is that of a lock, or of one on its way in or out. */
export const isLockFile = (name: string, lock: string): boolean =>
  name === lock || moving(lock).test(name)

const holder = v.object({
  pid: v.number(),
  host: v.string(),
  processStart: v.nullable(v.string()),
  since: v.string(),
  token: v.string(),
})
type Holder = v.InferOutput<typeof holder>

/**
 * A lock file without its whole content is one that is just being written (where there are no
 * links, see `create`), unless it is older than this.
 */
const WRITING_MILLIS = 10_000
/** What every lock begins with, and none is longer than. */
const BEGINNING = '{"pid":'
const MOST_BYTES = 4_096
const TRIES = 5

export class Lock {
  private constructor(
    private readonly path: string,
    private readonly content: string,
    private readonly locked: Locked,
  ) {}

  /**
   * @param path of the lock file
   * @throws SessionizeError with the code for what is in use; `output_unwritable`
   */
  static acquire(path: string, locked: Locked): Lock {
    const self: Holder = {
      pid: process.pid,
      host: hostname(),
      processStart: processStart(process.pid),
      since: new Date().toISOString(),
      token: randomUUID(),
    }
    const content = JSON.stringify(self)
    for (let tries = 0; tries < TRIES; tries++) {
      if (create(path, content, locked)) {
        removeLeftovers(dirname(path), moving(basename(path)), 'file')
        return new Lock(path, content, locked)
      }
      const found = read(path)
      if (found === undefined) continue
      if (!found.isLock) throw noLock(path, locked)
      if (isHeld(found)) throw inUse(locked, path, found.holder)
      takeAway(path, found.text)
    }
    throw inUse(locked, path, undefined)
  }

  /** Whether it is still this run's: a lock can be removed by hand. */
  get held(): boolean {
    return read(this.path)?.text === this.content
  }

  /** To be called before what is locked is changed. */
  assertHeld(): void {
    if (this.held) return
    const { code, what } = this.locked
    throw new SessionizeError(code, `${what} was taken over.`, {
      hint: 'Another run removed the lock of this one. Run it again.',
    })
  }

  release(): void {
    if (this.held) rmSync(this.path, { force: true })
  }
}

/**
 * The lock appears with its content in one step, so that a run killed meanwhile locks nobody out.
 * A file system without links gets it in two.
 */
function create(path: string, content: string, { what, otherwise }: Locked): boolean {
  const fresh = `${path}.${ownerMark()}.new`
  try {
    writeFileSync(fresh, content)
    return link(fresh, path) ?? writeNew(path, content)
  } catch (cause) {
    throw unwritable({ what: `${path}, the lock of ${inSentence(what)}`, otherwise }, cause)
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
  /** Otherwise somebody's own file has the name. */
  readonly isLock: boolean
  readonly holder: Holder | undefined
  readonly ageMillis: number
}

function read(path: string): Found | undefined {
  try {
    const { mtimeMs, size } = statSync(path)
    const text = size > MOST_BYTES ? '?' : readFileSync(path, 'utf8')
    const isLock = text.startsWith(BEGINNING) || BEGINNING.startsWith(text)
    return { text, isLock, holder: parse(text), ageMillis: Date.now() - mtimeMs }
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

function inUse({ what, code }: Locked, path: string, of: Holder | undefined): SessionizeError {
  const who =
    of === undefined
      ? ''
      : ` by process ${of.pid}${of.host === hostname() ? '' : ` on ${of.host}`}, since ${of.since}`
  return new SessionizeError(code, `${what} is in use${who}.`, {
    hint:
      of !== undefined && (of.host !== hostname() || of.processStart === null)
        ? `Wait until it has finished. If it is gone, remove ${path}.`
        : 'Wait until it has finished.',
  })
}

const noLock = (path: string, { what }: Locked): SessionizeError =>
  new SessionizeError(
    'usage',
    `${path} is not a lock of this program, which would lock ${inSentence(what)} with it.`,
    { hint: 'Move it away, or work in another folder.' },
  )

const inSentence = (what: string): string => `${what.charAt(0).toLowerCase()}${what.slice(1)}`
