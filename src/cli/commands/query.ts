import { Command } from 'commander'
import type { QueryFormat } from '../../report/query.js'
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
import { lookOf, printText, toOutput, withTarget } from '../output.js'
import { Watch } from '../watch.js'

interface Flags extends SharedFlags, OutputFlags {
  readonly format?: QueryFormat
}

const EXAMPLES = `Examples:
  sessionize query "SELECT count(*), avg(length_seconds) FROM sessions WHERE NOT bounce" export.zip
  sessionize query "SELECT platform, median(length_seconds) FROM sessions GROUP BY ALL" events.csv --by platform
  sessionize query "FROM events WHERE user = '42'" events.parquet --format csv
`

export function queryCommand({ terminal, signal }: Context): Command {
  const command = new Command('query')
    .description(
      'run a SELECT over events, blocks and sessions; nothing else can be read or written',
    )
    .argument('<sql>', 'one SELECT statement')
    .argument('[files...]', 'files, folders, globs, archives, or - for standard input')
    .addHelpText('before', EXAMPLES)
  inputOptions(command)
  dimensionOptions(definitionOptions(command))
  outputOptions(command, ['terminal', 'json', 'markdown', 'csv', 'ndjson', 'parquet', 'arrow'])
  resourceOptions(command)
  return command.action(async (statement: string, inputs: string[], flags: Flags) => {
    const { withDataset } = await import('../../events/dataset.js')
    const { prepareQuery, runQuery } = await import('../../analysis/query.js')
    const report = await import('../../report/query.js')
    const by = flags.by ?? []
    const format = flags.format ?? report.queryFormatOf(flags.output ?? '') ?? 'terminal'
    const watch = new Watch(terminal)
    await withTarget(flags.output, (target) =>
      withDataset(
        requireInputs(inputs, terminal),
        { ...readDataset(flags, terminal, signal, by), onProgress: watch.sources },
        async ({ engine, events, workspace }) => {
          watch.engine(engine, events.ledger.kept)
          const scratch = workspace.path()
          const query = await prepareQuery(engine, events, statement, {
            definition: readDefinition(flags),
            by,
            ...planOf(flags),
            outputPath: target?.path ?? scratch,
          })
          await runQuery(async () => {
            if (format === 'terminal' || format === 'markdown') {
              const look = lookOf(flags, terminal, target)
              const shown = await report.queryAsText(engine, query, format, look)
              watch.finish()
              return printText(shown, target, terminal)
            }
            return toOutput(
              target,
              () => scratch,
              terminal,
              (path) =>
                format === 'json'
                  ? report.writeQueryJson(engine, query, path)
                  : report.writeQueryTable(engine, query, format, path),
            )
          })
        },
      ),
    ).finally(() => watch.finish())
  })
}
