/** The checks as a document. */
import type { CheckReport, CheckResult } from '../../checks/result.js'
import { type Blocks, fields, heading, number, table, text } from '../document.js'
import { ledgerLines } from '../ledger.js'
import { formatCount, formatInstant, formatNumberOf, formatShare } from '../quantities.js'
import { describeFar, describeSpan } from '../summary/wording.js'
import { describeLimit, describePlace, describeValue, problems } from './wording.js'

const WORDS = { fail: 'failed', warn: 'warning', pass: 'passed', skipped: 'skipped' } as const

export const checkBlocks = (report: CheckReport): Blocks => [
  problems(report).map(problemBlocks),
  {
    kind: 'group',
    folded: { title: 'All checks', in: 'page' },
    blocks: overview(report),
  },
  context(report),
]

function problemBlocks(check: CheckResult): Blocks {
  const limit = describeLimit(check)
  return {
    kind: 'group',
    tone: check.verdict === 'fail' ? 'failure' : 'caution',
    blocks: [
      heading(`${WORDS[check.verdict]}: ${check.id}`),
      fields([
        ['what', check.meaning],
        ['found', `${describeValue(check)}${limit === '' ? '' : `; should be ${limit}`}`],
        ['hint', check.hint],
      ]),
      exampleTable(check),
    ],
  }
}

function exampleTable({ id, examples }: CheckResult): Blocks {
  const names = [...new Set(examples.flatMap(({ values }) => Object.keys(values)))]
  const places = examples.map(describePlace)
  const hasPlaces = places.some((place) => place !== '')
  return table(
    `Examples of ${id}`,
    [
      ...(hasPlaces ? [{ header: 'where', align: 'left', keep: 'end' } as const] : []),
      ...names.map((name) => text(name)),
    ],
    examples.map(({ values }, at) => [
      ...(hasPlaces ? [places[at] ?? ''] : []),
      ...names.map((name) => values[name] ?? ''),
    ]),
  )
}

function overview({ checks }: CheckReport): Blocks {
  const measured = checks.filter(({ verdict }) => verdict !== 'skipped')
  const skipped = checks.filter(({ verdict }) => verdict === 'skipped')
  const meaning = { header: 'what it finds', onPage: true } as const
  return [
    heading('All checks'),
    table(
      'All checks',
      [text('check'), text('verdict'), number('value'), text('should be', 1), meaning],
      measured.map((check) => [
        check.id,
        WORDS[check.verdict],
        describeValue(check),
        describeLimit(check),
        check.meaning,
      ]),
    ),
    skipped.length === 0 ? null : heading('Skipped'),
    table(
      'Checks that were skipped',
      [text('check'), text('because'), meaning],
      skipped.map((check) => [check.id, check.why ?? '', check.meaning]),
    ),
  ]
}

function context({ firstEvent, lastEvent, farEvents, ledger, baseline }: CheckReport): Blocks {
  const rows = ledgerLines(ledger)
    .filter(({ depth }) => depth < 2)
    .map(({ label, rows: count, share, depth }) =>
      depth === 0
        ? `${formatNumberOf(count, 'row')} read`
        : `${formatCount(count)} ${label} (${formatShare(share)})`,
    )
  return fields(
    [
      ['data', describeSpan(firstEvent, lastEvent)],
      ['far', describeFar(farEvents)],
      ['rows', rows.join(', ')],
      ['baseline', baseline === null ? null : describeBaseline(baseline)],
    ],
    { context: true },
  )
}

function describeBaseline({
  file,
  sessions,
  firstEvent,
  lastEvent,
}: NonNullable<CheckReport['baseline']>): string {
  const span =
    firstEvent === null || lastEvent === null
      ? ''
      : `, ${formatInstant(firstEvent)} to ${formatInstant(lastEvent)}`
  return `${file}: ${formatNumberOf(sessions, 'session')}${span}`
}
