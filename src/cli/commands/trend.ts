import { Command, Option } from 'commander'
import type { PeriodUnit } from '../../analysis/trend.js'
import type { ReportFormat } from '../../report/formats.js'
import type { Context } from '../context.js'
import { requireInputs } from '../inputs.js'
import {
  definitionOptions,
  inputOptions,
  type OutputFlags,
  outputOptions,
  readDataset,
  readSegments,
  resourceOptions,
  type SharedFlags,
  segmentOptions,
} from '../options.js'
import { lookOf, printText, withTarget } from '../output.js'
import { Watch } from '../watch.js'

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

export function trendCommand({ terminal, signal }: Context): Command {
  const command = new Command('trend')
    .description('sessions and their length over hours, days, weeks, months, hours of the week')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
  inputOptions(command)
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
    const { withDataset } = await import('../../events/dataset.js')
    const { trend } = await import('../../analysis/trend.js')
    const { segmentProperties } = await import('../../analysis/segment-key.js')
    const { formatOfPath } = await import('../../report/formats.js')
    const { trendFormats } = await import('../../report/trend.js')
    const segments = readSegments(flags)
    const format = flags.format ?? formatOfPath(flags.output ?? '') ?? 'terminal'
    const watch = new Watch(terminal)
    await withTarget(flags.output, (target) =>
      withDataset(
        requireInputs(inputs, terminal),
        {
          ...readDataset(flags, terminal, signal, segmentProperties(segments.by)),
          onProgress: watch.sources,
        },
        async ({ engine, events }) => {
          watch.engine(engine, events.ledger.kept)
          const { per, attribute } = flags
          const answer = await trend(engine, events, { ...segments, per, attribute })
          watch.finish()
          const look = lookOf(flags, terminal, target)
          await printText(trendFormats[format](answer, look), target, terminal)
        },
      ),
    ).finally(() => watch.finish())
  })
}
