import type { HourOfWeek, Trend, TrendPeriod, TrendSeries } from '../analysis/trend.js'
import { contextBlock } from './context.js'
import { type Cell, csvTable } from './csv.js'
import {
  type Block,
  type Blocks,
  type Chart,
  heading,
  type Medium,
  number,
  paragraph,
  table,
  text,
} from './document.js'
import { change, count, seconds, share } from './figures.js'
import { answerFormats } from './formats.js'
import { formatNumberOf, formatRate } from './quantities.js'
import { segmentValue } from './summary/wording.js'

export const trendFormats = answerFormats<Trend>('Sessions over time', trendBlocks, asCsv)

/** What fits a screen or two; the other formats have all. */
const MOST_PERIODS = 62
const MOST_SERIES = 8

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

export function trendBlocks(answer: Trend, medium: Medium): Blocks {
  const most = medium === 'page' ? Number.POSITIVE_INFINITY : MOST_PERIODS
  const more = answer.series.length - MOST_SERIES
  const hasPartial = answer.series.some(({ periods }) => periods.some(({ partial }) => partial))
  return [
    contextBlock(answer, [
      [
        'periods',
        `per ${answer.per.replaceAll('-', ' ')} in ${answer.timeZone}, a session counts where it ${answer.attribute}s`,
      ],
    ]),
    answer.series
      .slice(0, MOST_SERIES)
      .map((series) => [
        answer.dimensions.length === 0 ? null : heading(title(answer.dimensions, series)),
        answer.per === 'hour-of-week'
          ? heatmap(series.hoursOfWeek, answer)
          : periodTable(series.periods, answer, most),
      ]),
    more > 0
      ? paragraph(`and ${formatNumberOf(more, 'more segment')}: --format csv has all`)
      : null,
    hasPartial && medium !== 'page'
      ? paragraph('* The data begin or end inside this period, so it is not compared.')
      : null,
  ]
}

const title = (dimensions: readonly string[], { values }: TrendSeries): string =>
  dimensions.map((name, i) => `${name}: ${segmentValue(values[i] ?? null)}`).join(', ')

function periodTable(periods: readonly TrendPeriod[], answer: Trend, most: number): Block {
  const more = periods.length - most
  return table(
    `Sessions per ${answer.per}`,
    [
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
    periods
      .slice(-most)
      .map((period) => [
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
    {
      charts: charts(periods, answer),
      ...(more > 0 ? { more: { count: more, one: 'earlier period' } } : {}),
    },
  )
}

function charts(periods: readonly TrendPeriod[], { per, timeZone }: Trend): readonly Chart[] {
  const x = { scale: 'names', names: periods.map(({ label }) => label) } as const
  const medians = periods.flatMap(({ p50Seconds, partial }, at) =>
    p50Seconds === null ? [] : [{ x: at, y: p50Seconds, hollow: partial }],
  )
  return [
    {
      about: `Counted where they start, in ${timeZone}. Pale bars, and * in the table, are partial: the data begin or end inside the ${per}.`,
      x,
      y: { scale: 'count', label: 'sessions' },
      marks: [
        {
          kind: 'bars',
          bars: periods.map(({ sessions, partial }) => ({
            value: sessions,
            ...(partial ? { ink: 'pale' } : {}),
          })),
        },
      ],
    },
    {
      caption: `Median length of sessions per ${per}`,
      about: 'Hollow points are partial.',
      x,
      y: {
        scale: 'length',
        label: 'median length',
        to: medians.reduce((most, { y }) => Math.max(most, y), 1),
      },
      marks: [{ kind: 'line', points: medians, dotted: true }],
    },
  ]
}

function heatmap(hours: readonly HourOfWeek[], { timeZone }: Trend): Blocks {
  const rate = (hour: HourOfWeek): number =>
    hour.occurrences === 0 ? 0 : hour.sessions / hour.occurrences
  const busiest = hours.reduce<HourOfWeek | undefined>(
    (best, hour) => (best === undefined || rate(hour) > rate(best) ? hour : best),
    undefined,
  )
  const words =
    busiest === undefined || rate(busiest) === 0
      ? 'No session.'
      : `Busiest: ${WEEKDAYS[busiest.weekday - 1]} ${String(busiest.hour).padStart(2, '0')} h, ${formatRate(rate(busiest))} sessions an hour, mean length ${seconds(busiest.meanSeconds)}.`
  return [
    {
      kind: 'heatmap',
      caption: 'Sessions by hour of the week',
      about: `How many start in an average such hour, in ${timeZone}. The stronger the colour, the more.`,
      across: 'hour of the day',
      columns: Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0')),
      rows: WEEKDAYS.map((label, day) => ({
        label,
        values: hours.slice(day * 24, day * 24 + 24).map(rate),
      })),
    },
    paragraph(words),
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
