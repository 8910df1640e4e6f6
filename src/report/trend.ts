import type { HourOfWeek, Trend, TrendPeriod, TrendSeries } from '../analysis/trend.js'
import type { Render } from './appearance.js'
import { contextBlock } from './context.js'
import { type Cell, csvTable } from './csv.js'
import { type Block, number, text } from './document.js'
import { change, count, seconds, share } from './figures.js'
import type { ReportFormat } from './formats.js'
import { answerAsJson } from './json.js'
import { documentAsMarkdown } from './markdown.js'
import { formatNumberOf } from './quantities.js'
import { segmentValue } from './summary/wording.js'
import { documentAsTerminal } from './terminal.js'

export const trendFormats: Readonly<Record<ReportFormat, Render<Trend>>> = {
  terminal: (answer, look) => documentAsTerminal(blocks(answer), look),
  json: answerAsJson,
  csv: asCsv,
  markdown: (answer) => documentAsMarkdown('Sessions over time', blocks(answer)),
}

/** What fits a screen or two; the other formats have all. */
const MOST_PERIODS = 62
const MOST_SERIES = 8

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

function blocks(answer: Trend): readonly Block[] {
  const shown = answer.series.slice(0, MOST_SERIES)
  const more = answer.series.length - shown.length
  const partial = answer.series.some(({ periods }) => periods.some((period) => period.partial))
  return [
    contextBlock(answer, [
      {
        label: 'periods',
        text: `per ${answer.per.replaceAll('-', ' ')} in ${answer.timeZone}, a session counts where it ${answer.attribute}s`,
      },
    ]),
    ...shown.flatMap((series): readonly Block[] => [
      ...(answer.dimensions.length === 0
        ? []
        : [{ kind: 'heading', text: title(answer.dimensions, series) } as const]),
      ...(answer.per === 'hour-of-week'
        ? heatmap(series.hoursOfWeek)
        : [periodTable(series.periods)]),
    ]),
    ...(more > 0
      ? [
          {
            kind: 'paragraph',
            text: `and ${formatNumberOf(more, 'more segment')}: --format csv has all`,
          } as const,
        ]
      : []),
    ...(partial
      ? [
          {
            kind: 'paragraph',
            text: '* The data begin or end inside this period, so it is not compared.',
          } as const,
        ]
      : []),
  ]
}

const title = (dimensions: readonly string[], { values }: TrendSeries): string =>
  dimensions.map((name, i) => `${name}: ${segmentValue(values[i] ?? null)}`).join(', ')

function periodTable(periods: readonly TrendPeriod[]): Block {
  const shown = periods.slice(-MOST_PERIODS)
  const more = periods.length - shown.length
  return {
    kind: 'table',
    columns: [
      text('period'),
      number('sessions'),
      number('change', 3),
      number('users', 5),
      number('bounces', 4),
      number('mean'),
      number('change', 6),
      number('p50', 1),
      number('p90', 2),
    ],
    rows: shown.map((period) => [
      period.partial ? `${period.label} *` : period.label,
      count(period.sessions),
      period.sessionsChange === null ? '' : change(period.sessionsChange),
      count(period.users),
      share(period.bounceShare),
      seconds(period.meanSeconds),
      period.meanChange === null ? '' : change(period.meanChange),
      seconds(period.p50Seconds),
      seconds(period.p90Seconds),
    ]),
    ...(more > 0 ? { more: { count: more, one: 'earlier period' } } : {}),
  }
}

/** Sessions in an average such hour: `12`, `0.4`; what is not nothing never reads as `0`. */
export function hourlyRate(rate: number): string {
  if (rate >= 10) return count(rate)
  return rate > 0 && rate < 0.05 ? '<0.1' : String(Math.round(rate * 10) / 10)
}

function heatmap(hours: readonly HourOfWeek[]): readonly Block[] {
  const rate = (hour: HourOfWeek): number =>
    hour.occurrences === 0 ? 0 : hour.sessions / hour.occurrences
  const busiest = hours.reduce<HourOfWeek | undefined>(
    (best, hour) => (best === undefined || rate(hour) > rate(best) ? hour : best),
    undefined,
  )
  const words =
    busiest === undefined || rate(busiest) === 0
      ? 'No session.'
      : `Busiest: ${WEEKDAYS[busiest.weekday - 1]} ${String(busiest.hour).padStart(2, '0')} h, ${hourlyRate(rate(busiest))} sessions an hour, mean length ${seconds(busiest.meanSeconds)}.`
  return [
    {
      kind: 'heatmap',
      columns: Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0')),
      rows: WEEKDAYS.map((label, day) => ({
        label,
        values: hours.slice(day * 24, day * 24 + 24).map(rate),
      })),
    },
    { kind: 'paragraph', text: words },
  ]
}

const FIGURES = [
  'sessions',
  'users',
  'events',
  'bounces',
  'bounce_share',
  'total_seconds',
  'mean_seconds',
  'p50_seconds',
  'p90_seconds',
] as const

const figureCells = (of: TrendPeriod | HourOfWeek): readonly Cell[] => [
  of.sessions,
  of.users,
  of.events,
  of.bounces,
  of.bounceShare,
  of.totalSeconds,
  of.meanSeconds,
  of.p50Seconds,
  of.p90Seconds,
]

function asCsv(answer: Trend): string {
  if (answer.per === 'hour-of-week') {
    return csvTable(
      answer.dimensions,
      ['weekday', 'hour', 'occurrences', ...FIGURES],
      answer.series.flatMap(({ values, hoursOfWeek }) =>
        hoursOfWeek.map((of) => [
          ...values,
          of.weekday,
          of.hour,
          of.occurrences,
          ...figureCells(of),
        ]),
      ),
    )
  }
  return csvTable(
    answer.dimensions,
    ['period', 'start', 'partial', ...FIGURES, 'sessions_change', 'mean_change'],
    answer.series.flatMap(({ values, periods }) =>
      periods.map((of) => [
        ...values,
        of.label,
        of.start,
        of.partial,
        ...figureCells(of),
        of.sessionsChange,
        of.meanChange,
      ]),
    ),
  )
}
