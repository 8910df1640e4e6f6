/** Events from a state and from files that are added to it, in the place of events from files alone. */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import {
  type Opened,
  type ReadingOptions,
  withEvents,
  withoutSources,
  withSources,
} from '../events/dataset.js'

import type { Added, AskedOfEvents, Dataset, EventSource, Events } from '../sessions/dataset.js'
import { assertIdentical, type IdentifiedFile, identify } from './content.js'
import { damaged, hasChecksums, type Manifest, type StateSpec } from './manifest.js'
import {
  assertSameMapping,
  assertSameRoles,
  assertSameSpec,
  mappingOf,
  readProperties,
  specOf,
  stateColumns,
} from './spec.js'
import { assertFolder, State } from './state.js'
import { storedEvents } from './stored-events.js'
import { addEvents } from './update.js'
import { copied } from './whole.js'

export interface StateRequest {
  readonly directory: string
  readonly onAdded?: (added: Added) => void
  /** Told of a state that is read although its files have no checksums. */
  readonly onUnchecked?: () => void
}

/** The folder of `--state` as a place where events are. */
export const stateSource = (request: StateRequest): EventSource => ({
  assertAnswers: wantedOf,
  withEvents: (asked, use) => withState(request, asked, use),
})

function wantedOf({ columns, definition, reading }: AskedOfEvents): StateSpec {
  if (columns !== undefined) return specOf(definition, stateColumns(columns), reading)
  throw new SessionizeError(
    'unsupported',
    'This needs single events, and a state keeps blocks of them.',
    { hint: `Leave out ${option('state')}, and name the files.` },
  )
}

/**
 * As `withDataset`, over everything in the state once the inputs are added to it: it is locked then
 * until `use` has ended. Without inputs the state answers alone, and nothing is locked or written.
 *
 * @throws SessionizeError `unsupported`, `state_in_use`, `state_damaged`, `state_mismatch`; whatever
 * goes wrong, the state is as it was or holds the inputs whole.
 */
async function withState<T>(
  request: StateRequest,
  asked: AskedOfEvents,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  const wanted = wantedOf(asked)
  const { inputs, reading } = asked
  return inputs.length === 0
    ? kept(request, wanted, reading, use)
    : added(request, wanted, inputs, reading, use)
}

function kept<T>(
  request: StateRequest,
  wanted: StateSpec,
  options: ReadingOptions,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  const directory = assertFolder(request.directory)
  return withoutSources(options, async (opened) => {
    const whole = await copied(directory, opened.workspace, options.signal)
    if (whole === undefined) {
      throw new SessionizeError('usage', `There is nothing in the state ${directory} yet.`, {
        hint: 'Name the files to add.',
      })
    }
    const { manifest, folder } = whole
    assertFits(request, manifest, wanted, options)
    if (!hasChecksums(manifest)) request.onUnchecked?.()
    try {
      const events = await storedEvents(opened.engine, folder, manifest, undefined)
      return await use({ ...opened, events })
    } catch (error) {
      throw hasChecksums(manifest) ? error : unchecked(directory, error)
    }
  })
}

/** What the engine cannot make anything of, in a state whose files cannot be told from others. */
function unchecked(directory: string, error: unknown): unknown {
  const isOfEngine =
    error instanceof SessionizeError &&
    ['engine', 'input_corrupt', 'input_unreadable'].includes(error.code)
  return isOfEngine
    ? damaged(directory, 'its files have no checksums, and one of them cannot be read', error)
    : error
}

async function added<T>(
  request: StateRequest,
  wanted: StateSpec,
  inputs: readonly string[],
  options: ReadingOptions,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  const state = State.open(request.directory)
  try {
    if (state.manifest !== undefined) assertFits(request, state.manifest, wanted, options)
    return await withSources(inputs, options, async (opened) => {
      await state.assertWhole()
      const read = await add(state, request, wanted, opened, options)
      const { manifest, directory } = state
      if (manifest === undefined) throw new RangeError('nothing was added to an empty state')
      const events = await storedEvents(opened.engine, directory, manifest, read)
      return use({ ...opened, events })
    })
  } finally {
    state.close()
  }
}

function assertFits(
  { directory }: StateRequest,
  manifest: Manifest,
  wanted: StateSpec,
  options: ReadingOptions,
): void {
  assertSameSpec(directory, manifest, wanted)
  assertSameRoles(directory, manifest, options)
}

/** @returns the events of the files that were not in the state; undefined when all were. */
async function add(
  state: State,
  request: StateRequest,
  wanted: StateSpec,
  opened: Opened,
  options: ReadingOptions,
): Promise<Events | undefined> {
  const before = state.manifest
  const { fresh, known } = split(
    await identify(opened.sources.files),
    new Set(before?.files.map(({ sha256 }) => sha256)),
  )
  const labels = new Set(before?.files.map(({ label }) => label))
  const changed = fresh.map(({ file }) => file.label).filter((label) => labels.has(label))
  if (fresh.length === 0) {
    request.onAdded?.({
      ...{ files: [], rows: 0, kept: 0, duplicates: 0, changed },
      known: known.map(({ file }) => file.label),
      filesInState: before?.files.length ?? 0,
    })
    return undefined
  }
  const spec = before?.spec ?? wanted
  const { manifest, events } = await withEvents(
    { ...opened, sources: { ...opened.sources, files: fresh.map(({ file }) => file) } },
    { ...options, dimensions: readProperties(spec) },
    async ({ engine, events: read }) => {
      if (before !== undefined) {
        assertSameMapping(request.directory, before, mappingOf(read.mapping))
      }
      return {
        events: read,
        manifest: await addEvents(engine, state.directory, spec, before, {
          events: read,
          files: fresh,
        }),
      }
    },
  )
  // Only now it is known that the files were whole, and their rows those of the bytes that count.
  await assertIdentical(fresh)
  state.commit(manifest)
  const own = manifest.files.slice(before?.files.length ?? 0)
  const sum = (of: (counts: (typeof own)[number]['counts']) => number): number =>
    own.reduce((total, { counts }) => total + of(counts), 0)
  request.onAdded?.({
    files: own.map(({ label }) => label),
    rows: sum(({ read }) => read),
    kept: sum(({ kept }) => kept),
    duplicates: sum(({ duplicates }) => duplicates),
    known: known.map(({ file }) => file.label),
    changed,
    filesInState: manifest.files.length,
  })
  return events
}

/** Copies within one run count once too. */
function split(
  files: readonly IdentifiedFile[],
  seen: Set<string>,
): { fresh: IdentifiedFile[]; known: IdentifiedFile[] } {
  const [fresh, known]: [IdentifiedFile[], IdentifiedFile[]] = [[], []]
  for (const file of files) {
    if (seen.has(file.sha256)) known.push(file)
    else fresh.push(file)
    seen.add(file.sha256)
  }
  return { fresh, known }
}
