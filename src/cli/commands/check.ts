import { appendFileSync, readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import type { CheckReport } from '../../checks/result.js'
import { SessionizeError } from '../../errors/errors.js'
import { CHECK_FORMATS, type CheckFormat, checkFormatOf } from '../../report/check/format-names.js'
import type { Target } from '../../report/target.js'
import { answerFromFiles } from '../answer.js'
import { type CheckFlags, chosenChecks } from '../chosen-checks.js'
import type { Context } from '../context.js'
import { noEngineOptions } from '../engine.js'
import { type OutputFlags, readDefinition, type SharedFlags } from '../flags.js'
import {
  definitionOptions,
  dimensionOptions,
  inputOptions,
  names,
  outputOptions,
  resourceOptions,
} from '../options.js'
import { lookOf, printText, withFile, withTarget } from '../output.js'
import { type ReportFlag, type ReportTarget, reportFlag, withReports } from '../reports.js'

interface Flags extends SharedFlags, OutputFlags, CheckFlags {
  readonly format?: CheckFormat
  readonly baseline?: string
  readonly saveBaseline?: string
  readonly report?: ReportFlag[]
  readonly list?: boolean
}

const EXAMPLES = `Examples:
  sessionize check export.zip                     every rule that fits the data; exit code 1 when one fails
  sessionize check events.parquet --exclude zero-length --fail-on warn
  sessionize check old.zip --save-baseline baseline.json
  sessionize check new.zip --baseline baseline.json --report junit=checks.xml --report markdown=checks.md
  sessionize check --list
`

export function checkCommand(context: Context): Command {
  const command = new Command('check')
    .description('data-quality rules with thresholds, and drift against a baseline; for CI')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
  noEngineOptions(inputOptions(command))
  dimensionOptions(
    definitionOptions(command),
    'also look at segments of these: first filled value in the session',
  )
    .optionsGroup('Checks:')
    .option('--select <ids>', 'only these rules', names)
    .option('--exclude <ids>', 'all but these rules', names)
    .addOption(
      new Option('--fail-on <verdict>', 'what makes the exit code 1 (default: error)').choices([
        'warn',
        'error',
      ]),
    )
    .option('--baseline <file>', 'compare with an earlier export')
    .option('--save-baseline <file>', 'save this export to compare later ones with')
    .option('--list', 'list the rules with their thresholds, as they are set')
  outputOptions(command, CHECK_FORMATS).option(
    '--report <format=file>',
    'also write a file in this format; may be repeated',
    reportFlag,
  )
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    if (flags.list === true) return listRules(flags, context)
    const report = await withFile('--save-baseline', flags.saveBaseline, (saved) =>
      withReports(flags.report ?? [], (reports) => run(inputs, flags, context, saved, reports)),
    )
    const { failure } = await import('../../checks/result.js')
    // After every file is in place: they are what a failed run is read by.
    const failed = failure(report)
    if (failed !== undefined) throw failed
  })
}

async function run(
  inputs: readonly string[],
  flags: Flags,
  context: Context,
  saved: Target | undefined,
  reports: readonly ReportTarget[],
): Promise<CheckReport> {
  const { check } = await import('../../checks/check.js')
  const { nowMicros } = await import('../../checks/scene.js')
  const { checkFormats } = await import('../../report/check/formats.js')
  const { answerAsJson } = await import('../../report/json.js')
  const { terminal } = context
  const format = flags.format ?? checkFormatOf(flags.output ?? '') ?? 'terminal'
  const compared = flags.baseline ?? flags.configured?.checks.baseline
  const request = {
    definition: readDefinition(flags),
    by: flags.by ?? [],
    nowMicros: nowMicros(new Date()),
    checks: {
      ...chosenChecks(flags),
      ...(compared === undefined ? {} : { baseline: await readBaseline(compared) }),
    },
    takeBaseline: saved !== undefined,
  }
  const { report, baseline } = await answerFromFiles(context, inputs, flags, {}, async (asked) => {
    const checked = await check(asked, asked.options, { ...request, onRead: asked.onRead })
    await asked.print((look) => checkFormats[format](checked.report, look))
    return checked
  })
  for (const { format: other, target } of reports) {
    await printText(checkFormats[other](report, lookOf(flags, terminal, target)), target, terminal)
  }
  if (baseline !== undefined) await printText(answerAsJson(baseline), saved, terminal)
  const github = [format, ...reports.map((one) => one.format)].includes('github')
  const summaryFile = terminal.env['GITHUB_STEP_SUMMARY'] ?? ''
  if (github && summaryFile !== '') {
    const { stepSummary } = await import('../../report/check/github.js')
    appendFileSync(summaryFile, stepSummary(report))
  }
  return report
}

async function readBaseline(file: string) {
  const { parseBaseline } = await import('../../checks/baseline.js')
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

async function listRules(flags: Flags, { terminal }: Context): Promise<void> {
  const { chosenRules } = await import('../../checks/run.js')
  const { ruleFormats } = await import('../../report/check/rules.js')
  const format = flags.format ?? checkFormatOf(flags.output ?? '') ?? 'terminal'
  if (format !== 'terminal' && format !== 'json') {
    throw new SessionizeError('usage', `The list of rules cannot be written as ${format}.`, {
      hint: 'Use --format terminal or json.',
    })
  }
  const { rules } = chosenRules(chosenChecks(flags))
  await withTarget(flags.output, (target) =>
    printText(ruleFormats[format](rules, lookOf(flags, terminal, target)), target, terminal),
  )
}
