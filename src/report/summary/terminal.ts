import type { Figures, LengthStatistics } from '../../analysis/figures.js'
import type { Segments, Summary, Warning } from '../../analysis/summary.js'
import type { Ledger } from '../../events/ledger.js'
import type { Appearance } from '../appearance.js'
import { describeDefinition } from '../definition.js'
import { type Field, renderFields, renderNotice } from '../fields.js'
import { renderHistogram } from '../histogram.js'
import { filesToShow, ledgerByFile, ledgerLines, skippedByReason } from '../ledger.js'
import {
  formatCompactCount,
  formatCount,
  formatDecimal,
  formatNumberOf,
  formatSeconds,
  formatShare,
} from '../quantities.js'
import { styleFor } from '../style.js'
import { type Column, renderTable } from '../table.js'
import { blocksAsTerminal } from '../terminal.js'
import { visibleExcerpt } from '../untrusted.js'
import { textWidth, widest, wrap } from '../width.js'
import { detailBlocks } from './detail.js'
import {
  describeEdges,
  describeSpan,
  LENGTH_COLUMNS,
  MAPPED_ROLES,
  OTHER,
  segmentValue,
} from './wording.js'

/** The summary for a reader at a terminal: the figures first, then what they rest on. */
export function summaryAsTerminal(summary: Summary, look: Appearance): string {
  const blocks = [
    headline(summary, look),
    renderFields(context(summary, look), look),
    lengths(summary, look),
    histogram(summary, look),
    ...(summary.detail === null ? [] : [blocksAsTerminal(detailBlocks(summary.detail), look)]),
    ...(summary.segments === null ? [] : [segments(summary.segments, look)]),
    rowsRead(summary.ledger, look),
    files(summary.ledger, look),
    renderFields(provenance(summary, look), look),
    ...summary.warnings.map((warning) => notice(warning, look)),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

/** Below this, counts are shortened to `1.2M`. */
const NARROW = 80

function headline({ overall }: Summary, look: Appearance): string {
  const style = styleFor(look)
  const figures = [
    [formatCount(overall.sessions), overall.sessions === 1 ? 'session' : 'sessions'],
    [formatCount(overall.users), overall.users === 1 ? 'user' : 'users'],
    [formatCount(overall.events), overall.events === 1 ? 'event' : 'events'],
    [formatShare(overall.bounceShare, style.absent), 'bounces'],
  ] as const
  let line = ''
  let width = 0
  for (const [figure, name] of figures) {
    const needed = textWidth(`${figure} ${name}`)
    const breaks = width + 3 + needed > look.columns
    const separator = width === 0 ? '' : breaks ? '\n' : '   '
    line += `${separator}${style.strong(figure)} ${name}`
    width = (separator === '   ' ? width + 3 : 0) + needed
  }
  return line
}

function context(summary: Summary, look: Appearance): readonly Field[] {
  const style = styleFor(look)
  const { firstEvent, lastEvent, overall } = summary
  const edges = describeEdges(overall)
  const average =
    overall.sessions === 0
      ? []
      : [
          {
            label: 'average',
            text: `${formatDecimal(overall.eventsPerSession, style.absent)} events per session, ${formatDecimal(overall.sessionsPerUser, style.absent)} sessions per user`,
          },
        ]
  return [
    { label: 'data', text: describeSpan(firstEvent, lastEvent) },
    {
      label: 'session',
      text: visibleExcerpt(describeDefinition(summary.definition), style.ellipsis),
    },
    ...average,
    ...(edges === null ? [] : [{ label: 'edges', text: edges }]),
  ]
}

function lengths({ overall }: Summary, look: Appearance): string {
  const style = styleFor(look)
  const row = (of: LengthStatistics): readonly string[] =>
    LENGTH_COLUMNS.map(({ value }) => formatSeconds(value(of), style.absent))
  const all = ['all sessions', ...row(overall.length)]
  const without = ['without bounces', ...row(overall.lengthWithoutBounces)]
  const headings = ['length', ...LENGTH_COLUMNS.map(({ name }) => name)]

  const lies = (headers: readonly string[]): readonly Column[] =>
    headers.map((header, at) => ({ header, align: at === 0 ? 'left' : 'right' }))
  const natural = headings
    .map((heading, at) => widest([heading, all[at] ?? '', without[at] ?? '']))
    .reduce((sum, width) => sum + width + 2, -2)
  if (natural <= look.columns) {
    return renderTable({ columns: lies(headings), rows: [all, without] }, look)
  }
  // Too narrow to lie flat: stood upright, so that no figure is lost.
  const upright = headings
    .slice(1)
    .map((name, at) => [name, all[at + 1] ?? '', without[at + 1] ?? ''])
  return renderTable(
    { columns: lies(['length', 'all sessions', 'without bounces']), rows: upright },
    look,
  )
}

function histogram({ overall }: Summary, look: Appearance): string {
  if (overall.sessions === 0) return ''
  const bins = overall.histogram.map(({ label, sessions }) => ({ label, count: sessions }))
  return bins.length === 0 ? '' : renderHistogram({ of: 'length', counted: 'sessions', bins }, look)
}

/** A table of more segments is for a program, and the other formats have them all. */
const MOST_SEGMENTS = 40

function segments({ dimensions, rows, rest }: Segments, look: Appearance): string {
  const style = styleFor(look)
  const count = look.columns < NARROW ? formatCompactCount : formatCount
  const seconds = (value: number | null): string => formatSeconds(value, style.absent)
  const number = (header: string, giveUp?: number): Column =>
    giveUp === undefined ? { header, align: 'right' } : { header, align: 'right', giveUp }
  const cells = (names: readonly string[], figures: Figures): readonly string[] => [
    ...names,
    count(figures.sessions),
    count(figures.users),
    count(figures.events),
    formatShare(figures.bounceShare, style.absent),
    ...LENGTH_COLUMNS.map(({ value }) => seconds(value(figures.length))),
  ]
  const table = renderTable(
    {
      columns: [
        ...dimensions.map((header): Column => ({ header, align: 'left' })),
        number('sessions'),
        number('users', 5),
        number('events', 10),
        number('bounces', 3),
        number('mean', 1),
        number('p50', 2),
        number('p75', 9),
        number('p90', 4),
        number('p95', 6),
        number('p99', 8),
        number('max', 7),
      ],
      rows: [
        ...rows
          .slice(0, MOST_SEGMENTS)
          .map(({ values, figures }) => cells(values.map(segmentValue), figures)),
        ...(rest === null
          ? []
          : [
              cells(
                dimensions.map((_, at) => (at === 0 ? OTHER : '')),
                rest.figures,
              ),
            ]),
      ],
    },
    look,
  )
  const more = rows.length - MOST_SEGMENTS
  if (more <= 0) return table
  return `${table}\n${aside(`and ${formatNumberOf(more, 'more segment')}: --format csv has all`, look)}`
}

function rowsRead(ledger: Ledger, look: Appearance): string {
  const style = styleFor(look)
  return renderTable(
    {
      columns: [
        { header: '', align: 'left' },
        { header: '', align: 'right' },
        { header: '', align: 'right', paint: style.quiet },
      ],
      rows: ledgerLines(ledger).map(({ label, depth, rows, share }) => [
        '  '.repeat(depth) + label,
        formatCount(rows),
        depth === 0 ? '' : formatShare(share, style.absent),
      ]),
    },
    look,
  )
}

function files(ledger: Ledger, look: Appearance): string {
  const shown = filesToShow(ledger)
  if (ledger.files.length < 2 || shown.length === 0) return ''
  const count = look.columns < NARROW ? formatCompactCount : formatCount
  const { headings, rows } = ledgerByFile(shown)
  const table = renderTable(
    {
      columns: [
        { header: 'file', align: 'left', keep: 'end' },
        ...headings.map(
          (header, at): Column =>
            at === 0 ? { header, align: 'right' } : { header, align: 'right', giveUp: at },
        ),
      ],
      rows: rows.map(({ label, counts }) => [label, ...counts.map((rows) => count(rows))]),
    },
    look,
  )
  const more = ledger.files.length - shown.length
  if (more === 0) return table
  return `${table}\n${aside(`and ${formatNumberOf(more, 'more file')}: --format json has all`, look)}`
}

const aside = (note: string, look: Appearance): string =>
  wrap(note, look.columns).map(styleFor(look).quiet).join('\n')

function provenance({ ledger, mapping }: Summary, look: Appearance): readonly Field[] {
  const { ellipsis } = styleFor(look)
  const shown = (text: string): string => visibleExcerpt(text, ellipsis)
  const [only] = ledger.files
  const skipped = skippedByReason(ledger.skipped).map(({ why, labels: [first = '', ...rest] }) =>
    rest.length === 0
      ? `1 ${shown(why)} (${shown(baseName(first))})`
      : `${formatCount(rest.length + 1)} ${shown(why)}`,
  )
  const roles = MAPPED_ROLES.flatMap(({ role, column }) => {
    const name = column(mapping)
    return name === null ? [] : [`${role} ${shown(segmentValue(name))}`]
  })
  return [
    {
      label: 'read',
      text:
        only !== undefined && ledger.files.length === 1
          ? shown(only.label)
          : formatNumberOf(ledger.files.length, 'file'),
    },
    ...(skipped.length === 0 ? [] : [{ label: 'skipped', text: skipped.join(', ') }]),
    { label: 'preset', text: shown(mapping.preset) },
    { label: 'mapping', text: roles.join(', ') },
  ]
}

/** Of `export.zip!12345/12345_2024-01-01_0_complete`, the last part. */
const baseName = (label: string): string =>
  label.slice(Math.max(...['/', '\\', '!'].map((mark) => label.lastIndexOf(mark))) + 1)

function notice(warning: Warning, look: Appearance): string {
  const style = styleFor(look)
  const shown = (text: string): string => visibleExcerpt(text, style.ellipsis)
  return [
    renderNotice('warning', shown(warning.message), style.caution, look),
    ...(warning.hint === undefined
      ? []
      : [renderNotice('hint', shown(warning.hint), style.accent, look)]),
  ].join('\n')
}
