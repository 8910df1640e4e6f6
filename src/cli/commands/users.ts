import { Command } from 'commander'
import type { CohortFormat } from '../../report/cohort.js'
import type { Context } from '../context.js'
import { requireInputs } from '../inputs.js'
import {
  definitionOptions,
  inputOptions,
  type OutputFlags,
  outputOptions,
  planOf,
  readDataset,
  readDefinition,
  resourceOptions,
  type SharedFlags,
} from '../options.js'
import { toOutput, withTarget } from '../output.js'
import { Watch } from '../watch.js'

interface Flags extends SharedFlags, OutputFlags {
  readonly format?: CohortFormat
  readonly eventsWhere?: string
}

const EXAMPLES = `Examples:
  sessionize users export.zip --where "sessions >= 3 and p90_length > '5m'"
  sessionize users events.csv --where "bounce_share = 1" -o bouncers.csv
  sessionize users events.csv --events-where "platform = 'iOS'" --where "last_end < '2024-03-01'"
`

export function usersCommand({ terminal, signal }: Context): Command {
  const command = new Command('users')
    .description('the users whose sessions meet a condition, as a list')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
    .option(
      '--where <condition>',
      'SQL on: sessions, events, bounces, bounce_share, mean_length, p90_length, max_length, total_length, first_start, last_end',
    )
  definitionOptions(inputOptions(command, '--events-where'))
  outputOptions(command, ['list', 'csv', 'json', 'ndjson', 'parquet'])
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    const { withDataset } = await import('../../events/dataset.js')
    const { cohort } = await import('../../analysis/cohort.js')
    const { answerContext } = await import('../../analysis/context.js')
    const { cohortFormatOf, writeCohort } = await import('../../report/cohort.js')
    const { where, eventsWhere, ...rest } = flags
    const definition = readDefinition(flags)
    const format = flags.format ?? cohortFormatOf(flags.output ?? '') ?? 'list'
    const shared = { ...rest, ...(eventsWhere === undefined ? {} : { where: eventsWhere }) }
    const watch = new Watch(terminal)
    await withTarget(flags.output, (target) =>
      withDataset(
        requireInputs(inputs, terminal),
        { ...readDataset(shared, terminal, signal, []), onProgress: watch.sources },
        async ({ engine, events, workspace }) => {
          watch.engine(engine, events.ledger.kept)
          const found = await cohort(engine, events, {
            definition,
            ...planOf(flags),
            ...(where === undefined ? {} : { where }),
          })
          watch.finish()
          const context = answerContext(events, definition, found.ledger)
          await toOutput(
            target,
            () => workspace.path(),
            terminal,
            (path) => writeCohort(engine, found, context, where ?? null, format, path),
          )
          terminal.stderr.write(`${found.users} of ${found.ofUsers} users\n`)
        },
      ),
    ).finally(() => watch.finish())
  })
}
