/** Events from a state and from files that are added to it, in the place of events from files alone. */
import { SessionizeError } from '../errors/errors.js'
import {
  type Dataset,
  type Opened,
  type ReadingOptions,
  withEvents,
  withoutSources,
  withSources,
} from '../events/dataset.js'
import type { Events } from '../events/open.js'
import type { SessionDefinition } from '../sessions/definition.js'
import { type IdentifiedFile, identify } from './content.js'
import type { StateSpec } from './manifest.js'
import {
  assertSameMapping,
  assertSameRoles,
  assertSameSpec,
  mappingOf,
  readProperties,
  type StateColumns,
  specOf,
} from './spec.js'
import { State } from './state.js'
import { storedEvents } from './stored-events.js'
import { addEvents } from './update.js'

export interface StateRequest {
  readonly directory: string
  readonly definition: SessionDefinition
  readonly columns: StateColumns
  readonly onAdded?: (added: Added) => void
}

/** What this run changed. */
export interface Added {
  readonly files: readonly string[]
  readonly rows: number
  readonly kept: number
  readonly duplicates: number
  /** Files whose bytes the state has seen. */
  readonly known: readonly string[]
  /** Files whose name the state has seen, with other bytes. */
  readonly changed: readonly string[]
  readonly filesInState: number
}

/**
 * As `withDataset`, over everything in the state once the inputs are added to it. Without inputs the
 * state answers alone. The state is locked until `use` has ended.
 *
 * @throws SessionizeError `unsupported`, `state_in_use`, `state_damaged`, `state_mismatch`; whatever
 * goes wrong, the state is as it was or holds the inputs whole.
 */
export async function withState<T>(
  request: StateRequest,
  inputs: readonly string[],
  options: ReadingOptions,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  const wanted = specOf(request.definition, request.columns, options)
  const state = State.open(request.directory)
  try {
    if (state.manifest !== undefined) {
      assertSameSpec(request.directory, state.manifest, wanted)
      assertSameRoles(request.directory, state.manifest, options)
    }
    if (inputs.length === 0) {
      return await withoutSources(options, (opened) => answer(state, opened, undefined, use))
    }
    return await withSources(inputs, options, async (opened) => {
      const added = await add(state, request, wanted, opened, options)
      return answer(state, opened, added, use)
    })
  } finally {
    state.close()
  }
}

async function answer<T>(
  state: State,
  opened: Opened,
  added: Events | undefined,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  const { manifest, directory } = state
  if (manifest === undefined) {
    throw new SessionizeError('usage', `There is nothing in the state ${directory} yet.`, {
      hint: 'Name the files to add.',
    })
  }
  const events = await storedEvents(opened.engine, directory, manifest, added)
  return use({ ...opened, events })
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
  // Only now it is known that the files were whole and did not change while they were read.
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
