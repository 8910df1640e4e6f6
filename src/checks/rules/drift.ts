/** An export against an earlier one. */
import { normalQuantile } from '../../analysis/distributions.js'
import type { Baseline } from '../baseline.js'
import { binStart, cumulativeDistance, stabilityIndex } from '../distances.js'
import { type CheckExample, type DriftRule, EXAMPLES_SHOWN } from '../rule.js'

/** Of fewer sessions, quantiles and volumes move by themselves. */
const LEAST_SESSIONS = 30

const example = (values: CheckExample['values']): CheckExample => ({
  file: null,
  row: null,
  values,
})

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`
const seconds = (value: number): string => `${value >= 10 ? Math.round(value) : value.toFixed(1)} s`

interface Change {
  readonly value: number
  /** What chance alone could make of it. */
  readonly noise: number
  readonly examples: readonly CheckExample[]
}

/** @param change undefined of too few sessions */
const sessionDrift = (
  words: Pick<DriftRule, 'id' | 'meaning' | 'unit' | 'warn' | 'error' | 'hint'>,
  change: (before: Baseline, now: Baseline) => Change | undefined,
): DriftRule => ({
  kind: 'drift',
  ...words,
  compare(before, now, { warn, error }) {
    const found = change(before, now)
    // It counts only where chance alone could not pass for what is told.
    if (found === undefined || found.noise > (warn ?? error ?? Number.POSITIVE_INFINITY)) {
      return { why: `too few sessions to tell (${before.sessions} before, ${now.sessions} now)` }
    }
    const examples = found.examples.slice(0, EXAMPLES_SHOWN)
    return { value: found.value, found: null, of: null, examples }
  },
})

/** A distance between the distributions of lengths. */
const lengthDrift = (
  words: Pick<DriftRule, 'id' | 'meaning' | 'warn' | 'error'>,
  measure: typeof stabilityIndex,
  from: string,
): DriftRule =>
  sessionDrift(
    { ...words, unit: 'distance', hint: 'Compare the two exports: sessionize compare.' },
    (before, now) => {
      if (before.sessions === 0 || now.sessions === 0) return undefined
      const { value, noise, parts } = measure(before.lengths, now.lengths)
      const examples = parts.map((part) =>
        example({
          [from]: seconds(binStart(part.from)),
          before: percent(part.before),
          now: percent(part.now),
        }),
      )
      return { value, noise, examples }
    },
  )

const lengthDistribution = lengthDrift(
  {
    id: 'drift-length-distribution',
    meaning: 'the distribution of lengths moved (population stability index over ten groups)',
    warn: 0.1,
    error: 0.25,
  },
  stabilityIndex,
  'lengths from',
)

const lengthCumulative = lengthDrift(
  {
    id: 'drift-length-shift',
    meaning: 'the share of sessions up to some length moved (Kolmogorov-Smirnov distance)',
    warn: 0.1,
    error: 0.2,
  },
  cumulativeDistance,
  'shorter than',
)

/** The factor between two figures, whichever is larger; `least` keeps 0 from being infinitely far. */
const factorOf = (before: number, now: number, least: number): number =>
  Math.max((now + least) / (before + least), (before + least) / (now + least))

/** The largest of several factors, the others as examples. */
const largest = (
  changes: readonly { readonly factor: number; readonly values: CheckExample['values'] }[],
): Change => ({
  value: Math.max(1, ...changes.map(({ factor }) => factor)),
  noise: 0,
  examples: changes.toSorted((a, b) => b.factor - a.factor).map(({ values }) => example(values)),
})

const lengthQuantiles = sessionDrift(
  {
    id: 'drift-length-quantiles',
    meaning: 'a quantile of the length (p50 to p95) changed by a factor',
    unit: 'factor',
    warn: 1.5,
    error: 3,
    hint: 'A changed timeout, heartbeats, or a sender that was added or lost.',
  },
  (before, now) => {
    if (Math.min(before.sessions, now.sessions) < LEAST_SESSIONS) return undefined
    return largest(
      before.quantiles.flatMap(({ share, seconds: was }) => {
        const is = now.quantiles.find((quantile) => quantile.share === share)?.seconds ?? null
        if (share < 0.5 || share > 0.95 || was === null || is === null) return []
        const quantile = `p${Math.round(share * 100)}`
        // A second more or less is no change of a length near 0.
        const factor = factorOf(was, is, 1)
        return [{ factor, values: { quantile, before: seconds(was), now: seconds(is) } }]
      }),
    )
  },
)

const bounceShare = sessionDrift(
  {
    id: 'drift-bounce-share',
    meaning: 'the share of bounces changed (difference of the shares)',
    unit: 'share',
    warn: 0.05,
    error: 0.15,
    hint: 'Background or push starts that were added, or events that were lost.',
  },
  (before, now) => {
    if (before.sessions === 0 || now.sessions === 0) return undefined
    const was = before.bounces / before.sessions
    const is = now.bounces / now.sessions
    const pooled = (before.bounces + now.bounces) / (before.sessions + now.sessions)
    return {
      value: Math.abs(is - was),
      noise:
        normalQuantile(0.995) *
        Math.sqrt(pooled * (1 - pooled) * (1 / before.sessions + 1 / now.sessions)),
      examples: [example({ before: percent(was), now: percent(is) })],
    }
  },
)

const volume = sessionDrift(
  {
    id: 'drift-volume',
    meaning: 'sessions per day, over all or of a segment, changed by a factor',
    unit: 'factor',
    warn: 2,
    error: 5,
    hint: 'Part of the export missing, a segment renamed, or a release.',
  },
  (before, now) => {
    const [was, is] = [volumesOf(before), volumesOf(now)]
    const changes = [...new Set([...was.keys(), ...is.keys()])].flatMap((id) => {
      const [from, to] = [was.get(id), is.get(id)]
      if (Math.max(from?.sessions ?? 0, to?.sessions ?? 0) < LEAST_SESSIONS) return []
      const [x, y] = [from?.perDay ?? 0, to?.perDay ?? 0]
      return [
        {
          factor: factorOf(x, y, 0.5),
          values: {
            segment: from?.name ?? to?.name ?? '',
            'per day before': x.toFixed(1),
            'per day now': y.toFixed(1),
          },
        },
      ]
    })
    return changes.length === 0 ? undefined : largest(changes)
  },
)

interface Volume {
  readonly name: string
  readonly sessions: number
  readonly perDay: number
}

/** Sessions over all and per segment, by what identifies it. */
function volumesOf({ days, segments, sessions }: Baseline): Map<string, Volume> {
  const all = { dimension: 'all', value: '', sessions }
  return new Map(
    [all, ...segments].map((one) => [
      JSON.stringify([one.dimension, one.value]),
      {
        name: `${one.dimension} ${one.value}`.trimEnd(),
        sessions: one.sessions,
        perDay: one.sessions / Math.max(1, days),
      },
    ]),
  )
}

const columns: DriftRule = {
  kind: 'drift',
  id: 'drift-columns',
  meaning: 'columns that came, went, or changed their type since the baseline',
  unit: 'count',
  warn: 0,
  error: null,
  hint: 'A new version of the tracker or of the export.',
  compare(before, now) {
    const was = new Map(before.columns.map(({ name, kind }) => [name, kind]))
    const is = new Map(now.columns.map(({ name, kind }) => [name, kind]))
    const known = (kind: string | undefined): boolean => kind !== undefined && kind !== 'unknown'
    const changes = [...new Set([...was.keys(), ...is.keys()])].sort().flatMap((name) => {
      const [a, b] = [was.get(name), is.get(name)]
      if (a === undefined) return [example({ column: name, change: 'new' })]
      if (b === undefined) return [example({ column: name, change: 'gone' })]
      return known(a) && known(b) && a !== b
        ? [example({ column: name, change: `${a}, now ${b}` })]
        : []
    })
    return {
      value: changes.length,
      found: changes.length,
      of: null,
      examples: changes.slice(0, EXAMPLES_SHOWN),
    }
  },
}

export const DRIFT_RULES: readonly DriftRule[] = [
  lengthDistribution,
  lengthCumulative,
  lengthQuantiles,
  bounceShare,
  volume,
  columns,
]
