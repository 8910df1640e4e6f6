import type { HistogramBin } from '../../../analysis/figures.js'
import { formatCount, formatNumberOf, formatSeconds, formatShare } from '../../quantities.js'
import { countTick, linearTicks, logarithmic, shortLength } from '../axes.js'
import { type Drawing, figure } from '../chart.js'
import type { ReportContents } from '../contents.js'
import { type Html, html, joined } from '../html.js'
import { figures, htmlTable, words } from '../table.js'
import type { Section } from './section.js'

export function lengths({ summary, linear }: ReportContents, drawing: Drawing): Section {
  const { overall, detail } = summary
  return {
    id: 'lengths',
    title: 'How long sessions last',
    body:
      overall.sessions === 0
        ? html`<p>There is no session.</p>`
        : joined([
            linearChart(linear, drawing),
            logChart(overall.histogram, drawing),
            ...(detail === null ? [] : [cumulative(detail.length.ecdf, drawing)]),
          ]),
  }
}

const binTable = (caption: string, bins: readonly HistogramBin[]): Html => {
  const all = bins.reduce((sum, { sessions }) => sum + sessions, 0)
  return htmlTable(
    caption,
    [words('length'), figures('sessions'), figures('share')],
    bins.map(({ label, sessions }) => [label, formatCount(sessions), formatShare(sessions / all)]),
  )
}

interface ClosedBin {
  readonly x1: number
  readonly x2: number
  readonly sessions: number
}

/** What has an end, and is more than nothing. */
const closed = (bins: readonly HistogramBin[]): ClosedBin[] =>
  bins.flatMap(({ fromSeconds, toSeconds, sessions }) =>
    toSeconds === null || toSeconds <= 1e-5 ? [] : [{ x1: fromSeconds, x2: toSeconds, sessions }],
  )

function leftOut(bins: readonly HistogramBin[]): string {
  const zero = bins[0]?.fromSeconds === 0 ? (bins[0]?.sessions ?? 0) : 0
  const last = bins.at(-1)
  const longer = last !== undefined && last.toSeconds === null ? last : undefined
  return `Not drawn: ${formatNumberOf(zero, 'session')} of length 0${
    longer === undefined || longer.sessions === 0
      ? ''
      : ` and ${formatNumberOf(longer.sessions, 'session')} of ${formatSeconds(longer.fromSeconds)} or more`
  }.`
}

function linearChart(bins: readonly HistogramBin[], { plot, draw }: Drawing): Html {
  const drawn = closed(bins)
  const end = Math.max(1, ...drawn.map(({ x2 }) => x2))
  const chart = draw('Sessions by length, in bins of one width', {
    x: { label: 'length →', domain: [0, end], ticks: linearTicks(end), tickFormat: shortLength },
    y: { label: '↑ sessions', grid: true, tickFormat: countTick },
    marks: [
      plot.rectY(drawn, { x1: 'x1', x2: 'x2', y: 'sessions', fill: 'var(--accent)', inset: 0.5 }),
      plot.ruleY([0]),
    ],
  })
  return figure(
    html`<strong>On a linear scale</strong>, up to the 99th percentile. ${leftOut(bins)}`,
    chart,
    binTable('Sessions by length, linear bins', bins),
  )
}

/** Where a logarithmic axis begins for what is less than a second. */
const LEAST = 0.5

function logChart(bins: readonly HistogramBin[], { plot, draw }: Drawing): Html {
  const last = bins.at(-1)
  const all =
    last === undefined || last.toSeconds !== null
      ? bins
      : [...bins.slice(0, -1), { ...last, toSeconds: Math.max(2, last.fromSeconds * 2) }]
  const drawn = closed(all).map((bin) => ({ ...bin, x1: Math.max(LEAST, bin.x1) }))
  const end = Math.max(1, ...drawn.map(({ x2 }) => x2))
  const chart = draw('Sessions by length, each bin twice as wide as the one before', {
    x: logarithmic('length', LEAST, end),
    y: { label: '↑ sessions', grid: true, tickFormat: countTick },
    marks: [
      plot.rectY(drawn, { x1: 'x1', x2: 'x2', y: 'sessions', fill: 'var(--accent)', inset: 0.5 }),
      plot.ruleY([0]),
    ],
  })
  return figure(
    html`<strong>On a logarithmic scale</strong>: each bin is twice as wide as the one before. ${leftOut(all)}`,
    chart,
    binTable('Sessions by length, doubling bins', bins),
  )
}

function cumulative(
  points: readonly { readonly seconds: number; readonly share: number }[],
  { plot, draw }: Drawing,
): Html {
  const end = Math.max(1, ...points.map(({ seconds }) => seconds))
  const drawn = [...points.map(({ seconds, share }) => ({ x: Math.max(LEAST, seconds), y: share }))]
  const chart = draw('Share of sessions up to each length', {
    x: logarithmic('length', LEAST, end),
    y: {
      label: '↑ share of sessions',
      domain: [0, 1],
      grid: true,
      tickFormat: (y: number) => `${Math.round(y * 100)}%`,
    },
    marks: [
      plot.ruleY([0.5], { stroke: 'var(--muted)', strokeDasharray: '3 3' }),
      plot.lineY(drawn, {
        x: 'x',
        y: 'y',
        curve: 'step-after',
        stroke: 'var(--accent)',
        strokeWidth: 2,
      }),
      plot.ruleY([0]),
    ],
  })
  return figure(
    html`<strong>The share of sessions that are at most so long</strong> (empirical cumulative distribution). Where the line crosses 50% lies the median.`,
    chart,
    htmlTable(
      'Share of sessions up to a length',
      [figures('at most'), figures('share of sessions')],
      points.map(({ seconds, share }) => [formatSeconds(seconds), formatShare(share)]),
    ),
  )
}
