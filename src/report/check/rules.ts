import type { Rule } from '../../checks/rule.js'
import { formatDuration } from '../../sessions/duration.js'
import type { Appearance } from '../appearance.js'
import { formatCount } from '../quantities.js'
import { renderTable } from '../table.js'
import { describeValue } from './wording.js'

/** Of a rule that has one: `5m`, or `20`. */
export function shownTolerance(rule: Rule): string {
  if (rule.kind === 'drift' || rule.tolerance === undefined) return '-'
  const { unit, amount } = rule.tolerance
  return unit === 'time' ? formatDuration(amount) : formatCount(amount)
}

/** Every rule with its default thresholds. */
export function ruleList(rules: readonly Rule[], look: Appearance): string {
  const shown = (rule: Rule, limit: number | null): string =>
    limit === null
      ? '-'
      : `> ${describeValue({ unit: rule.unit, value: limit, found: null, of: null })}`
  return `${renderTable(
    {
      columns: [
        { header: 'rule' },
        { header: 'warn', align: 'right' },
        { header: 'error', align: 'right' },
        { header: 'tolerance', align: 'right' },
        { header: 'what it finds' },
      ],
      rows: rules.map((rule) => [
        rule.id,
        shown(rule, rule.warn),
        shown(rule, rule.error),
        shownTolerance(rule),
        rule.meaning,
      ]),
    },
    look,
  )}\n`
}
