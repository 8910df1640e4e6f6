import { Command } from 'commander'
import { given } from '../../given.js'
import type { ReportFormat } from '../../report/formats.js'
import { parseDuration } from '../../sessions/duration.js'
import { answer } from '../answer.js'
import type { Context } from '../context.js'
import { noEngineOptions } from '../engine.js'
import { type OutputFlags, readBuild, type SharedFlags } from '../flags.js'
import {
  definitionOptions,
  inputOptions,
  names,
  outputOptions,
  resourceOptions,
} from '../options.js'

interface Flags extends Omit<SharedFlags, 'by'>, OutputFlags {
  readonly format?: ReportFormat
  readonly gaps?: number[]
  readonly by?: string
}

const EXAMPLES = `Examples:
  sessionize gap export.zip
  sessionize gap events.parquet --by platform
  sessionize gap events.csv --gaps 5m,30m,2h --format csv
`

export function gapCommand(context: Context): Command {
  const command = new Command('gap')
    .description('how much depends on the timeout, and which one the data suggest')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
  definitionOptions(noEngineOptions(inputOptions(command)))
    .option(
      '--gaps <times>',
      'timeouts to try (default: 1, 2, 5, 10, 15, 20, 25.5, 30, 45, 60, 90, 120 min, 24 h)',
      (text) => names(text).map((gap) => parseDuration(gap, '--gaps')),
    )
    .option('--by <column>', 'also a timeout per value of this column')
  outputOptions(command, ['terminal', 'json', 'csv', 'markdown'])
  resourceOptions(command)
  return command.action(async (inputs: string[], { by, ...flags }: Flags) => {
    const { analyseGap } = await import('../../analysis/gap/gap.js')
    const { formatOfPath } = await import('../../report/formats.js')
    const { gapFormats } = await import('../../report/gap.js')
    const format = flags.format ?? formatOfPath(flags.output ?? '') ?? 'terminal'
    const question = {
      ...readBuild(flags),
      ...given({ gapsMicros: flags.gaps, by }),
    }
    const columns = by === undefined ? [] : [by]
    await answer(context, inputs, flags, { columns }, async ({ engine, events, print }) => {
      const found = await analyseGap(engine, events, question)
      await print((look) => gapFormats[format](found, look))
    })
  })
}
