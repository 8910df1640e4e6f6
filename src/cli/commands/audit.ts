import { Command } from 'commander'
import { given } from '../../given.js'
import type { ReportFormat } from '../../report/formats.js'
import { answer } from '../answer.js'
import type { Context } from '../context.js'
import { noEngineOptions } from '../engine.js'
import { type OutputFlags, readBuild, type SharedFlags } from '../flags.js'
import { definitionOptions, inputOptions, outputOptions, resourceOptions } from '../options.js'

interface Flags extends SharedFlags, OutputFlags {
  readonly format?: ReportFormat
  readonly background?: boolean
  readonly reportedLength?: string
}

const EXAMPLES = `Examples:
  sessionize audit export.zip                     recorded session ids against a 30-minute gap
  sessionize audit export.zip --definition amplitude-mobile --format json
  sessionize audit app.ndjson --reported-length session_completed:session_length_seconds
  sessionize audit events.parquet --background    without recorded ids: only what keeps sessions alive
`

export function auditCommand(context: Context): Command {
  const command = new Command('audit')
    .description(
      'recorded session ids against rebuilt sessions, and events that keep sessions alive',
    )
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
  noEngineOptions(inputOptions(command))
  definitionOptions(command)
    .optionsGroup('Audit:')
    .option('--background', 'only background activity; recorded ids are not looked at')
    .option(
      '--reported-length <event:property>',
      'an event in which the app reports the length of a session, in seconds',
    )
  outputOptions(command, ['terminal', 'json', 'csv', 'markdown'])
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    const { audit, AUDIT_DIMENSIONS } = await import('../../analysis/audit/run.js')
    const { parseReportedLength } = await import('../../analysis/audit/reported-length.js')
    const { auditFormats } = await import('../../report/audit/formats.js')
    const { formatOfPath } = await import('../../report/formats.js')
    const format = flags.format ?? formatOfPath(flags.output ?? '') ?? 'terminal'
    const reportedLength =
      flags.reportedLength === undefined ? undefined : parseReportedLength(flags.reportedLength)
    const options = {
      ...readBuild(flags),
      backgroundOnly: flags.background === true,
      ...given({ reportedLength }),
    }
    const question = {
      columns: reportedLength === undefined ? [] : [reportedLength.property],
      dataset: {
        ...(options.backgroundOnly ? {} : { recordedOnly: true }),
        optionalDimensions: AUDIT_DIMENSIONS,
      },
    }
    await answer(context, inputs, flags, question, async ({ engine, events, print }) => {
      const found = await audit(engine, events, options)
      await print((look) => auditFormats[format](found, look))
    })
  })
}
