import { Command, Option } from 'commander'
import type { PeriodUnit } from '../../analysis/trend.js'
import type { ReportFormat } from '../../report/formats.js'
import { answer } from '../answer.js'
import type { Context } from '../context.js'
import { engineOptions } from '../engine.js'
import { type OutputFlags, readSegments, type SharedFlags } from '../flags.js'
import {
  definitionOptions,
  inputOptions,
  outputOptions,
  resourceOptions,
  segmentOptions,
} from '../options.js'

interface Flags extends SharedFlags, OutputFlags {
  readonly format?: ReportFormat
  readonly per: PeriodUnit
  readonly attribute: 'start' | 'end'
}

const EXAMPLES = `Examples:
  sessionize trend export.zip
  sessionize trend events.parquet --per week --by platform
  sessionize trend events.csv --per hour-of-week --report-timezone Europe/Berlin
`

export function trendCommand(context: Context): Command {
  const command = new Command('trend')
    .description('sessions and their length over hours, days, weeks, months, hours of the week')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
  engineOptions(inputOptions(command))
  segmentOptions(definitionOptions(command))
    .optionsGroup('Periods:')
    .addOption(
      new Option('--per <period>', 'length of a period; weeks begin on Monday')
        .choices(['hour', 'day', 'week', 'month', 'hour-of-week'])
        .default('day'),
    )
    .addOption(
      new Option('--attribute <edge>', 'where a session that spans two periods counts')
        .choices(['start', 'end'])
        .default('start'),
    )
  outputOptions(command, ['terminal', 'json', 'csv', 'markdown'])
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    const { trend } = await import('../../analysis/trend.js')
    const { segmentProperties } = await import('../../analysis/segment-key.js')
    const { formatOfPath } = await import('../../report/formats.js')
    const { trendFormats } = await import('../../report/trend.js')
    const format = flags.format ?? formatOfPath(flags.output ?? '') ?? 'terminal'
    const question = { ...readSegments(flags), per: flags.per, attribute: flags.attribute }
    const columns = segmentProperties(question.by)
    await answer(
      context,
      inputs,
      flags,
      { columns, elsewhere: true },
      async ({ engine, events, print }) => {
        const found = await trend(engine, events, question)
        await print((look) => trendFormats[format](found, look))
      },
    )
  })
}
