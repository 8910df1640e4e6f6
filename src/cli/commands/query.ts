import { Command } from 'commander'
import type { QueryFormat } from '../../report/query.js'
import { answer } from '../answer.js'
import type { Context } from '../context.js'
import { noEngineOptions } from '../engine.js'
import { type OutputFlags, readBuild, type SharedFlags } from '../flags.js'
import {
  definitionOptions,
  dimensionOptions,
  inputOptions,
  outputOptions,
  resourceOptions,
} from '../options.js'

interface Flags extends SharedFlags, OutputFlags {
  readonly format?: QueryFormat
}

const EXAMPLES = `Examples:
  sessionize query "SELECT count(*), avg(length_seconds) FROM sessions WHERE NOT bounce" export.zip
  sessionize query "SELECT platform, median(length_seconds) FROM sessions GROUP BY ALL" events.csv --by platform
  sessionize query "FROM events WHERE user = '42'" events.parquet --format csv
`

export function queryCommand(context: Context): Command {
  const command = new Command('query')
    .description(
      'run a SELECT over events, blocks and sessions; nothing else can be read or written',
    )
    .argument('<sql>', 'one SELECT statement')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
  noEngineOptions(inputOptions(command))
  dimensionOptions(definitionOptions(command))
  outputOptions(command, ['terminal', 'json', 'markdown', 'csv', 'ndjson', 'parquet', 'arrow'])
  resourceOptions(command)
  return command.action(async (statement: string, inputs: string[], flags: Flags) => {
    const { prepareQuery, runQuery } = await import('../../analysis/query.js')
    const report = await import('../../report/query.js')
    const { writeTable } = await import('../../sessions/write.js')
    const format = flags.format ?? report.queryFormatOf(flags.output ?? '') ?? 'terminal'
    const by = flags.by ?? []
    const options = { ...readBuild(flags), by }
    await answer(context, inputs, flags, { columns: by }, async (asked) => {
      const { engine, events, path: outputPath } = asked
      const query = await prepareQuery(engine, events, statement, { ...options, outputPath })
      await runQuery(() =>
        format === 'terminal' || format === 'markdown'
          ? asked.print((look) => report.queryAsText(engine, query, format, look))
          : asked.write((path) =>
              format === 'json'
                ? report.writeQueryJson(engine, query, path)
                : writeTable(engine, query, format, path),
            ),
      )
    })
  })
}
