/** The checks as blocks, for the terminal and for Markdown. */
import type { CheckReport, CheckResult } from '../../checks/result.js'
import { type Block, number, tableOf, text } from '../document.js'
import { ledgerLines } from '../ledger.js'
import { formatCount, formatInstant, formatNumberOf, formatShare } from '../quantities.js'
import { describeSpan } from '../summary/wording.js'
import { describeLimit, describePlace, describeValue, problems } from './wording.js'

const WORDS = { fail: 'failed', warn: 'warning', pass: 'passed', skipped: 'skipped' } as const

export function checkBlocks(report: CheckReport): Block[] {
  return [
    ...problems(report).flatMap(problemBlocks),
    ...overview(report),
    { kind: 'fields', fields: contextFields(report) },
  ]
}

function problemBlocks(check: CheckResult): Block[] {
  const limit = describeLimit(check)
  return [
    { kind: 'heading', text: `${WORDS[check.verdict]}: ${check.id}` },
    {
      kind: 'fields',
      fields: [
        { label: 'what', text: check.meaning },
        {
          label: 'found',
          text: `${describeValue(check)}${limit === '' ? '' : `; should be ${limit}`}`,
        },
        ...(check.hint === null ? [] : [{ label: 'hint', text: check.hint }]),
      ],
    },
    ...exampleTable(check),
  ]
}

function exampleTable({ examples }: CheckResult): Block[] {
  if (examples.length === 0) return []
  const names = [...new Set(examples.flatMap(({ values }) => Object.keys(values)))]
  const places = examples.map(describePlace)
  const placed = places.some((place) => place !== '')
  return [
    {
      kind: 'table',
      columns: [
        ...(placed ? [{ header: 'where', align: 'left', keep: 'end' } as const] : []),
        ...names.map((name) => text(name)),
      ],
      rows: examples.map(({ values }, at) => [
        ...(placed ? [places[at] ?? ''] : []),
        ...names.map((name) => values[name] ?? ''),
      ]),
    },
  ]
}

function overview({ checks }: CheckReport): Block[] {
  const measured = checks.filter(({ verdict }) => verdict !== 'skipped')
  const skipped = checks.filter(({ verdict }) => verdict === 'skipped')
  return [
    { kind: 'heading', text: 'All checks' },
    {
      kind: 'table',
      columns: [text('check'), text('verdict'), number('value'), text('should be', 1)],
      rows: measured.map((check) => [
        check.id,
        WORDS[check.verdict],
        describeValue(check),
        describeLimit(check),
      ]),
    },
    ...(skipped.length === 0
      ? []
      : [
          { kind: 'heading', text: 'Skipped' } as const,
          tableOf(
            [text('check'), text('because')],
            skipped.map(({ id, why }) => [id, why ?? '']),
            skipped.length,
            'check',
          ),
        ]),
  ]
}

function contextFields(report: CheckReport): { label: string; text: string }[] {
  const { firstEvent, lastEvent, ledger, baseline } = report
  const rows = ledgerLines(ledger)
    .filter(({ depth }) => depth < 2)
    .map(({ label, rows: count, share, depth }) =>
      depth === 0
        ? `${formatNumberOf(count, 'row')} read`
        : `${formatCount(count)} ${label} (${formatShare(share)})`,
    )
  return [
    { label: 'data', text: describeSpan(firstEvent, lastEvent) },
    { label: 'rows', text: rows.join(', ') },
    ...(baseline === null
      ? []
      : [
          {
            label: 'baseline',
            text: `${baseline.file}: ${formatNumberOf(baseline.sessions, 'session')}${
              baseline.firstEvent === null || baseline.lastEvent === null
                ? ''
                : `, ${formatInstant(baseline.firstEvent)} to ${formatInstant(baseline.lastEvent)}`
            }`,
          },
        ]),
  ]
}
