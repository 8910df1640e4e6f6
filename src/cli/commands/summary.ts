import { Command } from 'commander'
import type { ReportFormat } from '../../report/formats.js'
import type { Context } from '../context.js'
import { requireInputs } from '../inputs.js'
import {
  definitionOptions,
  dimensionOptions,
  inputOptions,
  type OutputFlags,
  outputOptions,
  planOf,
  readDataset,
  readDefinition,
  resourceOptions,
  type SharedFlags,
} from '../options.js'
import { lookOf, printText, withTarget } from '../output.js'
import { writeRejects } from '../rejects.js'
import { Watch } from '../watch.js'

interface Flags extends SharedFlags, OutputFlags {
  readonly format?: ReportFormat
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
  inputOptions(command)
  dimensionOptions(definitionOptions(command))
  outputOptions(command, ['terminal', 'json', 'csv', 'markdown'])
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    const { withDataset } = await import('../../events/dataset.js')
    const { summarize } = await import('../../analysis/summarize.js')
    const { summaryFormats, formatOfPath } = await import('../../report/formats.js')
    const by = flags.by ?? []
    const definition = readDefinition(flags)
    const format = flags.format ?? formatOfPath(flags.output ?? '') ?? 'terminal'
    const watch = new Watch(terminal)
    await withTarget(flags.output, (target) =>
      withTarget(flags.rejects, (rejects) =>
        withDataset(
          requireInputs(inputs, terminal),
          { ...readDataset(flags, terminal, signal, by), onProgress: watch.sources },
          async ({ engine, events }) => {
            watch.engine(engine, events.ledger.kept)
            await writeRejects(engine, events, rejects)
            const summary = await summarize(engine, events, { definition, by, ...planOf(flags) })
            watch.finish()
            const look = lookOf(flags, terminal, target)
            await printText(summaryFormats[format](summary, look), target, terminal)
          },
        ),
      ),
    ).finally(() => watch.finish())
  })
}
