import { SessionizeError } from '../../errors/errors.js'
import { defineCommand } from '../command.js'
import { commandLine } from '../command-line.js'
import { type CheckFlags, configuredChecks } from '../config/apply.js'

export const reportCommand = defineCommand<'report', 'html' | 'markdown' | 'json', CheckFlags>({
  name: 'report',
  about: 'one self-contained HTML file with everything: lengths, trends, timeout, checks',
  examples: `Examples:
  sessionize report export.zip -o report.html
  sessionize report events.parquet --by platform,country -o report.html
  sessionize report export.zip --format markdown > report.md
`,
  formats: ['html', 'markdown', 'json'],
  async run({ inputs, options, flags, format, output, context: { terminal, argv = [] } }) {
    if (format === 'html' && flags.output === undefined && terminal.stdout.isTTY === true) {
      throw new SessionizeError('usage', 'A page of HTML is nothing to read on a terminal.', {
        hint: 'Name a file with -o report.html, or use --format markdown.',
      })
    }
    const { report } = await import('../../library/report.js')
    const { reportFormats } = await import('../../report/html/formats.js')
    const { baseline: _, failOn: __, ...chosen } = configuredChecks(flags)
    const contents = await report(inputs, {
      ...chosen,
      ...options,
      command: commandLine(argv),
    })
    await output.print(() => reportFormats[format](contents))
  },
})
