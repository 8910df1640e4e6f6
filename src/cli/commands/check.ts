import { appendFileSync } from 'node:fs'
import { Option } from 'commander'
import { SessionizeError } from '../../errors/errors.js'
import { CHECK_FORMATS, type CheckFormat } from '../../report/check/format-names.js'
import { defineCommand } from '../command.js'
import { type CheckFlags, configuredChecks } from '../config/apply.js'
import { appearanceOf, printText } from '../output.js'
import { type ReportFlag, reportFlag, withReports } from '../reports.js'

interface Own extends CheckFlags {
  readonly report?: readonly ReportFlag[]
}

export const checkCommand = defineCommand<'check', CheckFormat, Own>({
  name: 'check',
  about: 'data-quality rules with thresholds, and drift against a baseline; for CI',
  examples: `Examples:
  sessionize check export.zip                     every rule that fits the data; exit code 1 when one fails
  sessionize check events.parquet --exclude zero-length --fail-on warn
  sessionize check old.zip --save-baseline baseline.json
  sessionize check new.zip --baseline baseline.json --report junit=checks.xml --report markdown=checks.md
  sessionize check --list
`,
  formats: CHECK_FORMATS,
  extend: (command) => {
    command.addOption(
      new Option('--report <format=file>', 'also write a file in this format; may be repeated')
        .helpGroup('Output:')
        .argParser(reportFlag),
    )
  },
  async run(asked) {
    const { flags, format, output, context } = asked
    const { terminal } = context
    const { list, ...rest } = asked.options
    const options = { ...configuredChecks(flags), ...rest }
    const { check, checkRules } = await import('../../library/check.js')
    if (list === true) {
      const { ruleFormats } = await import('../../report/check/rules.js')
      if (format !== 'terminal' && format !== 'json') {
        throw new SessionizeError('usage', `The list of rules cannot be written as ${format}.`, {
          hint: 'Use --format terminal or json.',
        })
      }
      const rules = checkRules(options)
      return output.print((appearance) => ruleFormats[format](rules, appearance))
    }
    const { checkFormats } = await import('../../report/check/formats.js')
    const { report = [] } = flags
    const found = await withReports(report, flags.outputs?.together, async (targets) => {
      const found = await check(asked.inputs, options)
      for (const { format: other, target } of targets) {
        const text = checkFormats[other](found, appearanceOf(flags, terminal, target))
        await printText(text, target, terminal)
      }
      return found
    })
    await output.print((appearance) => checkFormats[format](found, appearance))
    const file = terminal.env['GITHUB_STEP_SUMMARY'] ?? ''
    if ([format, ...report.map((one) => one.format)].includes('github') && file !== '') {
      const { stepSummary } = await import('../../report/check/github.js')
      appendFileSync(file, stepSummary(found))
    }
    const { failure } = await import('../../checks/result.js')
    asked.failWith(failure(found))
  },
})
