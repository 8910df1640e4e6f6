import type { Figures, LengthStatistics } from '../../analysis/figures.js'
import type { Summary } from '../../analysis/summary.js'
import { csvField } from '../untrusted.js'

type Measure<Of> = readonly [name: string, value: (of: Of) => number | null]

const LENGTHS: readonly Measure<LengthStatistics>[] = [
  ['mean_seconds', (length) => length.meanSeconds],
  ['p50_seconds', (length) => length.p50Seconds],
  ['p75_seconds', (length) => length.p75Seconds],
  ['p90_seconds', (length) => length.p90Seconds],
  ['p95_seconds', (length) => length.p95Seconds],
  ['p99_seconds', (length) => length.p99Seconds],
  ['max_seconds', (length) => length.maxSeconds],
]

const MEASURES: readonly Measure<Figures>[] = [
  ['sessions', (figures) => figures.sessions],
  ['users', (figures) => figures.users],
  ['events', (figures) => figures.events],
  ['bounces', (figures) => figures.bounces],
  ['bounce_share', (figures) => figures.bounceShare],
  ['events_per_session', (figures) => figures.eventsPerSession],
  ['sessions_per_user', (figures) => figures.sessionsPerUser],
  ['total_seconds', (figures) => figures.totalSeconds],
  ...LENGTHS.map(([name, of]): Measure<Figures> => [name, (figures) => of(figures.length)]),
  ...LENGTHS.map(
    ([name, of]): Measure<Figures> => [
      `without_bounces_${name}`,
      (figures) => of(figures.lengthWithoutBounces),
    ],
  ),
  ['start_censored', (figures) => figures.startCensored],
  ['end_censored', (figures) => figures.endCensored],
]

/**
 * One row per segment, or one row `all` when there are none. The two are never mixed, so that the
 * rows of a file can be added up.
 */
export function summaryAsCsv(summary: Summary): string {
  const { dimensions, rows } = summary.segments ?? {
    dimensions: ['segment'],
    rows: [{ values: ['all'], figures: summary.overall }],
  }
  const measured = new Set(MEASURES.map(([name]) => name))
  // A dimension may be called `users`, but no two columns of a file may have one name.
  const headings = dimensions.map((name) => (measured.has(name) ? `by_${name}` : name))
  const lines = [
    [...headings, ...measured],
    ...rows.map(({ values, figures }) => [...values, ...MEASURES.map(([, of]) => of(figures))]),
  ]
  return lines.map((fields) => `${fields.map(csvField).join(',')}\n`).join('')
}
