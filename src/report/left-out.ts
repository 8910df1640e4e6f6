/** What a run did not take, in a line or two beside its answer. */
import type { LeftOut } from '../analysis/left-out.js'
import type { Ledger } from '../events/ledger.js'
import { describeRejected } from '../events/left-out.js'
import { ledgerLines, skippedByReason } from './ledger.js'
import { formatCount, formatNumberOf } from './quantities.js'
import { describeFar } from './summary/wording.js'

const NAMED_AT_MOST = 3

/** Nobody takes these for data. */
const EXPECTED: ReadonlySet<string> = new Set(['marker', 'resource_entry'])

/** For standard error. */
export function leftOutLines(leftOut: LeftOut): string[] {
  const far = describeFar(leftOut.farEvents)
  const notes = [...describeLeftOut(leftOut), ...(far === null ? [] : [`${far}.`])]
  return [
    ...leftOut.doubts.map((doubt) => `warning: ${doubt}`),
    ...notes.map((note) => `note: ${note}`),
  ]
}

/** One sentence about the files, one about the rows; none where there is nothing to say. */
export function describeLeftOut({ ledger, example }: LeftOut): string[] {
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

/** `450 no time, 12 duplicates`, most first; rejected rows by their reasons. */
const places = (ledger: Ledger): string[] =>
  ledgerLines(ledger)
    .filter(({ label, depth }) => depth === 2 || (depth === 1 && !SUMS.has(label)))
    .sort((a, b) => b.rows - a.rows || b.depth - a.depth)
    .map(({ label, rows }) => `${formatCount(rows)} ${label}`)

const SUMS: ReadonlySet<string> = new Set(['in a session', 'rejected'])

const passedOver = (skipped: Ledger['skipped']): string =>
  `${formatNumberOf(skipped.length, 'file')} passed over: ${skippedByReason(skipped)
    .map(({ why, labels }) => {
      const rest = labels.length - NAMED_AT_MOST
      return `${labels.slice(0, NAMED_AT_MOST).join(', ')}${rest > 0 ? ` and ${formatCount(rest)} more` : ''} (${why})`
    })
    .join('; ')}`
