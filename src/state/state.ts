/** A folder with the blocks of all events so far. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { isLockFile, Lock } from '../files/lock.js'
import { unwritable } from '../files/unwritable.js'
import {
  damaged,
  filesOf,
  hasChecksums,
  isOwnFile,
  isState,
  MANIFEST,
  type Manifest,
  mark,
  readManifest,
  removeLeftovers,
  removeMarks,
  writeManifest,
} from './manifest.js'
import { compactSegments, freshFiles } from './update.js'
import { assertAllWhole, faultOf, ofWhole } from './whole.js'

const LOCK = 'lock'

export class State {
  private constructor(
    readonly directory: string,
    private readonly lock: Lock,
    private current: Manifest | undefined,
    /** Whether what the manifest does not name is known to be left over. */
    private sound: boolean,
  ) {}

  /**
   * Locked until `close`.
   *
   * @param force without looking at what is in it: good for nothing but dropping it
   * @throws SessionizeError `state_in_use`, `state_damaged`, or `usage` when the folder holds
   * something else.
   */
  static open(path: string, force = false): State {
    const directory = assertFolder(path)
    const otherwise = `name another folder with ${option('state')}`
    const what = `The state in ${directory}`
    let lock: Lock
    let made: string | undefined
    try {
      made = mkdirSync(directory, { recursive: true })
      lock = Lock.acquire(join(directory, LOCK), { what, otherwise, code: 'state_in_use' })
    } catch (error) {
      if (made !== undefined) removeEmpty(directory)
      throw unwritable({ what: `the state in ${directory}`, otherwise }, error)
    }
    try {
      if (force) return new State(directory, lock, undefined, false)
      const manifest = readManifest(directory)
      return new State(directory, lock, manifest, manifest === undefined)
    } catch (error) {
      lock.release()
      throw error
    }
  }

  /** Undefined while nothing was ever added. */
  get manifest(): Manifest | undefined {
    return this.current
  }

  /**
   * To be called before anything is read or written. What an interrupted run left is removed, once
   * the manifest has proved to be that of the files.
   *
   * @throws SessionizeError `state_damaged`
   */
  async assertWhole(): Promise<void> {
    if (this.current !== undefined) {
      await assertAllWhole(this.directory, this.current)
      mark(this.directory, this.current)
      this.sound = true
    }
    removeLeftovers(this.directory, this.current)
  }

  /** From here on the new manifest counts; what it no longer names is removed. */
  commit(after: Manifest): void {
    this.lock.assertHeld()
    writeManifest(this.directory, after, freshFiles(this.current, after))
    this.current = after
    removeLeftovers(this.directory, after)
  }

  async compact(engine: Engine): Promise<void> {
    if (this.current === undefined) return
    await this.assertWhole()
    this.commit(await compactSegments(engine, this.directory, this.current))
  }

  /** Removes the state's own files, and the folder if nothing else is in it. */
  drop(): void {
    // Without its manifest a state is none, so that an interrupted drop leaves nothing half-right.
    removeMarks(this.directory)
    rmSync(join(this.directory, MANIFEST), { force: true })
    this.current = undefined
    removeLeftovers(this.directory, undefined)
  }

  close(): void {
    // A run that failed leaves nothing that does not count.
    if (this.sound && this.lock.held) removeLeftovers(this.directory, this.current)
    this.lock.release()
    if (this.current === undefined) removeEmpty(this.directory)
  }
}

/** A run that failed before anything was added leaves no empty folder. */
function removeEmpty(directory: string): void {
  if (existsSync(directory) && readdirSync(directory).length === 0) rmdirSync(directory)
}

/** @throws SessionizeError `input_missing`, `state_in_use`, or `state_damaged` unless forced. */
export function dropState(path: string, force: boolean): void {
  if (!isState(resolve(path))) throw noState(path)
  const state = State.open(path, force)
  try {
    state.drop()
  } finally {
    state.close()
  }
}

const noState = (path: string): SessionizeError =>
  new SessionizeError('input_missing', `There is no state in ${path}.`, {
    hint: 'A state is made by: sessionize sessions FILE... --state DIR',
  })

/**
 * Where a state is or may be made: any folder is made one only when it is new or empty.
 *
 * @throws SessionizeError `usage`
 */
export function assertFolder(path: string): string {
  const directory = resolve(path)
  const found = statSync(directory, { throwIfNoEntry: false })
  if (found === undefined) return directory
  if (!found.isDirectory()) {
    throw new SessionizeError('usage', `${option('state')} ${path} is a file.`, {
      hint: 'Name a folder.',
    })
  }
  if (isState(directory)) return directory
  // What an interrupted first run leaves is no reason against it.
  const others = readdirSync(directory).filter(
    (name) => !isOwnFile(name) && !isLockFile(name, LOCK),
  )
  if (others.length > 0) {
    throw new SessionizeError('usage', `${path} is no state: it holds ${others[0]}.`, {
      hint: 'Name a new folder, or an empty one.',
    })
  }
  return directory
}

/** Read without a lock: a manifest is replaced in one step. */
export function describeState(path: string): StateDescription {
  const directory = resolve(path)
  const manifest = readManifest(directory)
  if (manifest === undefined) throw noState(path)
  const files = manifest.segments.flatMap(filesOf)
  const rows = (of: (segment: Manifest['segments'][number]) => number): number =>
    manifest.segments.reduce((sum, segment) => sum + of(segment), 0)
  return {
    schema: 'sessionize/state-list/v1',
    directory,
    fingerprint: manifest.fingerprint,
    spec: manifest.spec,
    mapping: manifest.mapping,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    rowBytes: rows(({ rows: of }) => of?.bytes ?? 0),
    segments: manifest.segments.length,
    blocks: rows(({ blocks }) => blocks.rows),
    replacedWindows: rows(({ voided }) => voided?.rows ?? 0),
    files: manifest.files,
  }
}

export interface StateDescription {
  readonly schema: 'sessionize/state-list/v1'
  readonly directory: string
  readonly fingerprint: string
  readonly spec: Manifest['spec']
  readonly mapping: Manifest['mapping']
  readonly bytes: number
  /** Of those, the mapped rows that duplicates are found by. */
  readonly rowBytes: number
  readonly segments: number
  /** Written blocks; of them those in replaced windows no longer count. */
  readonly blocks: number
  readonly replacedWindows: number
  readonly files: Manifest['files']
}

/** What was looked at and found to be as it was written. */
export interface VerifiedState {
  readonly directory: string
  /** Besides the manifest. */
  readonly files: number
  /** Of an older version: the sizes alone could be compared. */
  readonly unchecked: boolean
}

/** @throws SessionizeError `state_damaged`, which names every file that is not as it was written. */
export async function verifyState(path: string): Promise<VerifiedState> {
  const directory = resolve(path)
  const verified = await ofWhole(directory, async (manifest) => {
    const files = manifest.segments.flatMap(filesOf)
    const faults: string[] = []
    for (const file of files) {
      const fault = await faultOf(directory, file)
      if (fault !== undefined) faults.push(fault)
    }
    if (faults.length > 0) throw damaged(directory, faults.join('; '))
    return {
      directory,
      files: files.length,
      unchecked: !hasChecksums(manifest),
    }
  })
  if (verified === undefined) throw noState(path)
  return verified
}
