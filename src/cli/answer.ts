/**
 * What every command that answers a question does around it: outputs are opened before the work,
 * inputs are read, rejected rows are written, the answer goes to its place, nothing stays open.
 */

import type { ClusterRequest } from '../cluster/dataset.js'
import type { Dataset, DatasetOptions, Opened, ReadingOptions } from '../events/dataset.js'
import { given } from '../given.js'
import type { Appearance } from '../report/appearance.js'
import type { SessionDefinition } from '../sessions/definition.js'
import type { StateColumns } from '../state/spec.js'
import type { Context } from './context.js'
import { engineRequest } from './engine.js'
import { type OutputFlags, readDataset, type SharedFlags } from './flags.js'
import { requireInputs } from './inputs.js'
import { lookOf, printText, toOutput, withTarget } from './output.js'
import { withRejects } from './rejects.js'
import { withState } from './state.js'
import type { Watch } from './watch.js'

type Flags = SharedFlags & OutputFlags

export interface Question {
  /** Columns or properties that are read besides those of the session rules. */
  readonly columns?: readonly string[]
  /** What else of the reading depends on the question. */
  readonly dataset?: DatasetOptions
  /** Whether it can be answered in an engine that keeps the events, as it needs only sessions. */
  readonly elsewhere?: boolean
  /** Where it can be answered over a folder of `--state` too. */
  readonly state?: {
    readonly directory: string | undefined
    readonly definition: SessionDefinition
    readonly columns: StateColumns
  }
}

/** Where an answer goes: the file of `--output`, or standard output. */
export interface Answering {
  /** Text for readers; it is shown once the inputs have proved to be whole. */
  print(render: (look: Appearance) => string | Promise<string>): Promise<void>
  /** What `write` leaves at the path becomes the file, or is copied to standard output. */
  write(write: (path: string) => Promise<void>): Promise<void>
  /** The path that `write` is given. */
  readonly path: string
  /** As they were read, for other inputs that are read like these. */
  readonly options: ReadingOptions
}

/** One question to the events of the inputs. */
export async function answer(
  context: Context,
  inputs: readonly string[],
  flags: Flags,
  question: Question,
  ask: (asked: Dataset & Answering) => Promise<void>,
): Promise<void> {
  await around(context, flags, question, ({ options, onRead, answering, watch }) =>
    withEventsOf(inputs, context, flags, question, watch, options, async (dataset) => {
      await onRead(dataset)
      await ask({ ...dataset, ...answering(dataset) })
    }),
  )
}

export interface AskedOfFiles extends Opened, Answering {
  /** To be told of the events once they are read. */
  readonly onRead: (dataset: Dataset) => Promise<void>
}

/** One question to the files, where what they hold decides how their events are read. */
export async function answerFromFiles<T>(
  context: Context,
  inputs: readonly string[],
  flags: Flags,
  question: Omit<Question, 'state'>,
  ask: (asked: AskedOfFiles) => Promise<T>,
): Promise<T> {
  engineOf(inputs, context, flags, question, undefined)
  const { withSources } = await import('../events/dataset.js')
  return around(context, flags, question, ({ options, onRead, answering }) =>
    withSources(requireInputs(inputs, context.terminal), options, (opened) =>
      ask({ ...opened, ...answering(opened), onRead }),
    ),
  )
}

async function withEventsOf(
  inputs: readonly string[],
  context: Context,
  flags: Flags,
  question: Question,
  watch: Watch,
  options: ReadingOptions,
  use: (dataset: Dataset) => Promise<void>,
): Promise<void> {
  const { terminal } = context
  const { state } = question
  const elsewhere = engineOf(inputs, context, flags, question, watch)
  if (elsewhere !== undefined) {
    const { withCluster } = await import('../cluster/dataset.js')
    return withCluster(elsewhere, options, use)
  }
  if (state?.directory !== undefined) {
    return withState({ ...state, directory: state.directory }, inputs, terminal, options, use)
  }
  const { withDataset } = await import('../events/dataset.js')
  return withDataset(requireInputs(inputs, terminal), options, use)
}

const engineOf = (
  inputs: readonly string[],
  { terminal, signal }: Context,
  flags: Flags,
  { elsewhere = false, state }: Question,
  watch: Watch | undefined,
): ClusterRequest | undefined =>
  engineRequest(flags, {
    possible: elsewhere,
    inputs,
    state: state?.directory,
    rejects: flags.rejects,
    terminal,
    signal,
    onProgress: (progress) => watch?.cluster(progress),
  })

interface Around {
  readonly watch: Watch
  readonly options: ReadingOptions
  readonly onRead: AskedOfFiles['onRead']
  readonly answering: (opened: Opened) => Answering
}

async function around<T>(
  { terminal, signal }: Context,
  flags: Flags,
  { columns = [], dataset }: Question,
  use: (around: Around) => Promise<T>,
): Promise<T> {
  const { Watch } = await import('./watch.js')
  const watch = await Watch.on(terminal)
  return withTarget(flags.output, (target) =>
    withRejects(flags.rejects, async (write) => {
      let shown: string | undefined
      const options = {
        ...readDataset(flags, terminal, signal, columns),
        ...dataset,
        onProgress: watch.sources,
        ...given({ onRejected: flags.rejects === undefined ? undefined : write }),
      }
      const found = await use({
        watch,
        options,
        async onRead(read) {
          watch.engine(read.engine, read.events.ledger.kept)
          await write(read)
        },
        answering({ workspace }) {
          const path = target?.path ?? workspace.path()
          return {
            options,
            path,
            async print(render) {
              shown = await render(lookOf(flags, terminal, target))
            },
            async write(write) {
              await write(path)
              watch.finish()
              await toOutput(path, target, () => workspace.path(), terminal)
            },
          }
        },
      })
      watch.finish()
      if (shown !== undefined) await printText(shown, target, terminal)
      return found
    }),
  ).finally(() => watch.finish())
}
