import type { Figures } from '../../analysis/figures.js'
import type { Segments, Summary } from '../../analysis/summary.js'
import type { Ledger } from '../../events/ledger.js'
import { describeDefinition } from '../definition.js'
import { filesToShow, ledgerByFile, ledgerLines, skippedByReason } from '../ledger.js'
import { barTable, blocksAsMarkdown, left, markdownTable, prose, right } from '../markdown.js'
import {
  formatCount,
  formatDecimal,
  formatNumberOf,
  formatSeconds,
  formatShare,
} from '../quantities.js'
import { markdownValue } from '../untrusted.js'
import { detailBlocks } from './detail.js'
import { describeEdges, describeSpan, LENGTH_COLUMNS, MAPPED_ROLES } from './wording.js'

/** A pull-request comment holds 65,536 characters; more rows than this belong in a file. */
const MOST_SEGMENTS = 50

/** The summary as GitHub-flavoured Markdown, for a pull-request comment or a step summary. */
export function summaryAsMarkdown(summary: Summary): string {
  const blocks = [
    '## Session lengths',
    headline(summary),
    context(summary),
    ...summary.warnings.map(({ message, hint }) =>
      [
        `> **Warning:** ${prose(message)}`,
        ...(hint === undefined ? [] : ['>', `> Hint: ${prose(hint)}`]),
      ].join('\n'),
    ),
    lengths(summary),
    histogram(summary),
    ...(summary.detail === null ? [] : [blocksAsMarkdown(detailBlocks(summary.detail))]),
    ...(summary.segments === null ? [] : [segments(summary.segments)]),
    ledger(summary),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function headline({ overall }: Summary): string {
  return markdownTable(
    ['sessions', 'users', 'events', 'bounces', 'events per session', 'sessions per user'].map(
      right,
    ),
    [
      [
        formatCount(overall.sessions),
        formatCount(overall.users),
        formatCount(overall.events),
        formatShare(overall.bounceShare),
        formatDecimal(overall.eventsPerSession),
        formatDecimal(overall.sessionsPerUser),
      ],
    ],
  )
}

function context(summary: Summary): string {
  const edges = describeEdges(summary.overall)
  return [
    `- Data: ${describeSpan(summary.firstEvent, summary.lastEvent)}`,
    `- Session: ${prose(describeDefinition(summary.definition))}`,
    ...(edges === null ? [] : [`- Edges: ${edges}`]),
  ].join('\n')
}

const lengthCells = (length: Summary['overall']['length']): readonly string[] =>
  LENGTH_COLUMNS.map(({ value }) => formatSeconds(value(length)))

function lengths({ overall }: Summary): string {
  return markdownTable(
    [left('length'), ...LENGTH_COLUMNS.map(({ name }) => right(name))],
    [
      ['all sessions', ...lengthCells(overall.length)],
      ['without bounces', ...lengthCells(overall.lengthWithoutBounces)],
    ],
  )
}

const histogram = ({ overall }: Summary): string =>
  barTable(
    'length',
    'sessions',
    overall.histogram.map(({ label, sessions }) => ({ label, count: sessions })),
  )

function segments({ dimensions, rows, rest }: Segments): string {
  const cells = (names: readonly string[], figures: Figures): readonly string[] => [
    ...names,
    formatCount(figures.sessions),
    formatCount(figures.users),
    formatShare(figures.bounceShare),
    ...lengthCells(figures.length),
  ]
  const table = markdownTable(
    [
      ...dimensions.map((name) => left(markdownValue(name))),
      ...['sessions', 'users', 'bounces', ...LENGTH_COLUMNS.map(({ name }) => name)].map(right),
    ],
    [
      ...rows.slice(0, MOST_SEGMENTS).map(({ values, figures }) =>
        cells(
          values.map((value) => (value === null ? '*none*' : markdownValue(value))),
          figures,
        ),
      ),
      ...(rest === null
        ? []
        : [
            cells(
              dimensions.map((_, at) => (at === 0 ? '*other*' : '')),
              rest.figures,
            ),
          ]),
    ],
  )
  const more = rows.length - MOST_SEGMENTS
  return more <= 0 ? table : `${table}\n\n*and ${formatNumberOf(more, 'more segment')}*`
}

function ledger({ ledger, mapping }: Summary): string {
  const lines = ledgerLines(ledger)
  const roles = MAPPED_ROLES.flatMap(({ role, column }) => {
    const name = column(mapping)
    return name === null ? [] : [`${role} ${markdownValue(name)}`]
  })
  const skipped = skippedByReason(ledger.skipped).map(
    ({ why, labels }) => `${formatCount(labels.length)} ${prose(why)}`,
  )
  return [
    '<details>',
    `<summary>${formatNumberOf(ledger.read, 'row')} read from ${formatNumberOf(ledger.files.length, 'file')}</summary>`,
    '',
    markdownTable(
      [left('rows'), right('count'), right('share')],
      lines.map(({ label, depth, rows, share }) => [
        // Markdown trims spaces at the start of a cell, so depth is drawn.
        `${'&emsp;'.repeat(depth)}${label}`,
        formatCount(rows),
        depth === 0 ? '' : formatShare(share),
      ]),
    ),
    '',
    ...filesTable(ledger),
    `- Mapping: preset ${markdownValue(mapping.preset)}, ${roles.join(', ')}`,
    ...(skipped.length === 0 ? [] : [`- Skipped files: ${skipped.join(', ')}`]),
    '',
    '</details>',
  ].join('\n')
}

function filesTable(ledger: Ledger): readonly string[] {
  const shown = filesToShow(ledger)
  if (shown.length === 0) return []
  const { headings, rows } = ledgerByFile(shown)
  const more = ledger.files.length - shown.length
  return [
    markdownTable(
      [left('file'), ...headings.map(right)],
      rows.map(({ label, counts }) => [
        markdownValue(label),
        ...counts.map((count) => formatCount(count)),
      ]),
    ),
    '',
    ...(more === 0 ? [] : [`*and ${formatNumberOf(more, 'more file')}*`, '']),
  ]
}
