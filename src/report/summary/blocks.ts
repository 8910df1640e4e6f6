/** The summary for a reader: the figures first, then what they rest on. */
import type { Figures, LengthStatistics } from '../../analysis/figures.js'
import type { Segments, Summary } from '../../analysis/summary.js'
import { describeDefinition } from '../definition.js'
import {
  type Block,
  type Blocks,
  type Cell,
  type Column,
  fields,
  type Medium,
  type Text,
  table,
  warning,
} from '../document.js'
import { filesToShow, ledgerByFile, ledgerLines, skippedByReason } from '../ledger.js'
import {
  formatCount,
  formatDecimal,
  formatNumberOf,
  formatSeconds,
  formatShare,
} from '../quantities.js'
import { detailBlocks } from './detail.js'
import {
  describeEdges,
  describeFar,
  describeSpan,
  LENGTH_COLUMNS,
  MAPPED_ROLES,
} from './wording.js'

/** A table of more segments is for a program; a pull-request comment holds 65,536 characters. */
const MOST_SEGMENTS = { terminal: 40, markdown: 50, page: 50 } as const

/** @param count how the numbers of rows, users and sessions in a table are written */
export function summaryBlocks(summary: Summary, medium: Medium, count = formatCount): Blocks {
  const { overall, detail, segments } = summary
  const bins = overall.histogram.map(({ label, sessions }) => ({ label, count: sessions }))
  const isTerminal = medium === 'terminal'
  const notices = warnings(summary)
  return [
    headline(summary),
    context(summary, medium),
    isTerminal ? null : notices,
    lengths(summary),
    {
      kind: 'bars',
      caption: 'Sessions by length',
      of: 'length',
      counted: 'sessions',
      bins: overall.sessions === 0 ? [] : bins,
    },
    detail === null ? null : detailBlocks(detail),
    segments === null ? null : segmentTable(segments, medium, count),
    {
      kind: 'group',
      folded: {
        title: `${formatNumberOf(summary.ledger.read, 'row')} read from ${formatNumberOf(summary.ledger.files.length, 'file')}`,
        in: 'markdown',
      },
      blocks: [rowsRead(summary), filesRead(summary, medium, count), provenance(summary, medium)],
    },
    isTerminal ? notices : null,
  ]
}

export function headline({ overall }: Summary): Block {
  const { length } = overall
  return {
    kind: 'figures',
    figures: [
      {
        name: 'sessions',
        one: 'session',
        value: formatCount(overall.sessions),
        meaning: 'runs of one user’s events with no longer pause than the gap',
      },
      {
        name: 'users',
        one: 'user',
        value: formatCount(overall.users),
        meaning: 'different users with a session',
      },
      {
        name: 'events',
        one: 'event',
        value: formatCount(overall.events),
        meaning: 'events in a session',
      },
      {
        name: 'median length',
        value: figure(length.p50Seconds, formatSeconds),
        meaning: 'last event minus first event; half of all sessions are shorter',
        in: ['page'],
      },
      {
        name: 'mean length',
        value: figure(length.meanSeconds, formatSeconds),
        meaning: 'over all sessions, bounces included as 0',
        in: ['page'],
      },
      {
        name: 'bounces',
        value: figure(overall.bounceShare, formatShare),
        meaning: 'sessions of a single event, whose length is 0 by definition',
      },
      {
        name: 'events per session',
        value: figure(overall.eventsPerSession, formatDecimal),
        meaning: 'events divided by sessions',
        in: ['markdown', 'page'],
      },
      {
        name: 'sessions per user',
        value: figure(overall.sessionsPerUser, formatDecimal),
        meaning: 'sessions divided by users',
        in: ['markdown', 'page'],
      },
    ],
  }
}

const figure = (value: number | null, format: (value: number) => string): string | null =>
  value === null ? null : format(value)

/** What this program wrote itself. */
const written = (header: string, giveUp?: number): Column => ({
  header,
  align: 'right',
  cells: 'figures',
  ...(giveUp === undefined ? {} : { giveUp }),
})

function context(summary: Summary, medium: Medium): Block {
  const { firstEvent, lastEvent, farEvents, overall } = summary
  const average = `${formatDecimal(overall.eventsPerSession)} events per session, ${formatDecimal(overall.sessionsPerUser)} sessions per user`
  return fields(
    [
      ['data', describeSpan(firstEvent, lastEvent)],
      ['far', describeFar(farEvents)],
      ['session', describeDefinition(summary.definition)],
      ['average', medium === 'terminal' && overall.sessions > 0 ? average : null],
      ['edges', describeEdges(overall)],
    ],
    { unstressed: true },
  )
}

export const warnings = (summary: Summary): Blocks =>
  summary.warnings.map(({ message, hint }) => warning(message, hint))

const lengthCells = (length: LengthStatistics): readonly Cell[] =>
  LENGTH_COLUMNS.map(({ value }) => figure(value(length), formatSeconds))

export const lengths = ({ overall }: Summary): Block =>
  table(
    'Lengths of sessions',
    [{ header: 'length' }, ...LENGTH_COLUMNS.map(({ name }) => written(name))],
    [
      ['all sessions', ...lengthCells(overall.length)],
      ['without bounces', ...lengthCells(overall.lengthWithoutBounces)],
    ],
    { turns: true },
  )

/** In which order a narrow terminal gives up the lengths. */
const GIVEN_UP: Readonly<Record<string, number>> = {
  mean: 1,
  p50: 2,
  p75: 9,
  p90: 4,
  p95: 6,
  p99: 8,
  max: 7,
}

function segmentTable(
  { dimensions, rows, rest }: Segments,
  medium: Medium,
  count: (value: number) => string,
): Block {
  const most = MOST_SEGMENTS[medium]
  const hasEvents = medium === 'terminal'
  const cells = (names: readonly Cell[], figures: Figures): readonly Cell[] => [
    ...names,
    count(figures.sessions),
    count(figures.users),
    ...(hasEvents ? [count(figures.events)] : []),
    figure(figures.bounceShare, formatShare),
    ...lengthCells(figures.length),
  ]
  const more = rows.length - most
  return table(
    `Sessions by ${dimensions.join(', ')}`,
    [
      ...dimensions.map((header): Column => ({ header, cells: 'values', named: true })),
      written('sessions'),
      written('users', 5),
      ...(hasEvents ? [written('events', 10)] : []),
      written('bounces', 3),
      ...LENGTH_COLUMNS.map(({ name }) => written(name, GIVEN_UP[name])),
    ],
    [
      ...rows.slice(0, most).map(({ values, figures }) =>
        cells(
          values.map((value) => value ?? { mark: 'none' }),
          figures,
        ),
      ),
      ...(rest === null
        ? []
        : [
            cells(
              dimensions.map((_, at) => ({ mark: at === 0 ? 'other' : '' })),
              rest.figures,
            ),
          ]),
    ],
    more > 0 ? { more: { count: more, one: 'segment' } } : {},
  )
}

export const rowsRead = ({ ledger }: Summary): Block =>
  table(
    'The row ledger: where every row that was read went',
    [{ header: 'rows', nested: true }, written('count'), { ...written('share'), ink: 'quiet' }],
    ledgerLines(ledger).map(({ label, depth, rows, share }) => [
      '  '.repeat(depth) + label,
      formatCount(rows),
      depth === 0 ? '' : figure(share, formatShare),
    ]),
    { bare: true },
  )

export function filesRead(
  { ledger }: Summary,
  medium: Medium,
  count: (value: number) => string = formatCount,
): Block | null {
  const listed = filesToShow(ledger)
  if (listed.length === 0 || (medium !== 'markdown' && ledger.files.length < 2)) return null
  const { headings, rows } = ledgerByFile(listed)
  const more = ledger.files.length - listed.length
  return table(
    'The same per file',
    [
      { header: 'file', keep: 'end', cells: 'values' },
      ...headings.map((header, at) => written(header, at === 0 ? undefined : at)),
    ],
    rows.map(({ label, counts }) => [label, ...counts.map(count)]),
    more > 0 ? { more: { count: more, one: 'file', format: 'json' } } : {},
  )
}

/** Names of columns, by the role that they play. */
const roles = ({ mapping }: Summary): Text =>
  MAPPED_ROLES.flatMap(({ role, column }) => {
    const name = column(mapping)
    return name === null ? [] : [', ', `${role} `, { value: name }]
  }).slice(1)

export function provenance(summary: Summary, medium: Medium): Block {
  const { ledger, mapping } = summary
  const [only] = ledger.files
  const skipped = skippedByReason(ledger.skipped).map(({ why, labels: [first = '', ...rest] }) =>
    rest.length === 0 && medium === 'terminal'
      ? `1 ${why} (${baseName(first)})`
      : `${formatCount(rest.length + 1)} ${why}`,
  )
  const passedOver = skipped.length === 0 ? null : skipped.join(', ')
  const preset = ['preset ', { value: mapping.preset }, ', ', ...roles(summary)]
  return fields(
    medium === 'markdown'
      ? [
          ['mapping', preset],
          ['skipped files', passedOver],
        ]
      : [
          [
            'read',
            only !== undefined && ledger.files.length === 1
              ? only.label
              : formatNumberOf(ledger.files.length, 'file'),
          ],
          ['skipped', passedOver],
          ['preset', mapping.preset],
          ['mapping', roles(summary)],
        ],
    { unstressed: true },
  )
}

/** Of `export.zip!12345/12345_2024-01-01_0_complete`, the last part. */
const baseName = (label: string): string =>
  label.slice(Math.max(...['/', '\\', '!'].map((mark) => label.lastIndexOf(mark))) + 1)
