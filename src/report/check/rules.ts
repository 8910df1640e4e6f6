import type { Rule } from '../../checks/rule.js'
import type { Appearance } from '../appearance.js'
import { renderTable } from '../table.js'
import { describeValue } from './wording.js'

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
        { header: 'what it finds' },
      ],
      rows: rules.map((rule) => [
        rule.id,
        shown(rule, rule.warn),
        shown(rule, rule.error),
        rule.meaning,
      ]),
    },
    look,
  )}\n`
}
