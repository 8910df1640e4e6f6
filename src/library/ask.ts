/**
 * What every question has in common: its options are read, its inputs are opened wherever they are,
 * rejected rows are written where that was asked for, and nothing stays open behind it.
 */
import type { Readable } from 'node:stream'
import { option } from '../errors/option.js'
import {
  type DatasetOptions,
  type Opened,
  type ReadingOptions,
  withDataset,
  withSources,
} from '../events/dataset.js'
import type { Preset } from '../events/presets/preset.js'
import type { Added, Dataset, EventSource, TableColumns } from '../sessions/dataset.js'
import { ruleProperties, type SessionDefinition } from '../sessions/definition.js'
import type { SourceProgress } from '../sources/open.js'
import { assertApart, inputAt, type Output, type Outputs, outputAt } from '../sources/outputs.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { readDefinition } from './definition.js'
import type { OnLeftOut } from './left-out.js'
import {
  type CommandName,
  type OptionSpec,
  type Options,
  type OptionsOf,
  optionsOf,
} from './option-table.js'
import { type ReadOptions, readOptions } from './options.js'
import { withRejects } from './rejects.js'

/** Files, folders, globs, archives, or `-` for `stdin`. */
export type Inputs = string | readonly string[]

/** What a question can be asked with besides its options. */
export interface Surroundings {
  /** What the input `-` reads. */
  readonly stdin?: Readable
  /** Ends the work. */
  readonly signal?: AbortSignal
  /** Presets of one's own, which are detected like the others and win over one of the same name. */
  readonly presets?: readonly Preset[]
  /** Told of what is being read. */
  readonly onProgress?: (progress: SourceProgress) => void
  /** Told what was added to `state`. */
  readonly onAdded?: (added: Added) => void
  /** Told of what a table of sessions, events or users, or a query, does not hold. */
  readonly onLeftOut?: OnLeftOut
  /** Told that `state` was made by a version that kept no checksums. */
  readonly onUnchecked?: () => void
}

/** What the program itself asks with. */
export interface Within extends Surroundings {
  /** Where the events are, instead of in the inputs alone. */
  readonly source?: EventSource
  /** What the run writes, which must not be what it reads. */
  readonly outputs?: Outputs
  /** Told of the events once they are read. */
  readonly onRead?: (dataset: Dataset) => void
}

const KEYS: Readonly<Record<keyof Within, true>> = {
  stdin: true,
  signal: true,
  presets: true,
  source: true,
  onProgress: true,
  onAdded: true,
  onUnchecked: true,
  onLeftOut: true,
  onRead: true,
  outputs: true,
}

export const SURROUNDINGS: ReadonlySet<string> = new Set(Object.keys(KEYS))

/** Options of a question, and what it is asked with. */
export type Asked<Name extends CommandName> = Options<Name> & Surroundings

/** What all that read rows have in common. */
type Reading = Pick<ReadOptions<'events'>, Extract<OptionsOf<'events'>, OptionsOf<'check'>>>

/** A question as it was read. */
export interface Read<Name extends CommandName> {
  readonly options: ReadOptions<Name>
  readonly definition: SessionDefinition
  readonly surroundings: Within
}

/** @param besides keys that are the question's own business */
export function read<Name extends CommandName>(
  command: Name,
  asked: Asked<Name> & Within,
  besides: readonly string[] = [],
): Read<Name> {
  const options = readOptions(command, asked, new Set([...SURROUNDINGS, ...besides]))
  const surroundings = { ...asked, outputs: withWritten(command, asked) }
  return { options, definition: readDefinition(options), surroundings }
}

/** What the options say that is written, besides what is known; none of it is what they read. */
function withWritten(command: CommandName, asked: object & Within): Outputs {
  const given = new Map<string, unknown>(Object.entries(asked))
  const at = (kind: OptionSpec['path']): Output[] =>
    optionsOf(command).flatMap(({ name, path }) => {
      const value = given.get(name)
      return path === kind && typeof value === 'string' ? [outputAt(option(name), value)] : []
    })
  const { files = [], folders = [], ...rest } = asked.outputs ?? {}
  const known = new Set(files.map(({ path }) => path))
  const all = [...files, ...at('written').filter(({ path }) => !known.has(path))]
  const states = at('folder').filter(({ name }) => name === option('state'))
  const baseline = [given.get('baseline')].flat().filter((one) => typeof one === 'string')
  const what = command === 'check' ? 'the baseline' : 'events'
  assertApart(
    all,
    states,
    baseline.map((one) => inputAt(one, what)),
  )
  return { say: () => undefined, ...rest, files: all, folders: [...folders, ...states] }
}

/** What of the reading depends on the question. */
export interface Question {
  /** Properties that are read besides those of the session rules. */
  readonly properties?: readonly string[]
  /** What else. */
  readonly dataset?: DatasetOptions
  /** What it needs of the session table, where it needs no single events. */
  readonly columns?: TableColumns
}

/** A question to the events of the inputs. */
export function ask<T>(
  inputs: Inputs,
  { options, definition, surroundings }: Read<'sessions'> | Read<'events'>,
  question: Question,
  use: (dataset: Dataset, reading: ReadingOptions) => Promise<T>,
): Promise<T> {
  return withRejects(options.rejects, surroundings.outputs?.together, async (onRejected) => {
    const reading = readingOf(options, definition, surroundings, question, onRejected)
    const onRead = async (dataset: Dataset): Promise<T> => {
      surroundings.onRead?.(dataset)
      await onRejected?.(dataset)
      return use(dataset, reading)
    }
    const { source } = surroundings
    if (source === undefined) {
      if ('state' in options) throw new RangeError('a state is named, and nothing opens it')
      return withDataset(inputList(inputs), reading, onRead)
    }
    return source.withEvents(
      {
        inputs: inputList(inputs),
        definition,
        reading,
        columns: question.columns,
        rejects: options.rejects,
      },
      onRead,
    )
  })
}

/** A question to files, where what they hold decides how their events are read. */
export function askFiles<T>(
  inputs: Inputs,
  { options, definition, surroundings }: Read<'check'> | Read<'report'>,
  question: Question,
  use: (
    opened: Opened,
    reading: ReadingOptions,
    onRead: (dataset: Dataset) => Promise<void>,
  ) => Promise<T>,
): Promise<T> {
  surroundings.source?.assertAnswers({
    inputs: inputList(inputs),
    definition,
    reading: readingOf(options, definition, surroundings, question),
    columns: undefined,
    rejects: options.rejects,
  })
  return withRejects(options.rejects, surroundings.outputs?.together, (onRejected) => {
    const reading = readingOf(options, definition, surroundings, question, onRejected)
    return withSources(inputList(inputs), reading, (opened) =>
      use(opened, reading, async (dataset) => {
        surroundings.onRead?.(dataset)
        await onRejected?.(dataset)
      }),
    )
  })
}

export const inputList = (inputs: Inputs): readonly string[] =>
  typeof inputs === 'string' ? [inputs] : inputs

/** How the options say that rows are read. */
export function readingOf(
  options: Reading,
  definition: SessionDefinition,
  { stdin, signal, presets, onProgress, outputs }: Within,
  { properties = [], dataset }: Question = {},
  onRejected?: (dataset: Dataset) => Promise<void>,
): ReadingOptions {
  return {
    dimensions: [...new Set([...properties, ...ruleProperties(definition)])],
    namedBy: namesByOption(options, definition),
    ...omitUndefined({
      stdin,
      signal,
      presets,
      onProgress,
      outputs,
      onRejected,
      preset: options.preset,
      user: options.user,
      time: options.time,
      timeFormat: options.timeFormat,
      timeZone: options.timezone,
      event: options.event,
      session: options.session,
      dedupe: options.dedupe,
      unnest: options.unnest,
      delimiter: options.delimiter,
      skip: options.skip,
      comment: options.comment,
      header: options.header,
      clock: options.clock,
      nulls: options.null,
      stitch: options.stitch,
      stitchLimit: options.stitchLimit,
      mergedIds: options.mergedIds,
      strict: options.strict,
      where: options.where,
      from: options.from,
      to: options.to,
      threads: options.threads,
      memory: options.memory,
      tempDirectory: options.tempDir,
      ignore: definition.ignoreEvents,
      recordedOnly: definition.recorded,
    }),
    ...dataset,
  }
}

/** Which option named a property: of several, the last. */
const namesByOption = (
  options: Partial<Pick<ReadOptions<'sessions'>, 'by' | 'property' | 'sum' | 'cutOn'>>,
  { gaps = [] }: SessionDefinition,
): ReadonlyMap<string, string> => {
  const { by = [], property = [], sum = [], cutOn = [] } = options
  const named = (names: readonly string[], name: string): [string, string][] =>
    names.map((one) => [one, option(name)])
  return new Map([
    ...named([...by, ...by.map((key) => key.replace(/:[a-z]+$/, ''))], 'by'),
    ...named(property, 'property'),
    ...named(sum, 'sum'),
    ...named(cutOn, 'cutOn'),
    ...named(
      gaps.map((rule) => rule.property),
      'gap',
    ),
  ])
}
