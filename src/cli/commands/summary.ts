import { Command, Option } from 'commander'
import type { BinScale } from '../../analysis/bins.js'
import type { SummaryOptions } from '../../analysis/summarize.js'
import { given } from '../../given.js'
import type { ReportFormat } from '../../report/formats.js'
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
import { stateOption } from '../state.js'

interface Flags extends SharedFlags, OutputFlags {
  readonly format?: ReportFormat
  readonly top?: number
  readonly having?: string
  readonly bins?: BinScale
  readonly detail?: boolean
  readonly quantiles?: number[]
  readonly state?: string
}

export const SUMMARY_EXAMPLES = `Examples:
  sessionize export.zip                           an Amplitude export, no flags needed
  sessionize events.parquet --gap 10m --by platform,country
  sessionize logs/*.ndjson.gz --user properties.distinct_id --format json
  cat events.csv | sessionize - --where "platform = 'iOS'" --from 2024-01-01
`

export function summaryCommand(context: Context): Command {
  const command = new Command('summary')
    .description('sessions, users, bounce share and lengths (the default command)')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', SUMMARY_EXAMPLES)
  engineOptions(stateOption(inputOptions(command)))
  segmentOptions(definitionOptions(command))
    .option('--top <n>', 'only the segments of the most sessions; the others as (other)', positive)
    .option('--having <condition>', 'only segments whose figures meet it: "sessions >= 100"')
    .optionsGroup('Distribution:')
    .option('--detail', 'trimmed and geometric mean, intervals, log-normal fit, spreads')
    .option('--quantiles <shares>', 'the quantiles of the detail: 0.1,0.5,0.99', shares)
    .addOption(
      new Option('--bins <scale>', 'bins of the histogram (default: product)').choices([
        'product',
        'log',
        'linear',
      ]),
    )
  outputOptions(command, ['terminal', 'json', 'csv', 'markdown'])
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    const { stateColumns } = await import('../../state/spec.js')
    const { summarize } = await import('../../analysis/summarize.js')
    const { summaryFormats, formatOfPath } = await import('../../report/formats.js')
    const { segmentProperties } = await import('../../analysis/segment-key.js')
    const format = flags.format ?? formatOfPath(flags.output ?? '') ?? 'terminal'
    const options = readOptions(flags)
    const columns = segmentProperties(options.by)
    const state = {
      directory: flags.state,
      definition: options.definition,
      columns: stateColumns({ dimensions: columns }),
    }
    await answer(
      context,
      inputs,
      flags,
      { columns, state, elsewhere: true },
      async ({ engine, events, print }) => {
        const summary = await summarize(engine, events, options)
        await print((look) => summaryFormats[format](summary, look))
      },
    )
  })
}

const readOptions = (flags: Flags): SummaryOptions => ({
  ...readSegments(flags),
  ...given({
    top: flags.top,
    having: flags.having,
    bins: flags.bins,
    detail: flags.detail,
    quantiles: flags.quantiles,
  }),
})
