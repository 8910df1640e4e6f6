import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import type { Checked } from '../../checks/check.js'
import { SessionizeError } from '../../errors/errors.js'
import { CHECK_FORMATS, type CheckFormat, checkFormatOf } from '../../report/check/format-names.js'
import type { ConfiguredFlags } from '../config.js'
import type { Context } from '../context.js'
import { requireInputs } from '../inputs.js'
import {
  definitionOptions,
  dimensionOptions,
  inputOptions,
  names,
  type OutputFlags,
  outputOptions,
  readDataset,
  readDefinition,
  resourceOptions,
  type SharedFlags,
} from '../options.js'
import { lookOf, printText, withTarget } from '../output.js'
import { type ReportFlag, reportFlag, withReports } from '../reports.js'
import { Watch } from '../watch.js'

interface Flags extends SharedFlags, OutputFlags, ConfiguredFlags {
  readonly format?: CheckFormat
  readonly select?: string[]
  readonly exclude?: string[]
  readonly failOn?: 'warn' | 'error'
  readonly baseline?: string
  readonly saveBaseline?: string
  readonly report?: ReportFlag[]
  readonly list?: boolean
}

const EXAMPLES = `Examples:
  sessionize check export.zip                     every rule that fits the data; exit code 1 when one fails
  sessionize check events.parquet --exclude zero-length --fail-on warn
  sessionize check new.zip --baseline baseline.json --report junit=checks.xml --report markdown=checks.md
  sessionize check --list
`

export function checkCommand(context: Context): Command {
  const command = new Command('check')
    .description('data-quality rules with thresholds, and drift against a baseline; for CI')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
  inputOptions(command)
  dimensionOptions(definitionOptions(command))
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
    .option('--list', 'list the rules and their thresholds')
  outputOptions(command, CHECK_FORMATS).option(
    '--report <format=file>',
    'also write a file in this format; may be repeated',
    reportFlag,
  )
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    if (flags.list === true) return listRules(flags, context)
    await withTarget(flags.output, (target) =>
      withTarget(flags.saveBaseline, (saved) =>
        withReports(flags.report ?? [], async (reports) => {
          const { report, baseline } = await run(inputs, flags, context)
          const { checkFormats } = await import('../../report/check/formats.js')
          const { answerAsJson } = await import('../../report/json.js')
          const { terminal } = context
          const format = flags.format ?? checkFormatOf(flags.output ?? '') ?? 'terminal'
          const look = lookOf(flags, terminal, target)
          await printText(checkFormats[format](report, look), target, terminal)
          for (const { format: other, target: file } of reports) {
            await printText(checkFormats[other](report, { ...look, color: false }), file, terminal)
          }
          if (saved !== undefined && baseline !== undefined) {
            writeFileSync(saved.path, answerAsJson(baseline))
          }
          const github = [format, ...reports.map((one) => one.format)].includes('github')
          const summaryFile = terminal.env['GITHUB_STEP_SUMMARY'] ?? ''
          if (github && summaryFile !== '') {
            const { stepSummary } = await import('../../report/check/github.js')
            appendFileSync(summaryFile, stepSummary(report))
          }
          return report
        }),
      ),
    ).then(async (report) => {
      const { failure } = await import('../../checks/result.js')
      // After every file is in place: they are what a failed run is read by.
      const failed = failure(report)
      if (failed !== undefined) throw failed
    })
  })
}

async function run(
  inputs: readonly string[],
  flags: Flags,
  { terminal, signal }: Context,
): Promise<Checked> {
  const { withSources } = await import('../../events/dataset.js')
  const { check } = await import('../../checks/check.js')
  const { nowMicros } = await import('../../checks/scene.js')
  const watch = new Watch(terminal)
  const dataset = {
    ...readDataset(flags, terminal, signal, []),
    onProgress: watch.sources,
  }
  const baseline = flags.baseline ?? flags.configured?.checks.baseline
  const checks = await checkOptions(flags, baseline)
  return withSources(requireInputs(inputs, terminal), dataset, (opened) =>
    check(opened, dataset, {
      definition: readDefinition(flags),
      by: flags.by ?? [],
      nowMicros: nowMicros(new Date()),
      checks,
      takeBaseline: flags.saveBaseline !== undefined,
      onRead: (rows) => watch.engine(opened.engine, rows),
    }),
  ).finally(() => watch.finish())
}

async function checkOptions(flags: Flags, baseline: string | undefined) {
  const config = flags.configured?.checks
  const select = flags.select ?? config?.select
  const exclude = flags.exclude ?? config?.exclude
  const failOn = flags.failOn ?? config?.failOn
  return {
    settings: config?.settings ?? {},
    own: config?.own ?? [],
    ...(select === undefined ? {} : { select }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(failOn === undefined ? {} : { failOn }),
    ...(baseline === undefined ? {} : { baseline: await readBaseline(baseline) }),
  }
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
  const { RULES } = await import('../../checks/registry.js')
  const { ruleList } = await import('../../report/check/rules.js')
  await withTarget(flags.output, (target) =>
    printText(ruleList(RULES, lookOf(flags, terminal, target)), target, terminal),
  )
}
