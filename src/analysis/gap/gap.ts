/** How much the results depend on the timeout, and which one the data suggest. */

import type { Engine } from '../../engines/duckdb.js'
import { SessionizeError } from '../../errors/errors.js'
import { option } from '../../errors/option.js'
import type { Events } from '../../sessions/dataset.js'
import type { SessionDefinition } from '../../sessions/definition.js'
import type { BlockPlan } from '../../sessions/plan.js'
import { MICROS_PER_DAY, MICROS_PER_MINUTE } from '../../units/time.js'
import { type AnswerContext, answerContext } from '../context.js'
import { eventColumn, requireEvents } from '../event-access.js'
import { ratio } from '../exact.js'
import { type Advice, adviseTimeout, type IntervalFit } from './advice.js'
import { type Intervals, intervalsOf, type OctaveBin, octaves } from './intervals.js'
import { type SweepRow, sweepGaps } from './sweep.js'

export interface GapOptions {
  readonly definition: SessionDefinition
  /** Timeouts to try, in microseconds; the definition's own and 24 h are always among them. */
  readonly gapsMicros?: readonly number[]
  /** A property of events whose values are also fitted apart. */
  readonly by?: string
  readonly plan?: BlockPlan
}

/** The answer of `gap`. */
export interface GapAnswer extends AnswerContext {
  readonly schema: 'sessionize/gap/v1'
  readonly sweep: readonly SweepRow[]
  readonly pauses: PauseReport
  readonly dimension: string | null
  readonly segments: readonly (PauseReport & { readonly value: string | null })[]
  readonly hiddenBy24h: HiddenByLongGap
  /** The swept timeouts around the definition's own that give the same number of sessions, but for 1 %. */
  readonly stable: { readonly fromSeconds: number; readonly toSeconds: number }
}

/** Pauses between a user's successive events. */
export interface PauseReport {
  readonly count: number
  /** Pauses of 0, which are in no bin. */
  readonly simultaneous: number
  readonly bins: readonly OctaveBin[]
  readonly fit: IntervalFit | null
  readonly advice: Advice
}

/** What a timeout of 24 h would merge, against the definition's own. */
export interface HiddenByLongGap {
  /** Sessions that would be parts of longer ones. */
  readonly sessions: number
  readonly shareOfSessions: number | null
  /** Time away that would count as time spent. */
  readonly idleSeconds: number
  readonly shareOfTime: number | null
}

export const DEFAULT_GAPS_MICROS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 20, 25.5, 30, 45, 60, 90, 120].map((minutes) => minutes * MICROS_PER_MINUTE),
  MICROS_PER_DAY,
]

/** More segments would be a report that nobody reads. */
const MOST_SEGMENTS = 100

export async function analyseGap(
  engine: Engine,
  events: Events,
  options: GapOptions,
): Promise<GapAnswer> {
  assertPlainGap(options.definition)
  requireEvents(events, 'gap')
  const { definition, by } = options
  const gaps = [
    ...(options.gapsMicros ?? DEFAULT_GAPS_MICROS),
    definition.gapMicros,
    MICROS_PER_DAY,
  ]
  const sweep = await sweepGaps(engine, events, definition, gaps, options.plan)
  const spanSeconds = Number((events.lastMicros ?? 0n) - (events.firstMicros ?? 0n)) / 1e6
  const [all = NO_INTERVALS] = await intervalsOf(engine)
  const segments = by === undefined ? [] : await intervalsOf(engine, eventColumn(events, by))
  return {
    schema: 'sessionize/gap/v1',
    ...answerContext(events, definition),
    sweep,
    pauses: report(all, spanSeconds),
    dimension: by ?? null,
    segments: segments
      .slice(0, MOST_SEGMENTS)
      .map((one) => ({ value: one.value, ...report(one, spanSeconds) })),
    hiddenBy24h: hidden(sweep, definition.gapMicros),
    stable: stableRange(sweep, definition.gapMicros),
  }
}

/** So many sessions more or less are no difference to speak of. */
const STABLE = 0.01

function stableRange(sweep: readonly SweepRow[], gapMicros: number): GapAnswer['stable'] {
  const own = gapMicros / 1e6
  const base = sweep.find(({ gapSeconds }) => gapSeconds === own)?.sessions ?? 0
  // A longer timeout never makes more sessions, so those alike are neighbours.
  const alike = sweep
    .filter(({ sessions }) => Math.abs(sessions - base) <= STABLE * base)
    .map(({ gapSeconds }) => gapSeconds)
  return { fromSeconds: Math.min(own, ...alike), toSeconds: Math.max(own, ...alike) }
}

const NO_INTERVALS: Intervals = { value: null, count: 0, simultaneous: 0, bins: [] }

/** A sweep changes the timeout alone, so it cannot stand for definitions with further rules. */
function assertPlainGap(definition: SessionDefinition): void {
  const further = Object.entries(definition).filter(
    ([rule, value]) =>
      rule !== 'gapMicros' &&
      rule !== 'boundary' &&
      value !== undefined &&
      value !== null &&
      value !== false &&
      !(Array.isArray(value) && value.length === 0),
  )
  if (further.length === 0) return
  throw new SessionizeError(
    'unsupported',
    `gap compares timeouts alone, and the definition also has: ${further.map(([rule]) => rule).join(', ')}.`,
    { hint: `Leave the other rules out, or run the summary once per ${option('gap')}.` },
  )
}

function report(intervals: Intervals, spanSeconds: number): PauseReport {
  const { fit, advice } = adviseTimeout(intervals, spanSeconds)
  return {
    count: intervals.count,
    simultaneous: intervals.simultaneous,
    bins: octaves(intervals.bins),
    fit,
    advice,
  }
}

function hidden(sweep: readonly SweepRow[], gapMicros: number): HiddenByLongGap {
  const at = (micros: number): SweepRow | undefined =>
    sweep.find(({ gapSeconds }) => gapSeconds === micros / 1e6)
  const [own, day] = [at(gapMicros), at(MICROS_PER_DAY)]
  const sessions = (own?.sessions ?? 0) - (day?.sessions ?? 0)
  const idleSeconds = (day?.totalSeconds ?? 0) - (own?.totalSeconds ?? 0)
  return {
    sessions,
    shareOfSessions: ratio(sessions, own?.sessions ?? 0),
    idleSeconds,
    shareOfTime: ratio(idleSeconds, day?.totalSeconds ?? 0),
  }
}
