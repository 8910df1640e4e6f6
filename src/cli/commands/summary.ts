import { Command, Option } from 'commander'
import type { BinScale } from '../../analysis/bins.js'
import type { ReportFormat } from '../../report/formats.js'
import type { Context } from '../context.js'
import {
  definitionOptions,
  inputOptions,
  type OutputFlags,
  outputOptions,
  positive,
  readDataset,
  readSegments,
  resourceOptions,
  type SharedFlags,
  segmentOptions,
  shares,
} from '../options.js'
import { lookOf, printText, withTarget } from '../output.js'
import { writeRejects } from '../rejects.js'
import { stateOption, withStateOrDataset } from '../state.js'
import { Watch } from '../watch.js'

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

export function summaryCommand({ terminal, signal }: Context): Command {
  const command = new Command('summary')
    .description('sessions, users, bounce share and lengths (the default command)')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', SUMMARY_EXAMPLES)
  stateOption(inputOptions(command))
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
    const segments = readSegments(flags)
    const properties = segmentProperties(segments.by)
    const format = flags.format ?? formatOfPath(flags.output ?? '') ?? 'terminal'
    const watch = new Watch(terminal)
    await withTarget(flags.output, (target) =>
      withTarget(flags.rejects, (rejects) =>
        withStateOrDataset(
          {
            directory: flags.state,
            definition: segments.definition,
            columns: stateColumns({ dimensions: properties }),
          },
          inputs,
          terminal,
          { ...readDataset(flags, terminal, signal, properties), onProgress: watch.sources },
          async ({ engine, events }) => {
            watch.engine(engine, events.ledger.kept)
            await writeRejects(engine, events, rejects)
            const summary = await summarize(engine, events, {
              ...segments,
              ...(flags.top === undefined ? {} : { top: flags.top }),
              ...(flags.having === undefined ? {} : { having: flags.having }),
              ...(flags.bins === undefined ? {} : { bins: flags.bins }),
              ...(flags.detail === undefined ? {} : { detail: flags.detail }),
              ...(flags.quantiles === undefined ? {} : { quantiles: flags.quantiles }),
            })
            watch.finish()
            const look = lookOf(flags, terminal, target)
            await printText(summaryFormats[format](summary, look), target, terminal)
          },
        ),
      ),
    ).finally(() => watch.finish())
  })
}
