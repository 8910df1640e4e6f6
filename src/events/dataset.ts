/**
 * Opens everything a question needs, lets it be answered, and leaves nothing behind.
 */
import type { Readable } from 'node:stream'
import { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { assertUnchanged, fingerprint } from '../sources/changes.js'
import { NO_ALLOWANCES } from '../sources/group.js'
import { openSources, type SourceProgress } from '../sources/open.js'
import type { Outputs } from '../sources/outputs.js'
import { brokeOnEncoding } from '../sources/scan.js'
import type { Sources } from '../sources/source.js'
import { lookThrough } from '../sources/verify.js'
import { Workspace } from '../sources/workspace.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { rejectedTotal } from './ledger.js'
import { adviceOn, describeRejected } from './left-out.js'
import { type EventOptions, type FileEvents, openEvents, type RejectedRow } from './open.js'

/** What may be spent. */
export interface Resources {
  readonly threads?: number
  /** As in `2GB` or `512MB`. */
  readonly memory?: string
  readonly tempDirectory?: string
}

/** Everything about reading inputs. */
export interface DatasetOptions extends Resources, EventOptions {
  readonly stdin?: Readable
  /** Rejected rows are an error. */
  readonly strict?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: SourceProgress) => void
  /** What the run writes, which must not be what it reads. */
  readonly outputs?: Outputs
}

export interface Opened {
  readonly engine: Engine
  readonly workspace: Workspace
  readonly sources: Sources
}

export interface FileDataset extends Opened {
  readonly events: FileEvents
}

export interface ReadingOptions extends DatasetOptions {
  /** Given rejected rows that are about to be an error: by `strict`, or as no row is left. */
  readonly onRejected?: (dataset: FileDataset) => Promise<void>
}

/** Files and an engine, before any row is mapped. */
export const withSources = <T>(
  inputs: readonly string[],
  options: DatasetOptions,
  use: (opened: Opened) => Promise<T>,
): Promise<T> => {
  const { stdin, onProgress, outputs } = options
  const open = (workspace: Workspace): Promise<Sources> =>
    openSources(inputs, { workspace, ...omitUndefined({ stdin, onProgress, outputs }) })
  return withEngine(options, open, use)
}

/** An engine with nothing to read. */
export const withoutSources = <T>(
  options: DatasetOptions,
  use: (opened: Opened) => Promise<T>,
): Promise<T> => withEngine(options, async () => ({ files: [], skipped: [] }), use)

async function withEngine<T>(
  options: DatasetOptions,
  open: (workspace: Workspace) => Promise<Sources>,
  use: (opened: Opened) => Promise<T>,
): Promise<T> {
  const { signal } = options
  signal?.throwIfAborted()
  const workspace = Workspace.create(options.tempDirectory)
  let engine: Engine | undefined
  const stop = (): void => engine?.interrupt()
  signal?.addEventListener('abort', stop)
  try {
    const sources = await orAborted(open(workspace), signal)
    engine = await startEngine(workspace, options)
    signal?.throwIfAborted()
    return await use({ engine, workspace, sources })
  } finally {
    signal?.removeEventListener('abort', stop)
    engine?.close()
    workspace.close()
  }
}

/**
 * The relation `events` of the named inputs, for as long as `use` runs.
 *
 * @throws SessionizeError when an input is missing, damaged, changes meanwhile, or holds no event.
 */
export async function withDataset<T>(
  inputs: readonly string[],
  options: ReadingOptions,
  use: (dataset: FileDataset) => Promise<T>,
): Promise<T> {
  return withSources(inputs, options, (opened) => withEvents(opened, options, use))
}

/** The same of files that are open already: what to read can depend on what they hold. */
export async function withEvents<T>(
  opened: Opened,
  options: ReadingOptions,
  use: (dataset: FileDataset) => Promise<T>,
): Promise<T> {
  const { sources, engine } = opened
  const before = await fingerprint(sources.files)
  const damage = new AbortController()
  damage.signal.addEventListener('abort', () => engine.interrupt())
  const verified = lookThrough(sources.files)
  // Nothing is worth reading on for; the failure itself is looked at below.
  verified.catch(() => damage.abort())
  const signals = [damage.signal, ...(options.signal === undefined ? [] : [options.signal])]
  const read = (): Promise<T> =>
    withReader(
      opened,
      { ...options, signal: AbortSignal.any(signals) },
      verified,
      async (reader, events) => {
        const dataset = { ...opened, engine: reader, events }
        await assertUsable(dataset, options)
        return use(dataset)
      },
    )
  const result = await read().catch(async (error: unknown) => {
    // A damaged file explains whatever else went wrong.
    if (options.signal?.aborted !== true) await verified
    throw error
  })
  await orAborted(verified, options.signal)
  await assertUnchanged(sources.files, before)
  return result
}

/**
 * Gives up waiting when aborted. Reading from a pipe that nobody fills cannot be stopped; what is
 * unpacked meanwhile fails by itself, as its workspace is gone.
 */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new SessionizeError('interrupted', 'Interrupted.'))
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** An engine with the relation `events`; a new one where reading has broken the first. */
async function withReader<T>(
  { engine, sources, workspace }: Opened,
  options: DatasetOptions,
  deep: Promise<readonly string[]>,
  use: (engine: Engine, events: FileEvents) => Promise<T>,
): Promise<T> {
  const events = await openEvents(engine, sources, options, { deep }).catch((error: unknown) => {
    if (!brokeOnEncoding(error)) throw error
    return undefined
  })
  if (events !== undefined) return use(engine, events)
  const another = await startEngine(workspace, options)
  const stop = (): void => another.interrupt()
  options.signal?.addEventListener('abort', stop)
  try {
    const known = { ...NO_ALLOWANCES, allColumns: true }
    return await use(another, await openEvents(another, sources, options, { known, deep }))
  } finally {
    options.signal?.removeEventListener('abort', stop)
    another.close()
  }
}

const startEngine = (workspace: Workspace, { threads, memory }: Resources): Promise<Engine> =>
  Engine.open({
    tempDirectory: workspace.path('-spill'),
    ...omitUndefined({ threads, memory }),
  })

/** @throws SessionizeError `no_events`, or `rejected_rows` where that is asked for. */
export async function assertUsable(
  dataset: FileDataset,
  { strict = false, onRejected }: ReadingOptions,
): Promise<void> {
  const { events } = dataset
  const { ledger } = events
  const rejected = rejectedTotal(ledger)
  if (ledger.read === 0) {
    throw new SessionizeError('no_events', `No rows in ${files(events)}.`, {
      hint: 'Check that the export, or the command before it, gave any events.',
    })
  }
  if (rejected > 0 && (strict || rejected === ledger.read)) await onRejected?.(dataset)
  if (strict && rejected > 0) {
    const toSee = onRejected === undefined && events.rejectsQuery() !== undefined
    throw new SessionizeError(
      'rejected_rows',
      `${rejected} of ${ledger.read} rows were rejected.\n${examples(await events.rejects())}`,
      {
        hint: `${toSee ? 'See them with --rejects rejects.csv, or leave' : 'Leave'} out --strict to count them and go on.`,
      },
    )
  }
  if (rejected === ledger.read) {
    throw new SessionizeError(
      'no_events',
      [
        `None of the ${ledger.read} rows of ${files(events)} is an event.`,
        examples(await events.rejects()),
        ...events.mapping.doubts,
      ].join('\n'),
      { hint: adviceOn(ledger, events.mapping) },
    )
  }
}

const files = ({ ledger }: FileEvents): string =>
  ledger.files.length === 1 ? (ledger.files[0]?.label ?? '') : `${ledger.files.length} files`

const examples = (rows: readonly RejectedRow[]): string => rows.map(describeRejected).join('\n')
