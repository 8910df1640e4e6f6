import type { TrendPeriod } from '../../../analysis/trend.js'
import { formatCount, formatSeconds, formatShare } from '../../quantities.js'
import { hourlyRate } from '../../trend.js'
import { countTick, linearTicks, shortLength } from '../axes.js'
import { type Drawing, figure } from '../chart.js'
import type { ReportContents } from '../contents.js'
import { type Html, html, joined } from '../html.js'
import { figures, htmlTable, words } from '../table.js'
import type { Section } from './section.js'

export function trend({ trend: answer, hours }: ReportContents, drawing: Drawing): Section {
  const periods = answer.series[0]?.periods ?? []
  const zone = answer.timeZone
  return {
    id: 'trend',
    title: 'Over time',
    body: joined([
      volume(periods, answer.per, zone, drawing),
      medians(periods, answer.per, drawing),
      heatmap(hours.series[0]?.hoursOfWeek ?? [], hours.timeZone, drawing),
    ]),
  }
}

/** Labels of few periods can be read; of many, every so manieth. */
function shownLabels(periods: readonly TrendPeriod[]): string[] {
  const every = Math.max(1, Math.ceil(periods.length / 9))
  return periods.filter((_, at) => at % every === 0).map(({ label }) => label)
}

const periodTable = (periods: readonly TrendPeriod[], per: string): Html =>
  htmlTable(
    `Sessions per ${per}`,
    [
      words(per),
      figures('sessions'),
      figures('users'),
      figures('bounces'),
      figures('median'),
      figures('mean'),
      words(''),
    ],
    periods.map((period) => [
      period.label,
      formatCount(period.sessions),
      formatCount(period.users),
      formatShare(period.bounceShare),
      formatSeconds(period.p50Seconds),
      formatSeconds(period.meanSeconds),
      period.partial ? 'partial' : '',
    ]),
  )

function volume(
  periods: readonly TrendPeriod[],
  per: string,
  zone: string,
  { plot, draw }: Drawing,
): Html {
  const whole = periods.filter(({ partial }) => !partial)
  const partial = periods.filter((period) => period.partial)
  const bar = { x: 'label', y: 'sessions', fill: 'var(--accent)' } as const
  const chart = draw(`Sessions per ${per}`, {
    x: { label: null, domain: periods.map(({ label }) => label), ticks: shownLabels(periods) },
    y: { label: '↑ sessions', grid: true, nice: true, tickFormat: countTick },
    marks: [
      plot.barY(whole, bar),
      plot.barY(partial, {
        ...bar,
        fillOpacity: 0.35,
        stroke: 'var(--accent)',
        strokeDasharray: '3 2',
      }),
      plot.ruleY([0]),
    ],
  })
  return figure(
    html`<strong>Sessions per ${per}</strong> (${zone}), counted where they start. Pale bars are partial: the data begin or end inside the ${per}.`,
    chart,
    periodTable(periods, per),
  )
}

function medians(periods: readonly TrendPeriod[], per: string, { plot, draw }: Drawing): Html {
  const drawn = periods.flatMap(({ label, p50Seconds, partial }) =>
    p50Seconds === null ? [] : [{ label, p50Seconds, partial }],
  )
  const end = Math.max(1, ...drawn.map(({ p50Seconds }) => p50Seconds))
  const chart = draw(`Median length of sessions per ${per}`, {
    height: 200,
    x: {
      type: 'point',
      label: null,
      domain: periods.map(({ label }) => label),
      ticks: shownLabels(periods),
    },
    y: {
      label: '↑ median length',
      domain: [0, end],
      grid: true,
      ticks: linearTicks(end),
      tickFormat: shortLength,
    },
    marks: [
      plot.lineY(
        drawn.filter(({ partial }) => !partial),
        { x: 'label', y: 'p50Seconds', stroke: 'var(--accent)', strokeWidth: 2 },
      ),
      plot.dot(drawn, {
        x: 'label',
        y: 'p50Seconds',
        r: 3,
        stroke: 'var(--accent)',
        fill: ({ partial }: { partial: boolean }) => (partial ? 'var(--paper)' : 'var(--accent)'),
      }),
      plot.ruleY([0]),
    ],
  })
  return figure(
    html`<strong>Median length per ${per}</strong>. Hollow points are partial.`,
    chart,
    periodTable(periods, per),
  )
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

function heatmap(
  hours: ReportContents['hours']['series'][number]['hoursOfWeek'],
  zone: string,
  { plot, draw }: Drawing,
): Html {
  const drawn = hours.map(({ weekday, hour, sessions, occurrences }) => ({
    weekday: WEEKDAYS[weekday - 1] ?? '',
    hour,
    rate: occurrences === 0 ? 0 : sessions / occurrences,
  }))
  const most = Math.max(0, ...drawn.map(({ rate }) => rate))
  const chart = draw('Sessions by hour of the week', {
    height: 220,
    marginLeft: 40,
    padding: 0.06,
    x: {
      type: 'band',
      label: 'hour of the day →',
      domain: Array.from({ length: 24 }, (_, i) => i),
      ticks: [0, 3, 6, 9, 12, 15, 18, 21],
    },
    y: { type: 'band', label: null, domain: [...WEEKDAYS] },
    opacity: { type: 'linear', domain: [0, most === 0 ? 1 : most], range: [0.04, 1] },
    marks: [
      plot.cell(drawn, { x: 'hour', y: 'weekday', fill: 'var(--accent)', fillOpacity: 'rate' }),
    ],
  })
  const rows = WEEKDAYS.map((name, day) => [
    name,
    ...Array.from({ length: 24 }, (_, hour) => {
      const cell = drawn[day * 24 + hour]
      return cell === undefined ? '' : hourlyRate(cell.rate)
    }),
  ])
  return figure(
    html`<strong>Sessions by hour of the week</strong> (${zone}): how many start in an average such hour; the darkest cell is ${hourlyRate(most)}.`,
    chart,
    htmlTable(
      'Sessions that start in an average hour of the week',
      [words(''), ...Array.from({ length: 24 }, (_, hour) => figures(String(hour)))],
      rows,
    ),
  )
}
