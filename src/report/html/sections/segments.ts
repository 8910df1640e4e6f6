import { formatCount, formatNumberOf, formatSeconds, formatShare } from '../../quantities.js'
import { segmentValue } from '../../summary/wording.js'
import { visibleExcerpt } from '../../untrusted.js'
import { shorten } from '../../width.js'
import { linearTicks, shortLength } from '../axes.js'
import { type Drawing, figure } from '../chart.js'
import type { ReportContents, ReportSegments } from '../contents.js'
import { type Html, html, joined } from '../html.js'
import { figures, htmlTable, words } from '../table.js'
import type { Section } from './section.js'

export function segments({ segments: all }: ReportContents, drawing: Drawing): Section {
  return {
    id: 'segments',
    title: 'Segments',
    body:
      all.length === 0
        ? html`<p class="note">No segment was asked for: add <code>--by platform,country</code>.</p>`
        : joined(all.map((one) => segmentFigure(one, drawing))),
  }
}

const LONGEST_NAME = 24
const ROW_HEIGHT = 20

const shortName = (text: string): string => shorten(visibleExcerpt(text, '…'), LONGEST_NAME, '…')

function segmentFigure(segments: ReportSegments, drawing: Drawing): Html {
  const { more } = segments
  const name = segments.dimensions.join(', ')
  return figure(
    html`<strong>By ${name}</strong>: the median length of sessions, and its 95% interval, which counts the sessions of one user as alike. Most sessions first${more > 0 ? `; ${formatNumberOf(more, 'more segment')} not shown` : ''}.`,
    segmentChart(name, segments, drawing),
    segmentTable(name, segments),
  )
}

function segmentChart(
  name: string,
  { rows, medians }: ReportSegments,
  { plot, draw }: Drawing,
): Html {
  const drawn = rows.map(({ values }, at) => {
    const median = medians[at]
    return {
      // The place keeps apart segments whose shortened names are alike.
      place: String(at),
      name: shortName(segmentValue(values[0] ?? null)),
      x: median?.seconds ?? Number.NaN,
      low: median?.lowSeconds ?? median?.seconds ?? Number.NaN,
      high: median?.highSeconds ?? median?.seconds ?? Number.NaN,
    }
  })
  const end = Math.max(1, ...drawn.flatMap(({ x, high }) => [x, high]).filter(Number.isFinite))
  return draw(`Median length of sessions by ${visibleExcerpt(name, '…')}, with 95% intervals`, {
    height: 50 + ROW_HEIGHT * Math.max(1, drawn.length),
    marginLeft: 170,
    x: {
      label: 'median length →',
      domain: [0, end * 1.03],
      grid: true,
      ticks: linearTicks(end),
      tickFormat: shortLength,
    },
    y: {
      label: null,
      domain: drawn.map(({ place }) => place),
      tickFormat: (place: string) => drawn[Number(place)]?.name ?? '',
    },
    marks: [
      plot.ruleY(drawn, {
        y: 'place',
        x1: 'low',
        x2: 'high',
        stroke: 'var(--accent)',
        strokeWidth: 3,
        strokeOpacity: 0.45,
      }),
      plot.dot(drawn, { y: 'place', x: 'x', fill: 'var(--accent)', r: 4 }),
    ],
  })
}

const segmentTable = (name: string, { rows, medians }: ReportSegments): Html =>
  htmlTable(
    `Sessions by ${name}`,
    [
      words(name),
      figures('sessions'),
      figures('users'),
      figures('bounces'),
      figures('median'),
      figures('95% interval'),
      figures('mean'),
      figures('p90'),
    ],
    rows.map(({ values, figures: of }, at) => {
      const median = medians[at]
      const known =
        median !== undefined && median.lowSeconds !== null && median.highSeconds !== null
      return [
        segmentValue(values[0] ?? null),
        formatCount(of.sessions),
        formatCount(of.users),
        formatShare(of.bounceShare),
        formatSeconds(of.length.p50Seconds),
        known ? `${formatSeconds(median.lowSeconds)} to ${formatSeconds(median.highSeconds)}` : '–',
        formatSeconds(of.length.meanSeconds),
        formatSeconds(of.length.p90Seconds),
      ]
    }),
  )
