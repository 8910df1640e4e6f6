import type { RecordedAudit } from '../../../analysis/audit/audit.js'
import { SESSION_KINDS } from '../../../analysis/audit/audit.js'
import { CAUSE_WORDS, KIND_WORDS } from '../../audit/wording.js'
import { formatCount, formatSeconds, formatShare } from '../../quantities.js'
import { countTick } from '../axes.js'
import { type Drawing, figure } from '../chart.js'
import type { ReportContents } from '../contents.js'
import { type Html, html, joined } from '../html.js'
import { figures, htmlTable, words } from '../table.js'
import type { Section } from './section.js'

export function recorded({ audit: { answer, why } }: ReportContents, drawing: Drawing): Section {
  const found = answer?.recorded ?? null
  return {
    id: 'recorded',
    title: 'Recorded sessions against rebuilt ones',
    body:
      found === null
        ? html`<p class="note">${why ?? 'The export has no recorded session id.'}</p>`
        : joined([agreement(found, drawing), causes(found), lengthsOf(found)]),
  }
}

function agreement(
  { agreement: { recorded: ours, rebuilt, exactShare }, boundaries }: RecordedAudit,
  { plot, draw }: Drawing,
): Html {
  const sides = [
    { side: 'recorded', counts: ours },
    { side: 'rebuilt', counts: rebuilt },
  ]
  const drawn = sides.flatMap(({ side, counts }) =>
    SESSION_KINDS.map((kind) => ({ side, kind: KIND_WORDS[kind], sessions: counts[kind] })),
  )
  const kinds = SESSION_KINDS.map((kind) => KIND_WORDS[kind])
  const chart = draw('Recorded and rebuilt sessions by what became of them', {
    height: 60 + 44 * SESSION_KINDS.length,
    marginLeft: 90,
    x: { label: 'sessions →', grid: true, tickFormat: countTick },
    y: { label: null, domain: ['recorded', 'rebuilt'] },
    fy: { label: null, domain: kinds },
    marks: [
      plot.barX(drawn, {
        x: 'sessions',
        y: 'side',
        fy: 'kind',
        fill: ({ side }: { side: string }) =>
          side === 'recorded' ? 'var(--accent)' : 'var(--second)',
      }),
      plot.ruleX([0]),
    ],
    marginRight: 210,
  })
  return figure(
    html`<strong>${formatShare(exactShare)} of the recorded sessions</strong> were rebuilt with exactly their events. Of the recorded boundaries ${formatShare(boundaries.recall)} were found; of the rebuilt ones ${formatShare(boundaries.precision)} were recorded.`,
    chart,
    htmlTable(
      'What became of sessions on the other side',
      [words('kind'), figures('recorded'), figures('rebuilt')],
      SESSION_KINDS.map((kind) => [
        KIND_WORDS[kind],
        formatCount(ours[kind]),
        formatCount(rebuilt[kind]),
      ]),
    ),
  )
}

const causes = ({ causes: all }: RecordedAudit): Html =>
  all.length === 0
    ? html`<p>Every boundary is on both sides.</p>`
    : htmlTable(
        'Why boundaries are on one side only',
        [
          words('cause'),
          words('only on'),
          figures('boundaries'),
          figures('share'),
          figures('median pause'),
          words('which means'),
        ],
        all.map(({ id, kind, boundaries, share, medianGapSeconds }) => [
          CAUSE_WORDS[id].name,
          kind === 'split' ? 'the recorded side' : 'the rebuilt side',
          formatCount(boundaries),
          formatShare(share),
          formatSeconds(medianGapSeconds),
          CAUSE_WORDS[id].why,
        ]),
      )

const lengthsOf = ({ lengths: { overall } }: RecordedAudit): Html =>
  htmlTable(
    'Lengths of recorded and of rebuilt sessions',
    [words('sessions'), figures('number'), figures('mean'), figures('median'), figures('p90')],
    [['recorded', overall.recorded] as const, ['rebuilt', overall.rebuilt] as const].map(
      ([name, of]) => [
        name,
        formatCount(of.sessions),
        formatSeconds(of.meanSeconds),
        formatSeconds(of.p50Seconds),
        formatSeconds(of.p90Seconds),
      ],
    ),
  )
