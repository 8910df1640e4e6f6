/** Groups of sessions against each other: how much they differ, and whether that is clear. */
import type { Engine } from '../../engines/duckdb.js'
import { SessionizeError } from '../../errors/errors.js'
import { option } from '../../errors/option.js'
import { didYouMean } from '../../errors/suggest.js'
import type { Events } from '../../sessions/dataset.js'
import { sql, text } from '../../sql/sql.js'
import { type AnswerContext, answerContext } from '../context.js'
import { measureSegments, type SegmentOptions } from '../segmented-sessions.js'
import { bootstrap, differenceInterval, type Replicates } from './bootstrap.js'
import { adjustForMany } from './false-discovery.js'
import {
  createCompared,
  createPool,
  type Group,
  type GroupFigures,
  groupFigures,
  listGroups,
  poolColumns,
} from './groups.js'
import {
  type BrunnerMunzel,
  compareRanks,
  type KolmogorovSmirnov,
  type RankComparison,
} from './ranks.js'
import {
  FEWEST_SESSIONS,
  FEWEST_USERS,
  judge,
  type Magnitude,
  magnitudeOf,
  SIGNIFICANCE,
  type Verdict,
} from './verdict.js'

/** What of a comparison can be chosen. */
export interface CompareChoices {
  /** A value that the others are compared with, its parts separated by commas; the largest by default. */
  readonly reference?: string
  /** Compares only the groups of the most sessions; 12 by default. */
  readonly top?: number
  /** 0.5 and 0.9 by default. */
  readonly quantiles?: readonly number[]
  /** From when on a session is long, in microseconds; 10 minutes by default. */
  readonly longMicros?: number
  /** False: only sessions of two events or more. */
  readonly withBounces?: boolean
  /** Resamples for the intervals; 1,000 by default. */
  readonly replicates?: number
  /** The same seed gives the same intervals; 1 by default. */
  readonly seed?: number
}

export interface CompareOptions extends SegmentOptions, CompareChoices {}

/** Sessions of other files to compare with, written by `exportBaseline`. */
export interface Baseline extends AnswerContext {
  readonly path: string
}

/** The answer of `compare`. */
export interface CompareAnswer extends AnswerContext {
  readonly schema: 'sessionize/compare/v1'
  readonly baseline: AnswerContext | null
  readonly dimensions: readonly string[]
  readonly method: CompareMethod
  readonly groups: readonly GroupFigures[]
  readonly comparisons: readonly Comparison[]
  /** Groups with fewer sessions, which were not compared. */
  readonly leftOut: number
}

/** How it was compared: what was counted, and the limits below which nothing is told. */
export interface CompareMethod {
  readonly withBounces: boolean
  readonly longSeconds: number
  readonly confidence: number
  readonly replicates: number
  readonly buckets: number
  readonly seed: number
  readonly fewestUsers: number
  readonly fewestSessions: number
  readonly significance: number
}

/** One group against another; differences are the group minus the reference. */
export interface Comparison {
  /** Positions in `groups`. Differences are the group less the reference. */
  readonly group: number
  readonly reference: number
  readonly meanSeconds: Difference
  readonly quantiles: readonly (Difference & { readonly share: number })[]
  readonly longShare: Difference
  readonly cliffsDelta: Difference & { readonly magnitude: Magnitude }
  /** Users taken as the independent units. */
  readonly clusteredP: number | null
  /** The same, adjusted for the number of comparisons. */
  readonly adjustedP: number | null
  readonly brunnerMunzel: BrunnerMunzel | null
  readonly kolmogorovSmirnov: KolmogorovSmirnov
  readonly verdict: Verdict
}

/** A difference with its confidence interval; the ends are null where too little is known. */
export interface Difference {
  readonly estimate: number | null
  readonly low: number | null
  readonly high: number | null
}

const DEFAULT_QUANTILES = [0.5, 0.9] as const
const TEN_MINUTES_MICROS = 600_000_000
const CONFIDENCE = 0.95
const REPLICATES = 1_000
const MOST_GROUPS = 12

/** Writes the baseline's sessions for `compareSessions` of another engine to read. */
export async function exportBaseline(
  engine: Engine,
  events: Events,
  options: SegmentOptions,
  path: string,
): Promise<Baseline> {
  const ledger = await measureSegments(engine, events, options)
  await engine.run(
    sql`COPY (SELECT ${poolColumns(options.by)} FROM segmented) TO ${text(path)} (FORMAT parquet)`,
  )
  return { ...answerContext(events, options.definition, ledger), path }
}

export async function compareSessions(
  engine: Engine,
  events: Events,
  options: CompareOptions,
  baseline?: Baseline,
): Promise<CompareAnswer> {
  const { by, definition } = options
  if (by.length === 0 && baseline === undefined) {
    throw new SessionizeError('usage', 'compare needs something to compare.', {
      hint: `Name a dimension with ${option('by')} platform, or other files with ${option('baseline')} old.csv.`,
    })
  }
  if (options.reference !== undefined && baseline !== undefined) {
    throw new SessionizeError(
      'usage',
      `${option('reference')} and ${option('baseline')} both say what to compare with.`,
      {
        hint: 'Leave one of them out.',
      },
    )
  }
  const ledger = await measureSegments(engine, events, options)
  const withBounces = options.withBounces ?? true
  await createPool(engine, by, withBounces, baseline?.path)
  const all = await listGroups(engine, by)
  const { groups, pairs, leftOut } = choosePairs(all, options, baseline !== undefined)
  const buckets = groups.length === 0 ? 0 : await createCompared(engine, by, groups)
  const quantiles = options.quantiles ?? DEFAULT_QUANTILES
  const longMicros = options.longMicros ?? TEN_MINUTES_MICROS
  const replicates = options.replicates ?? REPLICATES
  const seed = options.seed ?? 1
  const figures =
    groups.length === 0 ? [] : await groupFigures(engine, groups, quantiles, longMicros)
  const drawn =
    pairs.length === 0
      ? NOTHING_DRAWN
      : await bootstrap(engine, {
          groups: groups.length,
          buckets,
          quantiles,
          longMicros,
          replicates,
          seed,
        })
  return {
    schema: 'sessionize/compare/v1',
    ...answerContext(events, definition, ledger),
    baseline: baseline === undefined ? null : withoutPath(baseline),
    dimensions: by,
    method: {
      withBounces,
      longSeconds: longMicros / 1e6,
      confidence: CONFIDENCE,
      replicates,
      buckets,
      seed,
      fewestUsers: FEWEST_USERS,
      fewestSessions: FEWEST_SESSIONS,
      significance: SIGNIFICANCE,
    },
    groups: figures,
    comparisons: await comparisons(engine, figures, pairs, drawn),
    leftOut,
  }
}

const NOTHING_DRAWN: Replicates = { meanMicros: [], longShare: [], quantileMicros: [] }

const withoutPath = ({ path: _path, ...context }: Baseline): AnswerContext => context

interface Pair {
  readonly group: number
  readonly reference: number
}

function choosePairs(
  all: readonly Group[],
  options: CompareOptions,
  withBaseline: boolean,
): { groups: Group[]; pairs: Pair[]; leftOut: number } {
  const most = options.top ?? MOST_GROUPS
  if (withBaseline) {
    const current = all.filter(({ set }) => set === 'files')
    const twins = current.flatMap((group) => {
      const twin = all.find(
        ({ set, values }) => set === 'baseline' && sameValues(values, group.values),
      )
      return twin === undefined ? [] : [[group, twin]]
    })
    const groups = twins.slice(0, most).flat()
    return {
      groups,
      pairs: groups.flatMap((_, i) => (i % 2 === 0 ? [{ group: i, reference: i + 1 }] : [])),
      leftOut: all.length - groups.length,
    }
  }
  const reference = referenceGroup(all, options.reference)
  const others = all.filter((group) => group !== reference).slice(0, Math.max(1, most - 1))
  const groups = reference === undefined ? [] : [reference, ...others]
  return {
    groups,
    pairs: others.map((_, i) => ({ group: i + 1, reference: 0 })),
    leftOut: all.length - groups.length,
  }
}

const sameValues = (a: readonly (string | null)[], b: readonly (string | null)[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i])

const groupName = ({ values }: Group): string => values.map((value) => value ?? '').join(',')

function referenceGroup(all: readonly Group[], wanted: string | undefined): Group | undefined {
  if (wanted === undefined) return all[0]
  const reference = all.find((group) => groupName(group) === wanted)
  if (reference !== undefined) return reference
  const known = all.map(groupName)
  throw new SessionizeError(
    'usage',
    `${option('reference')} ${wanted} is not among the groups.${didYouMean(wanted, known)}`,
    { hint: `Groups: ${known.slice(0, 20).join('; ')}${known.length > 20 ? '; ...' : ''}.` },
  )
}

async function comparisons(
  engine: Engine,
  figures: readonly GroupFigures[],
  pairs: readonly Pair[],
  drawn: Replicates,
): Promise<Comparison[]> {
  const ranks: RankComparison[] = []
  for (const { group, reference } of pairs) {
    ranks.push(await compareRanks(engine, group, reference, CONFIDENCE))
  }
  const enough = pairs.map(({ group, reference }) =>
    [group, reference].every((g) => {
      const of = figures[g]
      return of !== undefined && of.users >= FEWEST_USERS && of.sessions >= FEWEST_SESSIONS
    }),
  )
  // What is too small to be judged must not make the others harder to tell.
  const adjusted = adjustForMany(
    ranks.map(({ clusteredP }, i) => (enough[i] === true ? clusteredP : null)),
  )
  return pairs.flatMap((pair, i) => {
    const rank = ranks[i]
    const group = figures[pair.group]
    const reference = figures[pair.reference]
    if (rank === undefined || group === undefined || reference === undefined) return []
    const outcome = { enough: enough[i] === true, rank, adjustedP: adjusted[i] ?? null }
    return [comparisonOf(pair, group, reference, drawn, outcome)]
  })
}

interface Outcome {
  readonly enough: boolean
  readonly rank: RankComparison
  readonly adjustedP: number | null
}

function comparisonOf(
  pair: Pair,
  group: GroupFigures,
  reference: GroupFigures,
  drawn: Replicates,
  { enough, rank, adjustedP }: Outcome,
): Comparison {
  const between = (
    a: number | null | undefined,
    b: number | null | undefined,
    of: readonly Float64Array[] | undefined,
    unit: number,
  ): Difference => {
    const ends = enough
      ? differenceInterval(of?.[pair.group], of?.[pair.reference], CONFIDENCE)
      : null
    return {
      estimate: typeof a === 'number' && typeof b === 'number' ? a - b : null,
      low: ends === null ? null : ends.low / unit,
      high: ends === null ? null : ends.high / unit,
    }
  }
  return {
    ...pair,
    meanSeconds: between(group.meanSeconds, reference.meanSeconds, drawn.meanMicros, 1e6),
    quantiles: group.quantiles.map(({ share, seconds }, q) => ({
      share,
      ...between(seconds, reference.quantiles[q]?.seconds, drawn.quantileMicros[q], 1e6),
    })),
    longShare: between(group.longShare, reference.longShare, drawn.longShare, 1),
    cliffsDelta: {
      estimate: rank.delta,
      low: enough ? rank.deltaLow : null,
      high: enough ? rank.deltaHigh : null,
      magnitude: magnitudeOf(rank.delta),
    },
    clusteredP: rank.clusteredP,
    adjustedP,
    brunnerMunzel: rank.brunnerMunzel,
    kolmogorovSmirnov: rank.kolmogorovSmirnov,
    verdict: judge({ enough, delta: rank.delta, adjustedP }),
  }
}
