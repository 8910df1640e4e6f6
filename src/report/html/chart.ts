/** Charts as SVG text: Observable Plot on a document of its own, without a browser. */
import type { Markish, ScaleOptions } from '@observablehq/plot'
import type { Axis, Chart, Mark, Point } from '../document.js'
import { formatCompactCount, formatSeconds } from '../quantities.js'
import { visibleExcerpt } from '../untrusted.js'
import { shorten, widest } from '../width.js'
import { type Html, html, trusted } from './html.js'

type Plot = typeof import('@observablehq/plot')

/** Draws a chart, which is called `label` for who cannot see it. */
export type Draw = (label: string, chart: Pick<Chart, 'x' | 'y' | 'marks'>) => Html

const CHART_WIDTH = 680
const ROW_HEIGHT = 20
const CELL_HEIGHT = 25
const LONGEST_NAME = 24
/** What a chart has room for on its horizontal axis. */
const MOST_LABELS = 9

/** Loaded only when there is something to draw. */
export async function loadDrawing(): Promise<Draw> {
  const [plot, { parseHTML }] = await Promise.all([
    import('@observablehq/plot'),
    import('linkedom'),
  ])
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return (label, { x, y, marks }) => {
    const isBand = marks.some(({ kind }) => kind === 'bars' || kind === 'cells')
    const names = y.scale === 'names' ? y.names.map(shortName) : undefined
    const most = Math.max(
      ...marks.flatMap((mark) => (mark.kind === 'cells' ? mark.cells.flat() : [])),
      0,
    )
    const element = plot.plot({
      width: CHART_WIDTH,
      height:
        names === undefined
          ? 260
          : 50 + (most > 0 ? CELL_HEIGHT : ROW_HEIGHT) * Math.max(1, names.length),
      marginLeft: names === undefined ? 56 : 20 + 6.5 * widest(names),
      x: axisOf(x, 'x', isBand, names !== undefined),
      y: axisOf(y, 'y', isBand, names === undefined),
      opacity: { type: 'linear', domain: [0, most || 1], range: [0.04, 1] },
      marks: [
        ...marks.flatMap((mark) => marksOf(plot, mark, x, y)),
        ...(names === undefined
          ? [plot.ruleY([0])]
          : isBand && x.scale === 'count'
            ? [plot.ruleX([0])]
            : []),
      ],
      document,
    })
    return picture(label, String(element.outerHTML))
  }
}

const shortName = (name: string): string => shorten(visibleExcerpt(name, '…'), LONGEST_NAME, '…')

/** Names are placed by their ordinals, since shortened ones can be alike. */
function axisOf(axis: Axis, side: 'x' | 'y', isBand: boolean, grid: boolean): ScaleOptions {
  if (axis.scale === 'names') {
    const all = axis.names.map((_, at) => String(at))
    const every = side === 'x' ? Math.max(1, Math.ceil(all.length / MOST_LABELS)) : 1
    return {
      type: isBand ? 'band' : 'point',
      label: axis.label === undefined ? null : `${axis.label} →`,
      domain: all,
      ticks: all.filter((_, at) => at % every === 0),
      tickFormat: (at: string) => shortName(axis.names[Number(at)] ?? ''),
    }
  }
  const label = side === 'x' ? `${axis.label} →` : `↑ ${axis.label}`
  switch (axis.scale) {
    case 'count':
      return {
        label,
        grid,
        zero: true,
        nice: true,
        tickFormat: (count: number) => formatCompactCount(count),
      }
    case 'share':
      return {
        label,
        grid,
        domain: [0, 1],
        tickFormat: (share: number) => `${Math.round(share * 100)}%`,
      }
    case 'length':
      return {
        label,
        grid,
        domain: [0, axis.to],
        ticks: linearTicks(axis.to),
        tickFormat: shortLength,
      }
    case 'logarithmic':
      return logarithmic(axis)
  }
}

function marksOf(plot: Plot, mark: Mark, x: Axis, y: Axis): Markish[] {
  const accent = 'var(--accent)'
  switch (mark.kind) {
    case 'bins':
      return [plot.rectY(mark.bins, { x1: 'from', x2: 'to', y: 'count', fill: accent, inset: 0.5 })]
    case 'bars': {
      const bars = mark.bars.map(({ value, ink }, at) => ({
        at: String(at),
        value,
        isPale: ink === 'pale',
        fill: ink === 'second' ? 'var(--second)' : accent,
      }))
      if (y.scale === 'names') return [plot.barX(bars, { x: 'value', y: 'at', fill: 'fill' })]
      const pale = { fillOpacity: 0.35, stroke: accent, strokeDasharray: '3 2' }
      return [
        plot.barY(
          bars.filter(({ isPale }) => !isPale),
          { x: 'at', y: 'value', fill: accent },
        ),
        plot.barY(
          bars.filter(({ isPale }) => isPale),
          { x: 'at', y: 'value', fill: accent, ...pale },
        ),
      ]
    }
    case 'line': {
      const at = (point: Point) => (x.scale === 'names' ? String(point.x) : point.x)
      const line = plot.lineY(
        mark.points.filter(({ hollow }) => hollow !== true),
        {
          x: at,
          y: 'y',
          stroke: accent,
          strokeWidth: 2,
          ...(mark.stepped === true ? { curve: 'step-after' } : {}),
        },
      )
      if (mark.dotted !== true) return [line]
      const fill = ({ hollow }: Point) => (hollow === true ? 'var(--paper)' : accent)
      return [line, plot.dot(mark.points, { x: at, y: 'y', r: 3, stroke: accent, fill })]
    }
    case 'intervals': {
      const intervals = mark.intervals.map((one, at) => ({ ...one, at: String(at) }))
      const style = { stroke: accent, strokeWidth: 3, strokeOpacity: 0.45 }
      return [
        plot.ruleY(intervals, { y: 'at', x1: 'low', x2: 'high', ...style }),
        plot.dot(intervals, { y: 'at', x: 'value', fill: accent, r: 4 }),
      ]
    }
    case 'cells': {
      const cells = mark.cells.flatMap((row, at) =>
        row.map((value, column) => ({ x: String(column), y: String(at), value })),
      )
      return [plot.cell(cells, { x: 'x', y: 'y', fill: accent, fillOpacity: 'value', inset: 0.5 })]
    }
    case 'rule': {
      const ink = mark.dashed ? 'var(--second)' : 'var(--ink)'
      const dash = mark.dashed ? { strokeDasharray: '4 3' } : {}
      return [plot.ruleX([mark.x], { stroke: ink, strokeWidth: 2, ...dash })]
    }
    case 'level':
      return [plot.ruleY([mark.y], { stroke: 'var(--muted)', strokeDasharray: '3 3' })]
  }
}

const TICKS = [1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000, 31_536_000]

/** `1s`, `10m`, `1h`: round lengths, told short. */
const shortLength = (seconds: number): string => formatSeconds(seconds).replace(/ 0+[hms]$/, '')

/**
 * A logarithmic axis whose ticks are round lengths of time. The library's own labels only powers of
 * ten on such an axis, so the logarithm is taken here, and what it sees is linear.
 */
const logarithmic = ({ label, from, to }: Axis & { scale: 'logarithmic' }): ScaleOptions => ({
  type: 'linear',
  label: `${label} (logarithmic) →`,
  transform: Math.log10,
  domain: [Math.log10(from), Math.log10(to)],
  ticks: TICKS.filter((tick) => tick >= from && tick <= to).map(Math.log10),
  tickFormat: (log: number) => shortLength(Math.round(10 ** log)),
})

/** Round ticks of a linear axis from 0, about eight. */
function linearTicks(to: number): number[] {
  const steps = [1, 5, 15, 30, 60, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400]
  const step = steps.find((candidate) => to / candidate <= 8) ?? Math.ceil(to / 8 / 86_400) * 86_400
  return Array.from({ length: Math.floor(to / step) + 1 }, (_, i) => i * step)
}

/**
 * The page allows no inline style, so the library's own is taken out (the page's style sheet says
 * the same), and the picture is one thing to a screen reader, told by its label.
 */
function picture(label: string, svg: string): Html {
  const plain = svg
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/ style="[^"]*"/g, '')
    .replace(/^<svg class="[^"]*"/, '<svg class="chart"')
    .replace(/ aria-(label|description|hidden)="[^"]*"/g, '')
  return html`${trusted(plain.slice(0, 4))} role="img" aria-label="${label}"${trusted(plain.slice(4))}`
}
