/** What a run did not take, in a line or two beside its answer. */
import { type Ledger, REASONS, REJECT_REASONS } from '../events/ledger.js'
import { describeRejected, type LeftOut } from '../events/left-out.js'
import { ledgerLines, skippedByReason } from './ledger.js'
import { formatCount, formatNumberOf } from './quantities.js'

const NAMED_AT_MOST = 3

/** Nobody takes these for data. */
const EXPECTED: ReadonlySet<string> = new Set(['marker', 'resource_entry'])

/** For standard error. */
export const leftOutLines = (leftOut: LeftOut): string[] => [
  ...leftOut.doubts.map((doubt) => `warning: ${doubt}`),
  ...describeLeftOut(leftOut).map((line) => `note: ${line}`),
]

/** One sentence about the files, one about the rows; none where there is nothing to say. */
export function describeLeftOut({
  ledger,
  example,
}: Pick<LeftOut, 'ledger' | 'example'>): string[] {
  const out = ledger.read - ledger.kept
  const passed = ledger.skipped.filter(({ why }) => !EXPECTED.has(why))
  const where =
    example === null ? '' : ` ${describeRejected(example)}. See them: --rejects rejects.csv`
  return [
    ...(passed.length === 0 ? [] : [passedOver(passed)]),
    ...(out === 0
      ? []
      : [
          `${formatCount(out)} of ${formatNumberOf(ledger.read, 'row')} left out: ${places(ledger).join(', ')}.${where}`,
        ]),
  ]
}

/** `450 no time, 12 duplicates`, most first. */
const places = (ledger: Ledger): string[] =>
  [
    ...REASONS.map((reason) => ({
      label: REJECT_REASONS[reason],
      rows: ledger.rejected[reason],
    })),
    ...ledgerLines(ledger).filter(
      ({ label, depth }) => depth === 1 && label !== 'in a session' && label !== 'rejected',
    ),
  ]
    .filter(({ rows }) => rows > 0)
    .sort((a, b) => b.rows - a.rows)
    .map(({ label, rows }) => `${formatCount(rows)} ${label}`)

const passedOver = (skipped: Ledger['skipped']): string =>
  `${formatNumberOf(skipped.length, 'file')} passed over: ${skippedByReason(skipped)
    .map(({ why, labels }) => {
      const rest = labels.length - NAMED_AT_MOST
      return `${labels.slice(0, NAMED_AT_MOST).join(', ')}${rest > 0 ? ` and ${formatCount(rest)} more` : ''} (${why})`
    })
    .join('; ')}`
