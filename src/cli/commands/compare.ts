import { Command, Option } from 'commander'
import type { CompareOptions } from '../../analysis/compare/compare.js'
import { SessionizeError } from '../../errors/errors.js'
import { given } from '../../given.js'
import type { ReportFormat } from '../../report/formats.js'
import { parseDuration } from '../../sessions/duration.js'
import { answer } from '../answer.js'
import type { Context } from '../context.js'
import { engineOptions } from '../engine.js'
import { type OutputFlags, readSegments, type SharedFlags } from '../flags.js'
import {
  definitionOptions,
  inputOptions,
  outputOptions,
  positive,
  resourceOptions,
  segmentOptions,
  shares,
} from '../options.js'

interface Flags extends SharedFlags, OutputFlags {
  readonly format?: ReportFormat
  readonly baseline?: string[]
  readonly reference?: string
  readonly top?: number
  readonly quantiles?: number[]
  readonly long?: number
  readonly bounces: boolean
  readonly replicates?: number
  readonly seed?: number
}

const EXAMPLES = `Examples:
  sessionize compare export.zip --by platform
  sessionize compare march.csv --baseline february.csv
  sessionize compare events.parquet --by platform,country --reference Web,Germany --no-bounces
`

export function compareCommand(context: Context): Command {
  const command = new Command('compare')
    .description('session length of segments, or of two sets of files, with what is clear about it')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
  engineOptions(inputOptions(command))
  segmentOptions(definitionOptions(command))
    .optionsGroup('Comparison:')
    .option('--baseline <files...>', 'compare with the sessions of these files')
    .option(
      '--reference <value>',
      'the segment that others are compared with (default: the largest)',
    )
    .option('--top <n>', 'only the segments of the most sessions (default: 12)', positive)
    .option('--quantiles <shares>', 'quantiles to compare (default: 0.5,0.9)', shares)
    .option('--long <time>', 'a session is long from here (default: 10m)', (text) =>
      parseDuration(text, '--long'),
    )
    .option('--no-bounces', 'only sessions of two events or more')
    .addOption(
      new Option('--replicates <n>', 'resamples for the intervals (default: 1000)').argParser(
        positive,
      ),
    )
    .addOption(
      new Option('--seed <n>', 'the same seed gives the same intervals (default: 1)').argParser(
        positive,
      ),
    )
  outputOptions(command, ['terminal', 'json', 'csv', 'markdown'])
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    const { withDataset } = await import('../../events/dataset.js')
    const { compareSessions, exportBaseline } = await import('../../analysis/compare/compare.js')
    const { segmentProperties } = await import('../../analysis/segment-key.js')
    const { formatOfPath } = await import('../../report/formats.js')
    const { compareFormats } = await import('../../report/compare.js')
    if (flags.baseline !== undefined && flags.rejects !== undefined) throw twoSetsOfRejects()
    const format = flags.format ?? formatOfPath(flags.output ?? '') ?? 'terminal'
    const question = readOptions(flags)
    const columns = segmentProperties(question.by)
    await answer(context, inputs, flags, { columns, elsewhere: true }, async (asked) => {
      const path = asked.workspace.path('.parquet')
      const baseline =
        flags.baseline === undefined
          ? undefined
          : await withDataset(flags.baseline, asked.options, (other) =>
              exportBaseline(other.engine, other.events, question, path),
            )
      const compared = await compareSessions(asked.engine, asked.events, question, baseline)
      await asked.print((look) => compareFormats[format](compared, look))
    })
  })
}

const twoSetsOfRejects = (): SessionizeError =>
  new SessionizeError('usage', '--rejects takes the rows of one set of files, not of two.', {
    hint: 'Write those of each: sessionize FILE --rejects rejects.csv',
  })

const readOptions = (flags: Flags): CompareOptions => ({
  ...readSegments(flags),
  withBounces: flags.bounces,
  ...given({
    reference: flags.reference,
    top: flags.top,
    quantiles: flags.quantiles,
    longMicros: flags.long,
    replicates: flags.replicates,
    seed: flags.seed,
  }),
})
