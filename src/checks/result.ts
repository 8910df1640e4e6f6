/** The answer of `sessionize check`. */
import type { AnswerContext } from '../analysis/context.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import type { CheckExample, CheckUnit } from './rule.js'

/** What a rule says of the data. */
export type CheckVerdict = 'pass' | 'warn' | 'fail' | 'skipped'

/** One rule and what it found. */
export interface CheckResult {
  readonly id: string
  readonly meaning: string
  /** `built-in`, `drift` (against a baseline) or `own` (of the config file). */
  readonly origin: 'built-in' | 'drift' | 'own'
  readonly verdict: CheckVerdict
  readonly unit: CheckUnit
  /** Null when the rule was skipped. */
  readonly value: number | null
  readonly found: number | null
  readonly of: number | null
  /** A value above these is a warning, or a failure; null: never. */
  readonly warn: number | null
  readonly error: number | null
  /** Of a rule of the user: the value must be at least this. */
  readonly least: number | null
  /** Why the rule was skipped; null when it was not. */
  readonly why: string | null
  /** What to do; null when there is nothing to do. */
  readonly hint: string | null
  readonly examples: readonly CheckExample[]
}

/** The answer of `check`. */
export interface CheckReport extends AnswerContext {
  readonly schema: 'sessionize/check/v1'
  /** The worst of all. A warning is a failure only where `failOn` says so. */
  readonly verdict: 'pass' | 'warn' | 'fail'
  readonly failOn: 'error' | 'warn'
  readonly counts: Readonly<Record<CheckVerdict, number>>
  /** Failures first, then warnings; each in the order of the registry. */
  readonly checks: readonly CheckResult[]
  /** What it was compared with; null without `--baseline`. */
  readonly baseline: {
    readonly file: string
    readonly firstEvent: string | null
    readonly lastEvent: string | null
    readonly sessions: number
  } | null
}

/** Whether the exit code says so. */
export const hasFailed = ({ verdict, failOn }: CheckReport): boolean =>
  verdict === 'fail' || (verdict === 'warn' && failOn === 'warn')

/** What makes the exit code 1; undefined when the checks passed. */
export function failure(report: CheckReport): SessionizeError | undefined {
  if (!hasFailed(report)) return undefined
  const failed = report.checks
    .filter(({ verdict }) => verdict === 'fail' || (verdict === 'warn' && report.failOn === 'warn'))
    .map(({ id }) => id)
  return new SessionizeError(
    'check_failed',
    `${failed.length} ${failed.length === 1 ? 'check' : 'checks'} failed: ${failed.join(', ')}.`,
    {
      hint: `Set thresholds in sessionize.config.yaml, or leave a rule out with ${option('exclude')}.`,
    },
  )
}

const ORDER: readonly CheckVerdict[] = ['fail', 'warn', 'pass', 'skipped']

export const worstFirst = (checks: readonly CheckResult[]): CheckResult[] =>
  ORDER.flatMap((verdict) => checks.filter((check) => check.verdict === verdict))

export function overallVerdict(checks: readonly CheckResult[]): CheckReport['verdict'] {
  const has = (verdict: CheckVerdict): boolean => checks.some((check) => check.verdict === verdict)
  return has('fail') ? 'fail' : has('warn') ? 'warn' : 'pass'
}

export const countVerdicts = (checks: readonly CheckResult[]): CheckReport['counts'] => ({
  pass: checks.filter(({ verdict }) => verdict === 'pass').length,
  warn: checks.filter(({ verdict }) => verdict === 'warn').length,
  fail: checks.filter(({ verdict }) => verdict === 'fail').length,
  skipped: checks.filter(({ verdict }) => verdict === 'skipped').length,
})
