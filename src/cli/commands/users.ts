import { Command } from 'commander'
import { given } from '../../given.js'
import type { CohortFormat } from '../../report/cohort.js'
import { answer } from '../answer.js'
import type { Context } from '../context.js'
import { engineOptions } from '../engine.js'
import { type OutputFlags, readBuild, type SharedFlags } from '../flags.js'
import { definitionOptions, inputOptions, outputOptions, resourceOptions } from '../options.js'

interface Flags extends SharedFlags, OutputFlags {
  readonly format?: CohortFormat
  readonly eventsWhere?: string
}

const EXAMPLES = `Examples:
  sessionize users export.zip --where "sessions >= 3 and p90_length > '5m'"
  sessionize users events.csv --where "bounce_share = 1" -o bouncers.csv
  sessionize users events.csv --events-where "platform = 'iOS'" --where "last_end < '2024-03-01'"
`

export function usersCommand(context: Context): Command {
  const command = new Command('users')
    .description('the users whose sessions meet a condition, as a list')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
    .option(
      '--where <condition>',
      'SQL on: sessions, events, bounces, bounce_share, mean_length, p90_length, max_length, total_length, first_start, last_end',
    )
  definitionOptions(engineOptions(inputOptions(command, '--events-where')))
  outputOptions(command, ['list', 'csv', 'json', 'ndjson', 'parquet'])
  resourceOptions(command)
  return command.action(async (inputs: string[], flags: Flags) => {
    const { cohort } = await import('../../analysis/cohort.js')
    const { answerContext } = await import('../../analysis/context.js')
    const { cohortFormatOf, writeCohort } = await import('../../report/cohort.js')
    const { formatCount, formatNumberOf } = await import('../../report/quantities.js')
    const format = flags.format ?? cohortFormatOf(flags.output ?? '') ?? 'list'
    const { where, eventsWhere, ...rest } = flags
    const shared = { ...rest, ...given({ where: eventsWhere }) }
    const question = { ...readBuild(flags), ...given({ where }) }
    await answer(
      context,
      inputs,
      shared,
      { elsewhere: true },
      async ({ engine, events, write }) => {
        const found = await cohort(engine, events, question)
        const about = answerContext(events, question.definition, found.ledger)
        await write((path) => writeCohort(engine, found, about, where ?? null, format, path))
        const of = formatNumberOf(found.ofUsers, 'user')
        context.terminal.stderr.write(`${formatCount(found.users)} of ${of}\n`)
      },
    )
  })
}
