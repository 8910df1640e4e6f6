/** Runs the chosen rules and judges what they find. */
import { answerContext } from '../analysis/context.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { sql } from '../sql/sql.js'
import type { Baseline } from './baseline.js'
import { readExamples } from './examples.js'
import type { OwnRule } from './own-rule.js'
import { chooser, RULE_IDS, RULES, type Selection } from './registry.js'
import { Relations } from './relations/index.js'
import {
  type CheckReport,
  type CheckResult,
  type CheckVerdict,
  countVerdicts,
  overallVerdict,
  worstFirst,
} from './result.js'
import type { Finding, Rule, SqlRule, Thresholds } from './rule.js'
import type { Scene } from './scene.js'

/** `off`, or what stands in place of the rule's own. */
export type RuleSetting = 'off' | (Partial<Thresholds> & { readonly tolerance?: number })

export interface CheckOptions extends Selection {
  readonly settings?: Readonly<Record<string, RuleSetting>>
  readonly own?: readonly OwnRule[]
  readonly failOn?: CheckReport['failOn']
  readonly baseline?: { readonly file: string; readonly content: Baseline }
  /** Takes this export as a baseline, which comparing with one needs too. */
  readonly snapshot?: () => Promise<Baseline>
}

/** The rules that will be run, each with its thresholds. */
export interface CheckPlan {
  readonly rules: readonly Rule[]
  readonly own: readonly OwnRule[]
}

/**
 * @throws SessionizeError `usage` for unknown ids, and when no rule is left: checks that check
 * nothing must not pass.
 */
export function planChecks(options: CheckOptions): CheckPlan {
  const { rules: chosen, own } = chosenRules(options)
  const rules = chosen.filter(({ id, kind }) => {
    // A rule that is named is run, whatever the config file says.
    if (options.select?.includes(id) === true) return true
    return options.settings?.[id] !== 'off' && (kind === 'sql' || options.baseline !== undefined)
  })
  const plan = { rules, own }
  if (plan.rules.length + plan.own.length === 0) {
    throw new SessionizeError('usage', 'No rule is left to run.', {
      hint: `Leave out some of ${option('select')}, ${option('exclude')}, or \`off\` in the config file.`,
    })
  }
  return plan
}

/**
 * The rules that are not deselected, with thresholds and tolerances as they were set, also those that
 * are off or have no baseline.
 *
 * @throws SessionizeError `usage` for unknown ids
 */
export function chosenRules({ own = [], settings = {}, ...selection }: CheckOptions): CheckPlan {
  const chosen = chooser(selection, [...RULE_IDS, ...own.map(({ id }) => id)])
  return {
    rules: RULES.filter(({ id }) => chosen(id)).map((rule) => withSetting(rule, settings[rule.id])),
    own: own.filter(({ id }) => chosen(id)),
  }
}

function withSetting(rule: Rule, setting: RuleSetting | undefined): Rule {
  if (setting === undefined || setting === 'off') return rule
  const { tolerance, ...thresholds } = setting
  const set =
    tolerance === undefined || rule.kind === 'drift' ? undefined : rule.tolerance?.set(tolerance)
  return { ...(set ?? rule), ...thresholds }
}

/** All but the user's own rules, which need an engine that is closed afterwards. */
export async function runRules(
  scene: Scene,
  { rules }: CheckPlan,
  options: CheckOptions,
): Promise<CheckResult[]> {
  const relations = new Relations(scene)
  const now =
    options.snapshot === undefined || !rules.some(({ kind }) => kind === 'drift')
      ? undefined
      : await options.snapshot()
  const results: CheckResult[] = []
  for (const rule of rules) {
    results.push(
      rule.kind === 'sql'
        ? await measure(scene, relations, rule)
        : judgeDrift(rule, options.baseline?.content, now),
    )
  }
  return results
}

export function closeReport(
  scene: Scene,
  results: readonly CheckResult[],
  { failOn = 'error', baseline }: CheckOptions,
): CheckReport {
  return {
    schema: 'sessionize/check/v1',
    verdict: overallVerdict(results),
    failOn,
    counts: countVerdicts(results),
    checks: worstFirst(results),
    baseline:
      baseline === undefined
        ? null
        : {
            file: baseline.file,
            firstEvent: baseline.content.firstEvent,
            lastEvent: baseline.content.lastEvent,
            sessions: baseline.content.sessions,
          },
    ...answerContext(scene.events, scene.definition),
  }
}

async function measure(scene: Scene, relations: Relations, rule: SqlRule): Promise<CheckResult> {
  const absent = rule.absent?.(scene)
  if (absent !== undefined) return skipped(rule, absent)
  await relations.prepare(rule.needs ?? [])
  const row = await scene.engine.row<{
    found?: unknown
    of?: unknown
    value?: unknown
  }>(sql`SELECT * FROM (${rule.measure(scene)})`)
  const found = numeric(row.found)
  const of = numeric(row.of)
  const value = measured(rule, found, of, numeric(row.value))
  if (value === null) return skipped(rule, 'there is nothing to measure')
  const verdict = judge(rule, value)
  return judged(rule, verdict, {
    value,
    found,
    of,
    examples: verdict === 'pass' ? [] : await readExamples(scene, rule.examples(scene)),
  })
}

function measured(
  { unit }: SqlRule,
  found: number | null,
  of: number | null,
  value: number | null,
): number | null {
  switch (unit) {
    case 'share':
      return found === null || of === null || of === 0 ? null : found / of
    case 'count':
      return found
    default:
      return value
  }
}

/** Counts come as integers of several widths. */
function numeric(value: unknown): number | null {
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : null
}

function judgeDrift(
  rule: Extract<Rule, { kind: 'drift' }>,
  before: Baseline | undefined,
  now: Baseline | undefined,
): CheckResult {
  if (before === undefined || now === undefined) {
    return skipped(rule, 'no baseline to compare with: --baseline FILE')
  }
  const finding = rule.compare(before, now, rule)
  if ('why' in finding) return skipped(rule, finding.why)
  const verdict = judge(rule, finding.value)
  return judged(rule, verdict, verdict === 'pass' ? { ...finding, examples: [] } : finding)
}

function judge({ warn, error }: Thresholds, value: number): Exclude<CheckVerdict, 'skipped'> {
  if (error !== null && value > error) return 'fail'
  return warn !== null && value > warn ? 'warn' : 'pass'
}

const described = (rule: Rule) => ({
  id: rule.id,
  meaning: rule.meaning,
  origin: rule.kind === 'drift' ? ('drift' as const) : ('built-in' as const),
  unit: rule.unit,
  warn: rule.warn,
  error: rule.error,
  least: null,
})

const judged = (rule: Rule, verdict: CheckVerdict, finding: Finding): CheckResult => ({
  ...described(rule),
  verdict,
  ...finding,
  why: null,
  hint: verdict === 'pass' ? null : rule.hint,
})

const skipped = (rule: Rule, why: string): CheckResult => ({
  ...described(rule),
  verdict: 'skipped',
  value: null,
  found: null,
  of: null,
  why,
  hint: null,
  examples: [],
})
