import { Command } from 'commander'
import type { Context } from '../context.js'
import { planOf, readDefinition, type SharedFlags } from '../flags.js'
import { definitionOptions, dimensionOptions, names } from '../options.js'
import { printText } from '../output.js'

const EXAMPLES = `Examples:
  sessionize sql                                  the stages that make sessions of events
  sessionize sql --gap 10m --by platform --columns user,start,length_seconds
`

export function sqlCommand({ terminal }: Context): Command {
  const command = new Command('sql')
    .description('print the compiled SQL over a relation `events`, without running it')
    .addHelpText('before', EXAMPLES)
  dimensionOptions(definitionOptions(command)).option(
    '--columns <names>',
    'columns of the session table',
    names,
  )
  return command.action(async (flags: SharedFlags & { readonly columns?: string[] }) => {
    const { sessionSql } = await import('../../sessions/print.js')
    const text = sessionSql({
      definition: readDefinition(flags),
      dimensions: flags.by ?? [],
      ...planOf(flags),
      ...(flags.columns === undefined ? {} : { columns: flags.columns }),
    })
    await printText(text, undefined, terminal)
  })
}
