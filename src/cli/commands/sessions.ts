import { Command } from 'commander'
import { SessionizeError } from '../../errors/errors.js'
import { visible } from '../../report/untrusted.js'
import type { SessionRequest } from '../../sessions/compile.js'
import type { TableFormat } from '../../sessions/write.js'
import { answer } from '../answer.js'
import type { Context } from '../context.js'
import { engineOptions } from '../engine.js'
import { type OutputFlags, readTable, type SharedFlags } from '../flags.js'
import {
  definitionOptions,
  dimensionOptions,
  inputOptions,
  names,
  outputOptions,
  resourceOptions,
  tableOptions,
} from '../options.js'
import { stateOption } from '../state.js'

interface Flags extends SharedFlags, OutputFlags {
  readonly format?: TableFormat
  readonly columns?: string[]
  readonly createTable?: string
  readonly state?: string
}

const EXAMPLES = `Examples:
  sessionize sessions export.zip -o sessions.parquet
  sessionize sessions events.csv --by platform --property country > sessions.csv
  sessionize sessions events.parquet --columns user,start,length_seconds --format ndjson
`

export function sessionsCommand(context: Context): Command {
  const command = new Command('sessions')
    .description('write the session table, one row per session')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
  engineOptions(stateOption(inputOptions(command)))
  tableOptions(dimensionOptions(definitionOptions(command)))
  outputOptions(command, ['csv', 'ndjson', 'parquet', 'arrow']).option(
    '--columns <names>',
    'only these columns, in this order; fewer are faster',
    names,
  )
  command
    .optionsGroup('Engine:')
    .option('--create-table <name>', 'make it a table of the engine, and write nothing here')
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    const { stateColumns } = await import('../../state/spec.js')
    const { neededProperties, planSessions, sessionTable } = await import('../../sessions/build.js')
    const { tableFormatOf, takesEnumerations, writeTable } = await import('../../sessions/write.js')
    const format = flags.format ?? tableFormatOf(flags.output ?? '') ?? 'csv'
    const build = readTable(flags)
    const columns = neededProperties(build)
    const { definition } = build
    const state = { directory: flags.state, definition, columns: stateColumns(build) }
    await answer(
      context,
      inputs,
      flags,
      { columns, state, elsewhere: true },
      async ({ engine, events, write }) => {
        const request = await planSessions(engine, events, build)
        if (flags.createTable !== undefined) {
          await createTable(context, flags.createTable, request, flags.columns)
          return
        }
        const table = await sessionTable(engine, request, flags.columns, {
          enumerated: takesEnumerations(format),
        })
        await write((path) => writeTable(engine, table, format, path))
      },
    )
  })
}

async function createTable(
  { terminal }: Context,
  name: string,
  request: SessionRequest,
  wanted: readonly string[] | undefined,
): Promise<void> {
  const { chooseColumns } = await import('../../sessions/compile.js')
  const { createSessionTable } = await import('../../sessions/distant.js')
  if (request.distant === undefined) {
    throw new SessionizeError('usage', '--create-table makes a table of an engine.', {
      hint: 'Name the engine with --engine, or write a file with --output.',
    })
  }
  await createSessionTable(name, request, request.distant, chooseColumns(request, wanted))
  terminal.stderr.write(`The sessions are in ${visible(name)}.\n`)
}
