/** Questions with one answer: each reads the inputs, asks, and closes everything behind it. */
import type { Audit } from '../analysis/audit/audit.js'
import type { ReportedLengthOption } from '../analysis/audit/reported-length.js'
import { AUDIT_DIMENSIONS, audit as auditEvents } from '../analysis/audit/run.js'
import { cohort } from '../analysis/cohort.js'
import {
  type CompareAnswer,
  type CompareChoices,
  type CompareOptions as CompareQuestion,
  compareSessions,
  exportBaseline,
} from '../analysis/compare/compare.js'
import { analyseGap, type GapAnswer } from '../analysis/gap/gap.js'
import { segmentProperties } from '../analysis/segment-key.js'
import { type SummaryChoices, summarize } from '../analysis/summarize.js'
import type { Summary } from '../analysis/summary.js'
import { trend as analyseTrend, type PeriodUnit, type Trend } from '../analysis/trend.js'
import { check as checkFiles } from '../checks/check.js'
import type { OwnRule } from '../checks/own-rule.js'
import type { CheckReport } from '../checks/result.js'
import type { RuleSetting } from '../checks/run.js'
import { nowMicros } from '../checks/scene.js'
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

/** Options of `summary`. */
export interface SummaryOptions extends GroupingOptions, SummaryChoices {}

/**
 * Sessions, users, bounces and lengths, over all and per segment: `sessionize FILE`.
 *
 * @throws SessionizeError as all of these functions: a missing or damaged input, a column that is not
 * there, a definition or an option that makes no sense, a lack of memory or disk
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

/** Options of `trend`. */
export interface TrendOptions extends GroupingOptions {
  /** Length of a period; a day by default. */
  readonly per?: PeriodUnit
  /** Where a session that spans two periods counts; its start by default. */
  readonly attribute?: 'start' | 'end'
}

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

/** Options of `compare`. */
export interface CompareOptions extends GroupingOptions, CompareChoices {
  /** Files whose sessions are compared with; read with the same options. */
  readonly baseline?: Inputs
}

/**
 * Segments, or two sets of files, against each other: `sessionize compare`.
 *
 * @throws SessionizeError `usage` without segments and without a baseline, or for a reference that is
 * no group
 */
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

/** Options of `gap`. */
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

/** Options of `users`. */
export interface UsersOptions extends Omit<SessionOptions, 'where'> {
  /** On figures over one user's sessions: `sessions >= 3 and p90_length > '5m'`. */
  readonly where?: string
  /** On the columns of one event. */
  readonly eventsWhere?: string
}

/**
 * The users whose sessions meet a condition, with their figures, ordered by user: `sessionize users`.
 * Columns: `user`, `sessions`, `events`, `bounces`, `total_seconds`, `mean_seconds`,
 * `p50_seconds`, `p90_seconds`, `max_seconds`, `first_start`, `last_end`. What goes wrong is thrown when it is read.
 */
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

/** Options of `audit`. */
export interface AuditOptions extends SessionOptions {
  /** Only background activity, for data without recorded session ids. */
  readonly backgroundOnly?: boolean
  /** An event in which the app reports the length of a session, in seconds, by one of its properties. */
  readonly reportedLength?: ReportedLengthOption
}

/**
 * Recorded session ids against rebuilt sessions, and events that keep sessions alive while nobody is
 * there: `sessionize audit`.
 *
 * @throws SessionizeError `usage` when there are no recorded ids, and not only background was asked for
 */
export async function audit(inputs: Inputs, options: AuditOptions = {}): Promise<Audit> {
  const { backgroundOnly = false, reportedLength, ...rest } = options
  const properties = reportedLength === undefined ? [] : [reportedLength.property]
  const dataset = {
    ...datasetOptions(rest, properties),
    ...(backgroundOnly ? {} : { recordedOnly: true }),
    optionalDimensions: AUDIT_DIMENSIONS,
  }
  return withDataset(inputList(inputs), dataset, ({ engine, events }) =>
    auditEvents(engine, events, {
      definition: readDefinition(rest),
      backgroundOnly,
      ...given({ reportedLength }),
    }),
  )
}

/** Options of `check`. */
export interface CheckOptions extends SessionOptions {
  /** Properties of events that rules look at, besides those that they find. */
  readonly by?: readonly string[]
  /** Only these rules. */
  readonly select?: readonly string[]
  /** All but these rules. */
  readonly exclude?: readonly string[]
  /** By a rule's id `off`, or what stands in place of its own thresholds and tolerance. */
  readonly settings?: Readonly<Record<string, RuleSetting>>
  /** Rules in SQL over `events` and `sessions`. */
  readonly own?: readonly Omit<OwnRule, 'place'>[]
  /** The present, for events that are still to come. */
  readonly now?: Date
}

/**
 * Data-quality rules with their verdicts and examples: `sessionize check`. A rule that fails is in the
 * report and throws nothing.
 *
 * @throws SessionizeError `usage` when the rules do not fit
 */
export async function check(inputs: Inputs, options: CheckOptions = {}): Promise<CheckReport> {
  const { by = [], select, exclude, settings, own = [], now = new Date(), ...rest } = options
  const dataset = datasetOptions(rest)
  return withSources(inputList(inputs), dataset, async (opened) => {
    const { report } = await checkFiles(opened, dataset, {
      definition: readDefinition(rest),
      by,
      nowMicros: nowMicros(now),
      checks: {
        own: own.map((rule) => ({ ...rule, place: 'own' })),
        ...given({ select, exclude, settings }),
      },
    })
    return report
  })
}

/** Formats, preset, columns and mapping, with reasons: `sessionize inspect`. */
export async function inspect(inputs: Inputs, options: InputOptions = {}): Promise<Inspection> {
  return withSources(inputList(inputs), options, ({ engine, sources }) =>
    inspectSources(engine, sources, options),
  )
}
