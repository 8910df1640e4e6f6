import type { Rule } from '../../checks/rule.js'
import { formatDuration } from '../../units/duration.js'
import type { Appearance } from '../appearance.js'
import { answerAsJson } from '../json.js'
import { formatCount } from '../quantities.js'
import { renderTable } from '../table.js'
import { describeValue } from './wording.js'

/** Rules with their thresholds; what a rule means says its tolerance. */
export const ruleFormats = {
  terminal: rulesAsTable,
  json: rulesAsJson,
} as const

function rulesAsJson(rules: readonly Rule[]): string {
  const listed = rules.map((rule) => {
    const { id, kind, meaning, unit, warn, error, hint } = rule
    return { id, kind, meaning, unit, warn, error, tolerance: toleranceOf(rule), hint }
  })
  const list = { schema: 'sessionize/rules/v1', rules: listed }
  return answerAsJson(list)
}

function toleranceOf(rule: Rule): string | null {
  if (rule.kind === 'drift' || rule.tolerance === undefined) return null
  const { unit, amount } = rule.tolerance
  return unit === 'time' ? formatDuration(amount) : formatCount(amount)
}

function rulesAsTable(rules: readonly Rule[], appearance: Appearance): string {
  const threshold = (rule: Rule, limit: number | null): string =>
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
        threshold(rule, rule.warn),
        threshold(rule, rule.error),
        rule.meaning,
      ]),
    },
    appearance,
  )}\n`
}
