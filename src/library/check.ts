import { readFileSync, writeFileSync } from 'node:fs'
import { parseBaseline } from '../checks/baseline.js'
import { check as checkFiles } from '../checks/check.js'
import type { OwnRule } from '../checks/own-rule.js'
import type { CheckReport } from '../checks/result.js'
import type { Rule } from '../checks/rule.js'
import { type CheckOptions as Chosen, chosenRules, type RuleSetting } from '../checks/run.js'
import { nowMicros } from '../checks/scene.js'
import { SessionizeError } from '../errors/errors.js'
import { answerAsJson } from '../report/json.js'
import { type Target, withTarget } from '../report/target.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { type Asked, askFiles, type Inputs, read } from './ask.js'
import type { ReadOptions } from './options.js'

/** What of checks is no option of the command line. */
export interface CheckRules {
  /** By a rule's id `off`, or what stands in place of its own thresholds and tolerance. */
  readonly settings?: Readonly<Record<string, RuleSetting>>
  /** Rules in SQL over `events` and `sessions`. */
  readonly own?: readonly (Omit<OwnRule, 'place'> & { readonly place?: string })[]
  /** The present, for events that are still to come. */
  readonly now?: Date
}

const RULES: readonly (keyof CheckRules)[] = ['settings', 'own', 'now']

/** Options of `check`. */
export type CheckOptions = Omit<Asked<'check'>, 'list'> & CheckRules

/**
 * Data-quality rules with their verdicts and examples: `sessionize check`. A rule that fails is in the
 * report and throws nothing.
 *
 * @throws SessionizeError `usage` when the rules do not fit
 */
export async function check(inputs: Inputs, options: CheckOptions = {}): Promise<CheckReport> {
  const asked = read('check', options, RULES)
  const { baseline: [compared] = [], saveBaseline, by = [] } = asked.options
  const request = {
    definition: asked.definition,
    by,
    nowMicros: nowMicros(options.now ?? new Date()),
    checks: {
      ...chosenOf(asked.options, options),
      ...omitUndefined({ baseline: compared === undefined ? undefined : readBaseline(compared) }),
    },
    takeBaseline: saveBaseline !== undefined,
  }
  const run = async (target?: Target): Promise<CheckReport> => {
    const { report, baseline } = await askFiles(inputs, asked, {}, (opened, reading, onRead) =>
      checkFiles(opened, reading, { ...request, onRead }),
    )
    if (target !== undefined && baseline !== undefined) {
      writeFileSync(target.path, `${answerAsJson(baseline)}\n`)
    }
    return report
  }
  return saveBaseline === undefined
    ? run()
    : withTarget(saveBaseline, asked.surroundings.outputs?.together, run)
}

/** The rules as they would be run, with their thresholds: `sessionize check --list`. */
export function checkRules(options: CheckOptions = {}): readonly Rule[] {
  const asked = read('check', options, RULES)
  return chosenRules(chosenOf(asked.options, options)).rules
}

/** Which rules are run, and how. */
export const chosenOf = (
  { select, exclude, failOn }: Pick<ReadOptions<'check'>, 'select' | 'exclude' | 'failOn'>,
  { settings, own = [] }: CheckRules,
): Chosen => ({
  own: own.map((rule) => ({ place: 'own', ...rule })),
  ...omitUndefined({ select, exclude, failOn, settings }),
})

function readBaseline(file: string) {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new SessionizeError('usage', `Cannot read the baseline ${file}.`, {
      hint: `Save one first: sessionize check FILE --save-baseline ${file}`,
      cause: error,
    })
  }
  return { file, content: parseBaseline(text, file) }
}
