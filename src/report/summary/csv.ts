import type { Detail, Figures, LengthStatistics } from '../../analysis/figures.js'
import type { Summary } from '../../analysis/summary.js'
import { type Cell, csvTable } from '../csv.js'
import { LENGTH_COLUMNS, OTHER } from './wording.js'

type Measure<Of> = readonly [name: string, value: (of: Of) => number | null]

const LENGTHS = LENGTH_COLUMNS.map(
  ({ name, value }): Measure<LengthStatistics> => [`${name}_seconds`, value],
)

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
 * One row per segment, then one of those left out, or one row `all` when there are no segments. The
 * two are never mixed, so that the rows of a file can be added up. The detail is about all sessions,
 * so its columns are only there without segments.
 */
export function summaryAsCsv(summary: Summary): string {
  const names = MEASURES.map(([name]) => name)
  const measured = (figures: Figures): readonly Cell[] => MEASURES.map(([, of]) => of(figures))
  if (summary.segments === null) {
    const detail = detailColumns(summary.detail)
    return csvTable(
      ['segment'],
      [...names, ...detail.map(([name]) => name)],
      [['all', ...measured(summary.overall), ...detail.map(([, value]) => value)]],
    )
  }
  const { dimensions, rows, rest } = summary.segments
  return csvTable(dimensions, names, [
    ...rows.map(({ values, figures }) => [...values, ...measured(figures)]),
    ...(rest === null ? [] : [[...dimensions.map(() => OTHER), ...measured(rest.figures)]]),
  ])
}

function detailColumns(detail: Detail | null): readonly (readonly [string, number | null])[] {
  if (detail === null) return []
  return (
    [
      ['', detail.length],
      ['without_bounces_', detail.lengthWithoutBounces],
    ] as const
  ).flatMap(([prefix, of]): (readonly [string, number | null])[] => [
    [`${prefix}trimmed_mean_seconds`, of.trimmedMeanSeconds],
    [`${prefix}geometric_mean_seconds`, of.geometricMeanSeconds],
    [`${prefix}standard_deviation_seconds`, of.standardDeviationSeconds],
    ...of.quantiles.flatMap(({ share, seconds, lowSeconds, highSeconds }) => {
      const name = `${prefix}quantile_${share}`
      return [
        [`${name}_seconds`, seconds],
        [`${name}_low_seconds`, lowSeconds],
        [`${name}_high_seconds`, highSeconds],
      ] as const
    }),
  ])
}
