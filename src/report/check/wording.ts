/** What every output says about a check, in the same words. */
import { type CheckReport, type CheckResult, hasFailed } from '../../checks/result.js'
import type { CheckExample } from '../../checks/rule.js'
import { formatCount, formatNumberOf, formatShare } from '../quantities.js'

/** `3.2% (32 of 1,000)`, `7`, `2.4x`, `0.153` */
export function describeValue(check: Pick<CheckResult, 'unit' | 'value' | 'found' | 'of'>): string {
  const { unit, value, found, of } = check
  if (value === null) return '-'
  switch (unit) {
    case 'share':
      return found === null || of === null
        ? formatShare(value)
        : `${formatShare(value)} (${formatCount(found)} of ${formatCount(of)})`
    case 'count':
      return formatCount(value)
    case 'factor':
      return `${value.toFixed(1)}x`
    case 'distance':
      return value.toFixed(3)
    case 'number':
      return plainNumber(value)
  }
}

/** What the value should be: `at most 1%`. */
export function describeLimit(check: CheckResult): string {
  const amount = (limit: number): string =>
    describeValue({ unit: check.unit, value: limit, found: null, of: null })
  const least = check.least === null ? [] : [`at least ${amount(check.least)}`]
  const limit = check.verdict === 'fail' ? (check.error ?? check.warn) : (check.warn ?? check.error)
  const most = limit === null ? [] : [limit === 0 ? 'none' : `at most ${amount(limit)}`]
  return [...least, ...most].join(' and ')
}

const plainNumber = (value: number): string =>
  Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(6)))

/** `missing-user: rows without a user: 3.2% (32 of 1,000), should be at most 1%` */
export const describeCheck = (check: CheckResult): string => {
  const limit = describeLimit(check)
  return `${check.meaning}: ${describeValue(check)}${limit === '' ? '' : `, should be ${limit}`}`
}

/** `events.csv, row 12` */
export const describePlace = ({ file, row }: CheckExample): string =>
  file === null ? '' : row === null ? file : `${file}, row ${row}`

export const describeExample = (example: CheckExample): string => {
  const values = Object.entries(example.values).map(
    ([name, value]) => `${name} ${value ?? '(none)'}`,
  )
  return [describePlace(example), ...values].filter((part) => part !== '').join(', ')
}

/** `2 failed, 1 warning, 25 passed, 6 skipped` */
export function describeCounts({ counts }: CheckReport): string {
  const parts = [
    ...(counts.fail > 0 ? [`${formatCount(counts.fail)} failed`] : []),
    ...(counts.warn > 0 ? [formatNumberOf(counts.warn, 'warning')] : []),
    `${formatCount(counts.pass)} passed`,
    ...(counts.skipped > 0 ? [`${formatCount(counts.skipped)} skipped`] : []),
  ]
  return parts.join(', ')
}

/** What is wrong, worst first: what a reader came for. */
export const problems = ({ checks }: CheckReport): CheckResult[] =>
  checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn')

/** Whether this check makes the exit code 1. */
export const failsRun = ({ failOn }: CheckReport, { verdict }: CheckResult): boolean =>
  verdict === 'fail' || (verdict === 'warn' && failOn === 'warn')

export const describeVerdict = (report: CheckReport): string =>
  hasFailed(report) ? 'failed' : report.verdict === 'warn' ? 'passed with warnings' : 'passed'

/** `Checks failed: 2 failed, 1 warning, 25 passed` */
export const describeOutcome = (report: CheckReport): string =>
  `Checks ${describeVerdict(report)}: ${describeCounts(report)}`
