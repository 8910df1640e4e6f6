import { Command, Option } from 'commander'
import type { TableFormat } from '../../sessions/write.js'
import type { Context } from '../context.js'
import { requireInputs } from '../inputs.js'
import {
  definitionOptions,
  inputOptions,
  names,
  type OutputFlags,
  outputOptions,
  readDataset,
  readDefinition,
  resourceOptions,
  type SharedFlags,
} from '../options.js'
import { toOutput, withTarget } from '../output.js'
import { writeRejects } from '../rejects.js'
import { Watch } from '../watch.js'

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

export function eventsCommand({ terminal, signal }: Context): Command {
  const command = new Command('events')
    .description('write the events with the session each belongs to')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', LABELS_HELP)
  definitionOptions(inputOptions(command))
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
    const { withDataset } = await import('../../events/dataset.js')
    const { planSessions } = await import('../../sessions/build.js')
    const { labelledEvents } = await import('../../sessions/label.js')
    const { tableFormatOf, writeTable } = await import('../../sessions/write.js')
    const definition = readDefinition(flags)
    const format = flags.format ?? tableFormatOf(flags.output ?? '') ?? 'csv'
    const watch = new Watch(terminal)
    await withTarget(flags.output, (target) =>
      withTarget(flags.rejects, (rejects) =>
        withDataset(
          requireInputs(inputs, terminal),
          {
            ...readDataset(flags, terminal, signal, []),
            carry: flags.columns ?? 'all',
            onProgress: watch.sources,
          },
          async ({ engine, events, workspace }) => {
            watch.engine(engine, events.ledger.kept)
            await writeRejects(engine, events, rejects)
            const request = await planSessions(engine, events, {
              definition,
              dimensions: [],
              plan: 'events',
            })
            const query = labelledEvents(request, events.carried, flags.order, duckdb)
            await toOutput(
              target,
              () => workspace.path(),
              terminal,
              (path) => writeTable(engine, query, format, path),
            )
          },
        ),
      ),
    ).finally(() => watch.finish())
  })
}
