import { Command } from 'commander'
import type { Context } from '../context.js'
import { type OutputFlags, readDataset, type SharedFlags } from '../flags.js'
import { requireInputs } from '../inputs.js'
import { mappingOptions, outputOptions, resourceOptions } from '../options.js'
import { lookOf, printText, withTarget } from '../output.js'

interface Flags extends SharedFlags, OutputFlags {
  readonly format?: 'terminal' | 'json'
}

const EXAMPLES = `Examples:
  sessionize inspect export.zip
  sessionize inspect events.csv --user user_id --format json
`

export function inspectCommand({ terminal, signal }: Context): Command {
  const command = new Command('inspect')
    .description('what was detected: formats, preset, columns, and the mapping with its reasons')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
  outputOptions(mappingOptions(command), ['terminal', 'json'])
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    const { withSources } = await import('../../events/dataset.js')
    const { inspect } = await import('../../events/inspect.js')
    const { inspectionFormats } = await import('../../report/inspection.js')
    const options = readDataset(flags, terminal, signal, [])
    await withTarget(flags.output, (target) =>
      withSources(requireInputs(inputs, terminal), options, async ({ engine, sources }) => {
        const inspection = await inspect(engine, sources, options)
        const format = flags.format ?? (target?.finalPath.endsWith('.json') ? 'json' : 'terminal')
        const look = lookOf(flags, terminal, target)
        await printText(inspectionFormats[format](inspection, look), target, terminal)
      }),
    )
  })
}
