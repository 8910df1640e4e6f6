/** Questions with one answer: each reads the inputs, asks, and closes everything behind it. */
import { cohort } from '../analysis/cohort.js'
import {
  type CompareAnswer,
  type CompareOptions as CompareQuestion,
  compareSessions,
  exportBaseline,
} from '../analysis/compare/compare.js'
import { analyseGap, type GapAnswer } from '../analysis/gap/gap.js'
import { segmentProperties } from '../analysis/segment-key.js'
import { type SummaryOptions as SummaryQuestion, summarize } from '../analysis/summarize.js'
import type { Summary } from '../analysis/summary.js'
import {
  trend as analyseTrend,
  type Trend,
  type TrendOptions as TrendQuestion,
} from '../analysis/trend.js'
import { withDataset, withSources } from '../events/dataset.js'
import { type Inspection, inspect as inspectSources } from '../events/inspect.js'
import { given } from '../given.js'
import {
  datasetOptions,
  type GroupingOptions,
  type InputOptions,
  readDefinition,
  type SessionOptions,
  segmentOptions,
} from './options.js'
import { iterateWithin, type Row, rowsOf } from './rows.js'

/** Files, folders, globs, archives, or `-` for `options.stdin`. */
export type Inputs = string | readonly string[]

export const inputList = (inputs: Inputs): readonly string[] =>
  typeof inputs === 'string' ? [inputs] : inputs

type Question<Options, Keys extends keyof Options> = Pick<Options, Keys>

export interface SummaryOptions
  extends GroupingOptions,
    Question<SummaryQuestion, 'top' | 'having' | 'bins' | 'detail' | 'quantiles'> {}

/**
 * Sessions, users, bounces and lengths, over all and per segment: `sessionize FILE`.
 *
 * @throws SessionizeError
 */
export async function summary(inputs: Inputs, options: SummaryOptions = {}): Promise<Summary> {
  const { top, having, bins, detail, quantiles } = options
  return withDataset(
    inputList(inputs),
    datasetOptions(options, segmentProperties(options.by ?? [])),
    ({ engine, events }) =>
      summarize(engine, events, {
        ...segmentOptions(options),
        ...given({ top, having, bins, detail, quantiles }),
      }),
  )
}

export interface TrendOptions
  extends GroupingOptions,
    Partial<Question<TrendQuestion, 'per' | 'attribute'>> {}

/** Sessions per hour, day, week, month or hour of the week: `sessionize trend`. */
export async function trend(inputs: Inputs, options: TrendOptions = {}): Promise<Trend> {
  return withDataset(
    inputList(inputs),
    datasetOptions(options, segmentProperties(options.by ?? [])),
    ({ engine, events }) =>
      analyseTrend(engine, events, {
        ...segmentOptions(options),
        per: options.per ?? 'day',
        ...given({ attribute: options.attribute }),
      }),
  )
}

export interface CompareOptions
  extends GroupingOptions,
    Question<
      CompareQuestion,
      'reference' | 'top' | 'quantiles' | 'longMicros' | 'withBounces' | 'replicates' | 'seed'
    > {
  /** Files whose sessions are compared with; read with the same options. */
  readonly baseline?: Inputs
}

/** Segments, or two sets of files, against each other: `sessionize compare`. */
export async function compare(inputs: Inputs, options: CompareOptions): Promise<CompareAnswer> {
  const { baseline, reference, top, quantiles, longMicros, withBounces, replicates, seed } = options
  const dataset = datasetOptions(options, segmentProperties(options.by ?? []))
  const question: CompareQuestion = {
    ...segmentOptions(options),
    ...given({ reference, top, quantiles, longMicros, withBounces, replicates, seed }),
  }
  return withDataset(inputList(inputs), dataset, async ({ engine, events, workspace }) => {
    const path = workspace.path('.parquet')
    const exported =
      baseline === undefined
        ? undefined
        : await withDataset(inputList(baseline), dataset, (other) =>
            exportBaseline(other.engine, other.events, question, path),
          )
    return compareSessions(engine, events, question, exported)
  })
}

export interface GapOptions extends SessionOptions {
  /** Timeouts to try, in microseconds. */
  readonly gapsMicros?: readonly number[]
  /** A property of events whose values are also fitted apart. */
  readonly by?: string
}

/** What depends on the timeout, and which one the data suggest: `sessionize gap`. */
export async function gap(inputs: Inputs, options: GapOptions = {}): Promise<GapAnswer> {
  const { by, gapsMicros } = options
  return withDataset(
    inputList(inputs),
    datasetOptions(options, by === undefined ? [] : [by]),
    ({ engine, events }) =>
      analyseGap(engine, events, {
        definition: readDefinition(options),
        ...given({ gapsMicros, by }),
      }),
  )
}

export interface UsersOptions extends Omit<SessionOptions, 'where'> {
  /** On figures over one user's sessions: `sessions >= 3 and p90_length > '5m'`. */
  readonly where?: string
  /** On the columns of one event. */
  readonly eventsWhere?: string
}

/** The users whose sessions meet a condition, with their figures: `sessionize users`. */
export function users(inputs: Inputs, options: UsersOptions = {}): AsyncIterable<Row> {
  const { where, eventsWhere, ...rest } = options
  const shared: SessionOptions = { ...rest, ...given({ where: eventsWhere }) }
  return iterateWithin((each) =>
    withDataset(inputList(inputs), datasetOptions(shared), async ({ engine, events }) => {
      const found = await cohort(engine, events, {
        definition: readDefinition(shared),
        ...given({ where }),
      })
      await each(rowsOf(engine, found.figures))
    }),
  )
}

/** Formats, preset, columns and mapping, with reasons: `sessionize inspect`. */
export async function inspect(inputs: Inputs, options: InputOptions = {}): Promise<Inspection> {
  return withSources(inputList(inputs), options, ({ engine, sources }) =>
    inspectSources(engine, sources, options),
  )
}
