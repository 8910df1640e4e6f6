import { Command, Option } from 'commander'
import type { TableFormat } from '../../sessions/write.js'
import { answer } from '../answer.js'
import type { Context } from '../context.js'
import { noEngineOptions } from '../engine.js'
import { type OutputFlags, readDefinition, type SharedFlags } from '../flags.js'
import {
  definitionOptions,
  inputOptions,
  names,
  outputOptions,
  resourceOptions,
} from '../options.js'

interface Flags extends SharedFlags, OutputFlags {
  readonly format?: TableFormat
  readonly columns?: string[]
  readonly order: 'user' | 'source'
}

const EXAMPLES = `Examples:
  sessionize events export.zip -o labelled.parquet
  sessionize events events.csv --columns user_id,event,time --gap 10m > labelled.csv
  sessionize events events.parquet --order source -o labelled.parquet
`

const LABELS_HELP = `
Each event gets session_id, session_number (of its user), event_number (in its
session), seconds_since_previous_event (of its user), is_first and is_last. A name
that a column of the events already has becomes rebuilt_..., as in rebuilt_session_id.
`

export function eventsCommand(context: Context): Command {
  const command = new Command('events')
    .description('write the events with the session each belongs to')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', LABELS_HELP)
  definitionOptions(noEngineOptions(inputOptions(command)))
  outputOptions(command, ['csv', 'ndjson', 'parquet', 'arrow'])
    .option('--columns <names>', 'only these columns of the events (default: all)', names)
    .addOption(
      new Option('--order <order>', '`user`: by user and time; `source`: as the files have them')
        .choices(['user', 'source'])
        .default('user'),
    )
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    const { duckdb } = await import('../../dialects/duckdb.js')
    const { planSessions } = await import('../../sessions/build.js')
    const { labelledEvents } = await import('../../sessions/label.js')
    const { tableFormatOf, writeTable } = await import('../../sessions/write.js')
    const format = flags.format ?? tableFormatOf(flags.output ?? '') ?? 'csv'
    const build = { definition: readDefinition(flags), dimensions: [], plan: 'events' as const }
    const dataset = { carry: flags.columns ?? ('all' as const) }
    await answer(context, inputs, flags, { dataset }, async ({ engine, events, write }) => {
      const request = await planSessions(engine, events, build)
      const labelled = labelledEvents(request, events.carried, flags.order, duckdb)
      await write((path) => writeTable(engine, labelled, format, path))
    })
  })
}
