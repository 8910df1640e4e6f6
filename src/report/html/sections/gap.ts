import type { GapAnswer } from '../../../analysis/gap/gap.js'
import { formatDuration } from '../../../sessions/duration.js'
import { formatCount, formatNumberOf, formatSeconds, formatShare } from '../../quantities.js'
import { countTick, logarithmic } from '../axes.js'
import { type Drawing, figure } from '../chart.js'
import type { ReportContents } from '../contents.js'
import { type Html, html, joined } from '../html.js'
import { figures, htmlTable } from '../table.js'
import type { Section } from './section.js'

export function gap({ gap: { answer, why } }: ReportContents, drawing: Drawing): Section {
  return {
    id: 'gap',
    title: 'How much depends on the timeout',
    body:
      answer === null
        ? html`<p class="note">${why ?? ''}</p>`
        : joined([advice(answer), sweep(answer, drawing), pauses(answer, drawing)]),
  }
}

const timeout = (seconds: number): string => formatDuration(Math.round(seconds * 1e6))

function advice({ pauses: { advice: found }, stable, hiddenBy24h }: GapAnswer): Html {
  const suggested =
    found.timeoutSeconds === null
      ? 'The data suggest no timeout.'
      : `The data suggest a timeout of ${timeout(found.timeoutSeconds)}.`
  const range =
    stable.fromSeconds === stable.toSeconds
      ? ''
      : ` From ${timeout(stable.fromSeconds)} to ${timeout(stable.toSeconds)} the number of sessions is the same within 1%.`
  return html`<p><strong>${suggested}</strong> ${found.why}${range} A timeout of 24 h would merge ${formatNumberOf(hiddenBy24h.sessions, 'session')} (${formatShare(hiddenBy24h.shareOfSessions)}) into longer ones.</p>
${found.doubts.map((doubt) => html`<p class="warning"><strong>Warning:</strong> ${doubt}</p>\n`)}`
}

function sweep({ sweep: rows, definition }: GapAnswer, { plot, draw }: Drawing): Html {
  const own = definition.gapMicros / 1e6
  const from = Math.min(...rows.map(({ gapSeconds }) => gapSeconds))
  const to = Math.max(...rows.map(({ gapSeconds }) => gapSeconds))
  const chart = draw('Number of sessions under each timeout', {
    x: logarithmic('timeout', from, to),
    y: { label: '↑ sessions', zero: true, grid: true, tickFormat: countTick },
    marks: [
      plot.ruleX([own], { stroke: 'var(--second)', strokeDasharray: '4 3' }),
      plot.lineY(rows, { x: 'gapSeconds', y: 'sessions', stroke: 'var(--accent)', strokeWidth: 2 }),
      plot.dot(rows, { x: 'gapSeconds', y: 'sessions', fill: 'var(--accent)', r: 3 }),
      plot.ruleY([0]),
    ],
  })
  return figure(
    html`<strong>Sessions under other timeouts</strong>. The dashed line is the timeout of this report, ${timeout(own)}.`,
    chart,
    htmlTable(
      'Sessions under other timeouts',
      [
        figures('timeout'),
        figures('sessions'),
        figures('bounces'),
        figures('mean'),
        figures('median'),
        figures('p90'),
      ],
      rows.map((row) => [
        timeout(row.gapSeconds),
        formatCount(row.sessions),
        formatShare(row.bounceShare),
        formatSeconds(row.meanSeconds),
        formatSeconds(row.p50Seconds),
        formatSeconds(row.p90Seconds),
      ]),
    ),
  )
}

function pauses(
  { pauses: { bins, fit, count }, definition }: GapAnswer,
  { plot, draw }: Drawing,
): Html {
  const own = definition.gapMicros / 1e6
  const valley = fit?.valley ?? null
  const from = Math.min(1, ...bins.map(({ fromSeconds }) => fromSeconds))
  const to = Math.max(2, ...bins.map(({ toSeconds }) => toSeconds))
  const chart = draw('Pauses between successive events of a user', {
    x: logarithmic('pause', from, to),
    y: { label: '↑ pauses', grid: true, tickFormat: countTick },
    marks: [
      plot.rectY(bins, {
        x1: 'fromSeconds',
        x2: 'toSeconds',
        y: 'count',
        fill: 'var(--accent)',
        inset: 0.5,
      }),
      plot.ruleX([own], { stroke: 'var(--second)', strokeDasharray: '4 3', strokeWidth: 2 }),
      ...(valley === null
        ? []
        : [plot.ruleX([valley.seconds], { stroke: 'var(--ink)', strokeWidth: 2 })]),
      plot.ruleY([0]),
    ],
  })
  const found =
    valley === null
      ? 'No valley between two kinds of pauses was found.'
      : `The solid line is the valley between pauses within and between visits, ${formatSeconds(valley.seconds)}, ${formatShare(valley.depth)} deep.`
  return figure(
    html`<strong>${formatNumberOf(count, 'pause')} between successive events of a user</strong>. The dashed line is the timeout of this report. ${found}`,
    chart,
    htmlTable(
      'Pauses between successive events of a user',
      [figures('from'), figures('to'), figures('pauses')],
      bins.map(({ fromSeconds, toSeconds, count: n }) => [
        formatSeconds(fromSeconds),
        formatSeconds(toSeconds),
        formatCount(n),
      ]),
    ),
  )
}
