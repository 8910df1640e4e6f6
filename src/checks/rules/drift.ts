/** An export against an earlier one. */
import { normalQuantile } from '../../analysis/distributions.js'
import type { Baseline } from '../baseline.js'
import { binStart, cumulativeDistance, type Divergence, stabilityIndex } from '../distances.js'
import { type DriftRule, EXAMPLES_SHOWN, type Example, type Finding } from '../rule.js'

/** Of fewer sessions, quantiles and volumes move by themselves. */
const LEAST_SESSIONS = 30

const example = (values: Example['values']): Example => ({ file: null, row: null, values })

const tooFew = (before: Baseline, now: Baseline): { why: string } => ({
  why: `too few sessions to tell (${before.sessions} before, ${now.sessions} now)`,
})

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`
const seconds = (value: number): string => `${value >= 10 ? Math.round(value) : value.toFixed(1)} s`

/** A distance counts only where chance alone could not pass for a warning. */
function distance(
  divergence: Divergence,
  warn: number | null,
  before: Baseline,
  now: Baseline,
  say: (part: Divergence['parts'][number]) => Example,
): Finding | { why: string } {
  if (before.sessions === 0 || now.sessions === 0) return tooFew(before, now)
  if (warn !== null && divergence.noise > warn) return tooFew(before, now)
  return {
    value: divergence.value,
    found: null,
    of: null,
    examples: divergence.parts.slice(0, EXAMPLES_SHOWN).map(say),
  }
}

const PSI_WARN = 0.1

const lengthDistribution: DriftRule = {
  kind: 'drift',
  id: 'drift-length-distribution',
  meaning: 'the distribution of lengths moved (population stability index over ten groups)',
  unit: 'distance',
  warn: PSI_WARN,
  error: 0.25,
  hint: 'Compare the two exports: sessionize compare.',
  compare: (before, now) =>
    distance(stabilityIndex(before.lengths, now.lengths), PSI_WARN, before, now, (part) =>
      example({
        'lengths from': seconds(binStart(part.from)),
        before: percent(part.before),
        now: percent(part.now),
      }),
    ),
}

const KS_WARN = 0.1

const lengthCumulative: DriftRule = {
  kind: 'drift',
  id: 'drift-length-shift',
  meaning: 'the share of sessions up to some length moved (Kolmogorov-Smirnov distance)',
  unit: 'distance',
  warn: KS_WARN,
  error: 0.2,
  hint: 'Compare the two exports: sessionize compare.',
  compare: (before, now) =>
    distance(cumulativeDistance(before.lengths, now.lengths), KS_WARN, before, now, (part) =>
      example({
        'shorter than': seconds(binStart(part.from)),
        before: percent(part.before),
        now: percent(part.now),
      }),
    ),
}

/** The half keeps a vanished segment from being infinitely far away. */
const factorOf = (before: number, now: number, least = 0): number =>
  Math.max((now + least) / (before + least), (before + least) / (now + least))

const lengthQuantiles: DriftRule = {
  kind: 'drift',
  id: 'drift-length-quantiles',
  meaning: 'a quantile of the length (p50 to p95) changed by a factor',
  unit: 'factor',
  warn: 1.5,
  error: 3,
  hint: 'A changed timeout, heartbeats, or a sender that was added or lost.',
  compare(before, now) {
    if (Math.min(before.sessions, now.sessions) < LEAST_SESSIONS) return tooFew(before, now)
    const changes = before.quantiles.flatMap(({ share, seconds: was }) => {
      const is = now.quantiles.find((quantile) => quantile.share === share)?.seconds
      if (share < 0.5 || share > 0.95 || was === null || is === null || is === undefined) return []
      // A second more or less is no change of a length near 0.
      return [{ share, was, is, factor: factorOf(was, is, 1) }]
    })
    return {
      value: Math.max(1, ...changes.map(({ factor }) => factor)),
      found: null,
      of: null,
      examples: changes
        .sort((a, b) => b.factor - a.factor)
        .map(({ share, was, is }) =>
          example({
            quantile: `p${Math.round(share * 100)}`,
            before: seconds(was),
            now: seconds(is),
          }),
        ),
    }
  },
}

const BOUNCE_WARN = 0.05

const bounceShare: DriftRule = {
  kind: 'drift',
  id: 'drift-bounce-share',
  meaning: 'the share of bounces changed (difference of the shares)',
  unit: 'share',
  warn: BOUNCE_WARN,
  error: 0.15,
  hint: 'Background or push starts that were added, or events that were lost.',
  compare(before, now) {
    if (before.sessions === 0 || now.sessions === 0) return tooFew(before, now)
    const was = before.bounces / before.sessions
    const is = now.bounces / now.sessions
    const pooled = (before.bounces + now.bounces) / (before.sessions + now.sessions)
    const noise =
      normalQuantile(0.995) *
      Math.sqrt(pooled * (1 - pooled) * (1 / before.sessions + 1 / now.sessions))
    if (noise > BOUNCE_WARN) return tooFew(before, now)
    return {
      value: Math.abs(is - was),
      found: null,
      of: null,
      examples: [example({ before: percent(was), now: percent(is) })],
    }
  },
}

const volume: DriftRule = {
  kind: 'drift',
  id: 'drift-volume',
  meaning: 'sessions per day, over all or of a segment, changed by a factor',
  unit: 'factor',
  warn: 2,
  error: 5,
  hint: 'Part of the export missing, a segment renamed, or a release.',
  compare(before, now) {
    const perDay = ({ days }: Baseline, sessions: number): number => sessions / Math.max(1, days)
    const key = (dimension: string, value: string): string => JSON.stringify([dimension, value])
    const of = ({ segments, sessions }: Baseline) =>
      new Map([
        [key('all', ''), { name: 'all', sessions }],
        ...segments.map((segment): [string, { name: string; sessions: number }] => [
          key(segment.dimension, segment.value),
          { name: `${segment.dimension} ${segment.value}`, sessions: segment.sessions },
        ]),
      ])
    const [was, is] = [of(before), of(now)]
    const changes = [...new Set([...was.keys(), ...is.keys()])].flatMap((id) => {
      const [a, b] = [was.get(id), is.get(id)]
      const [from, to] = [a?.sessions ?? 0, b?.sessions ?? 0]
      if (Math.max(from, to) < LEAST_SESSIONS) return []
      const [x, y] = [perDay(before, from), perDay(now, to)]
      return [{ name: a?.name ?? b?.name ?? '', x, y, factor: factorOf(x, y, 0.5) }]
    })
    if (changes.length === 0) return tooFew(before, now)
    return {
      value: Math.max(1, ...changes.map(({ factor }) => factor)),
      found: null,
      of: null,
      examples: changes
        .sort((a, b) => b.factor - a.factor)
        .slice(0, EXAMPLES_SHOWN)
        .map(({ name, x, y }) =>
          example({
            segment: name,
            'per day before': x.toFixed(1),
            'per day now': y.toFixed(1),
          }),
        ),
    }
  },
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
