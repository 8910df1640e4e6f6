/**
 * What a state holds, as a JSON file. It names every other file that counts, and is replaced in one
 * step: whatever happens, the folder holds the state before an update or the state after it.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { SessionizeError } from '../errors/errors.js'
import {
  createBeside,
  isPartialOf,
  replaceFile,
  syncFile,
  syncFolder,
} from '../files/replacement.js'
import { isIntact, sealed } from '../files/sealed.js'
import { unwritable, type Writing } from '../files/unwritable.js'
import { readFailure } from '../sources/failures.js'

export const SCHEMA = 'sessionize/state/v2'
/** Without checksums. It is read; the next run that writes makes it the newest. */
const WITHOUT_CHECKSUMS = 'sessionize/state/v1'
export const MANIFEST = 'manifest.json'

const names = v.array(v.string())
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const micros = v.pipe(v.number(), v.safeInteger(), v.minValue(1))

const definition = v.strictObject({
  gapMicros: micros,
  boundary: v.picklist(['after', 'at']),
  gaps: v.exactOptional(
    v.array(v.strictObject({ property: v.string(), value: v.string(), gapMicros: micros })),
  ),
  midnightZone: v.exactOptional(v.string()),
  ignoreEvents: v.exactOptional(names),
})

const counts = v.object({
  read: count,
  kept: count,
  duplicates: count,
  rejected: v.object({
    malformed: count,
    // States of before have none.
    nested_too_deep: v.optional(count, 0),
    no_user: count,
    null_text: v.optional(count, 0),
    no_time: count,
    bad_time: count,
    time_out_of_range: count,
  }),
  filtered: count,
  ignored: count,
  outOfSession: count,
})

const segmentFile = v.object({
  name: v.string(),
  bytes: count,
  rows: count,
  /** Null in a state without checksums. */
  sha256: v.optional(v.nullable(v.string()), null),
})

const manifest = v.object({
  schema: v.picklist([SCHEMA, WITHOUT_CHECKSUMS]),
  /** SHA-256 of the canonical `spec`. */
  fingerprint: v.string(),
  spec: v.object({
    definition,
    columns: v.object({ properties: names, sums: names, counts: names, conversions: names }),
    /** What was said about reading, besides the columns' roles. */
    reading: v.object({
      where: v.nullable(v.string()),
      from: v.nullable(v.string()),
      to: v.nullable(v.string()),
      timeZone: v.string(),
    }),
  }),
  mapping: v.object({
    preset: v.string(),
    user: names,
    time: v.string(),
    /** For readers: every file is read as its own values say. */
    timeFormat: v.string(),
    clock: v.nullable(v.picklist(['event', 'client', 'server', 'corrected'])),
    event: v.nullable(v.string()),
    session: v.nullable(v.string()),
    outOfSession: v.nullable(v.string()),
    dedupe: names,
    exact: v.boolean(),
    nulls: v.optional(names, []),
    doubts: names,
  }),
  /** The number of the next segment: never used twice. */
  next: count,
  segments: v.array(
    v.object({
      number: count,
      blocks: segmentFile,
      /** Windows of earlier segments that this one replaces. */
      voided: v.nullable(segmentFile),
      /** Mapped rows, where duplicates must be known again. */
      rows: v.nullable(segmentFile),
      /** Rows of earlier segments that lost against a duplicate. */
      beaten: v.nullable(segmentFile),
    }),
  ),
  files: v.array(
    v.object({ label: v.string(), sha256: v.string(), bytes: count, segment: count, counts }),
  ),
  skipped: v.array(v.object({ label: v.string(), why: v.string() })),
})

export type Manifest = v.InferOutput<typeof manifest>
export type StateSpec = Manifest['spec']
export type StateMapping = Manifest['mapping']
export type Segment = Manifest['segments'][number]
export type SegmentFile = v.InferOutput<typeof segmentFile>
export type StateFile = Manifest['files'][number]

export const filesOf = ({ blocks, voided, rows, beaten }: Segment): SegmentFile[] =>
  [blocks, voided, rows, beaten].filter((file) => file !== null)

/** The same for the same spec, whatever the order of its keys. */
export const fingerprintOf = (spec: StateSpec): string =>
  createHash('sha256').update(canonical(spec)).digest('hex')

export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, of]) => of !== undefined)
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, of]) => `${JSON.stringify(key)}:${canonical(of)}`)
    .join(',')}}`
}

/** @throws SessionizeError `state_damaged` unless the manifest is the folder's newest, bit by bit. */
export function readManifest(directory: string): Manifest | undefined {
  const latest = latestCommit(directory)
  const bytes = readBytes(directory)
  // Looked at again, as the state may just have been dropped.
  const isMarked = latest !== undefined && existsSync(join(directory, markOf(latest)))
  if (bytes === undefined) {
    if (isMarked) throw damaged(directory, `${MANIFEST} is missing`)
    return undefined
  }
  const manifest = parse(directory, bytes)
  if (isMarked && manifest.next <= latest) {
    throw damaged(directory, `${MANIFEST} is an older one, from before run ${latest}`)
  }
  return manifest
}

function readBytes(directory: string): Buffer | undefined {
  try {
    return readFileSync(join(directory, MANIFEST))
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw readFailure(`${MANIFEST} of the state in ${directory}`, error)
  }
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))

function parse(directory: string, bytes: Buffer): Manifest {
  const intact = isIntact(bytes)
  if (intact === false) throw damaged(directory, `${MANIFEST} is not as it was written`)
  const content = parsed(directory, bytes)
  const version =
    typeof content === 'object' && content !== null && 'schema' in content && content.schema
  if (typeof version === 'string' && version !== SCHEMA && version !== WITHOUT_CHECKSUMS) {
    throw new SessionizeError(
      'state_mismatch',
      `The state in ${directory} is of version ${version}, and this program reads ${SCHEMA}.`,
      { hint: 'Use the program that made it, or make the state again from the event files.' },
    )
  }
  const checked = v.safeParse(manifest, content)
  if (
    !checked.success ||
    (intact === undefined && version !== WITHOUT_CHECKSUMS) ||
    checked.output.fingerprint !== fingerprintOf(checked.output.spec)
  ) {
    throw damaged(directory, `${MANIFEST} does not say what it should`)
  }
  return checked.output
}

function parsed(directory: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw damaged(directory, `${MANIFEST} is not JSON`, error)
  }
}

export const damaged = (directory: string, why: string, cause?: unknown): SessionizeError =>
  new SessionizeError('state_damaged', `The state in ${directory} is damaged: ${why}.`, {
    hint: `Put back a copy of the whole folder, or make it again from the event files, after: sessionize state drop ${directory} --force`,
    cause,
  })

/** Whether its files can be told from others of the same size. */
export const hasChecksums = ({ schema }: Manifest): boolean => schema === SCHEMA

export const writingTo = (directory: string): Writing => ({
  what: `the state in ${directory}`,
  otherwise: 'move the state to another folder',
})

/** Makes the manifest's files durable, then the manifest itself take effect in one step. */
export function writeManifest(
  directory: string,
  content: Manifest,
  fresh: readonly string[],
): void {
  const writing = { ...writingTo(directory), isPrivate: true }
  try {
    for (const name of fresh) syncFile(join(directory, name))
    syncFolder(directory)
  } catch (error) {
    throw unwritable(writing, error)
  }
  replaceFile(join(directory, MANIFEST), [sealed({ ...content, schema: SCHEMA })], writing)
  mark(directory, content)
}

const SEGMENT_FILE = /^(tmp_)?(blocks|voided|rows|beaten)-\d+\.parquet(\.tmp)?$/
const MARK = /^committed-(\d+)$/

/** An empty file, named for the last segment: a manifest that does not reach it is an older one. */
const markOf = (segment: number): string => `committed-${String(segment).padStart(6, '0')}`

function latestCommit(directory: string): number | undefined {
  const marks = namesIn(directory).flatMap((name) => MARK.exec(name)?.[1] ?? [])
  return marks.length === 0 ? undefined : Math.max(...marks.map(Number))
}

/** The manifest counts already: without its mark nothing is lost but what that would tell. */
export function mark(directory: string, { next }: Manifest): void {
  try {
    createBeside(join(directory, markOf(next - 1)), join(directory, MANIFEST))
  } catch {
    return
  }
}

/** Removed first of all: a state without its manifest is damaged, or it was never marked. */
export function removeMarks(directory: string): void {
  for (const name of namesIn(directory)) if (MARK.test(name)) rmSync(join(directory, name))
}

/** Whether there is a state, whole or not. */
export const isState = (directory: string): boolean =>
  existsSync(join(directory, MANIFEST)) || latestCommit(directory) !== undefined

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (isAbsent(error)) return []
    throw readFailure(`the state in ${directory}`, error)
  }
}

/** What a run writes besides the lock and the manifest itself, whole or in part. */
export const isOwnFile = (name: string): boolean =>
  SEGMENT_FILE.test(name) || MARK.test(name) || isPartialOf(name, MANIFEST)

/** Removes what an interrupted update left: files of a state's names that no longer count. */
export function removeLeftovers(directory: string, content: Manifest | undefined): void {
  const named = new Set(content?.segments.flatMap(filesOf).map(({ name }) => name))
  if (content !== undefined) named.add(markOf(content.next - 1))
  for (const name of readdirSync(directory)) {
    if (isOwnFile(name) && !named.has(name)) rmSync(join(directory, name), { force: true })
  }
}
