import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { DIALECT_NAMES, type DialectName } from '../../dialects/names.js'
import { SessionizeError } from '../../errors/errors.js'
import { given } from '../../given.js'
import type { PrintOptions, TableSource } from '../../sessions/print.js'
import type { TimeUnit } from '../../sessions/table-events.js'
import type { Context } from '../context.js'
import { readTable, type SharedFlags } from '../flags.js'
import { definitionOptions, dimensionOptions, flagOf, names, tableOptions } from '../options.js'
import { printText, withTarget } from '../output.js'
import type { Terminal } from '../terminal.js'
import { holdApart } from '../written.js'

const DEFAULT_LOOKBACK = '3d'

const EXAMPLES = `Examples:
  sessionize sql                                  the stages that make sessions of events
  sessionize sql --gap 10m --by platform --columns user,start,length_seconds
  sessionize sql --dialect postgres --from-table web.events --user user_id --time created_at
  sessionize sql --dialect bigquery --from-table raw.hits --user uid --time ts --time-unit us --stage summary --by device
  sessionize sql --dialect snowflake --from-table raw.events --user user_id --time event_time --dbt models/sessions
`

interface Flags extends SharedFlags {
  readonly dialect: DialectName
  readonly fromTable?: string
  readonly stage?: 'blocks' | 'sessions' | 'summary'
  readonly timeUnit?: TimeUnit
  readonly columns?: string[]
  readonly dbt?: string
  readonly lookback?: string
  readonly force?: boolean
}

export function sqlCommand({ terminal }: Context): Command {
  const command = new Command('sql')
    .description('print the compiled SQL, for any warehouse, without running it')
    .addHelpText('before', EXAMPLES)
    .optionsGroup('Query:')
    .addOption(
      new Option('--dialect <name>', 'the engine that is to run it')
        .choices(DIALECT_NAMES)
        .default('duckdb'),
    )
    .addOption(
      new Option('--stage <stage>', 'what the query gives (default: sessions)').choices([
        'blocks',
        'sessions',
        'summary',
      ]),
    )
    .optionsGroup('Table:')
    .option(
      '--from-table <name>',
      'the table or view of events; without it, a relation `events` as the first lines say',
    )
    .option(
      '--user <columns>',
      'its column of the user; of several, the first that is filled',
      names,
    )
    .option('--time <column>', 'its column of the time, a timestamp')
    .addOption(
      new Option('--time-unit <unit>', 'the time is a number since 1970 in this unit').choices([
        's',
        'ms',
        'us',
        'ns',
      ]),
    )
    .option('--event <column>', 'its column of the event name')
    .option('--session <column>', 'its column of the recorded session id')
  tableOptions(dimensionOptions(definitionOptions(command)))
    .option('--columns <names>', 'columns of the session table', names)
    .optionsGroup('dbt:')
    .option('--dbt <folder>', 'write incremental dbt models with tests and docs there instead')
    .option(
      '--lookback <time>',
      `how late an event may come and still be counted by the models (default: ${DEFAULT_LOOKBACK})`,
    )
    .option('--force', 'replace models that are there')
  return command.action(async (flags: Flags) => {
    const options = await readPrint(flags)
    if (flags.dbt === undefined) {
      refuseFlags(flags, ['lookback', 'force'], '--dbt')
      const { sessionSql } = await import('../../sessions/print.js')
      return printText(sessionSql(options), undefined, terminal)
    }
    const written = await writeModels(command, flags.dbt, options, flags, terminal)
    terminal.stderr.write(`Wrote ${written.join(', ')}\n`)
  })
}

async function readPrint(flags: Flags): Promise<PrintOptions> {
  const { dialectNamed } = await import('../../dialects/index.js')
  return {
    dialect: dialectNamed(flags.dialect),
    ...readTable(flags),
    ...given({ columns: flags.columns, stage: flags.stage, source: readSource(flags) }),
  }
}

/** Nothing of a table is looked at, so its columns have to be named. */
function readSource(flags: Flags): TableSource | undefined {
  const { fromTable: table, user, time } = flags
  if (table === undefined) {
    refuseFlags(flags, ['user', 'time', 'timeUnit', 'event', 'session', 'dbt'], '--from-table')
    return undefined
  }
  if (user === undefined || user.length === 0 || time === undefined) {
    throw new SessionizeError('usage', `Which columns of ${table} hold the user and the time?`, {
      hint: 'Name them with --user COLUMN and --time COLUMN.',
    })
  }
  return {
    table,
    user,
    time,
    ...given({ unit: flags.timeUnit, event: flags.event, session: flags.session }),
  }
}

/** A flag that would do nothing without another. */
function refuseFlags(flags: Flags, keys: readonly (keyof Flags)[], without: string): void {
  const stray = keys.find((key) => flags[key] !== undefined)
  if (stray === undefined) return
  const flag = flagOf(stray)
  throw new SessionizeError('usage', `${flag} goes with ${without}.`, {
    hint: `Add ${without}, or leave ${flag} out.`,
  })
}

/** Each file whole or not at all, and none where one is there already. */
async function writeModels(
  command: Command,
  folder: string,
  options: PrintOptions,
  flags: Flags,
  terminal: Terminal,
): Promise<string[]> {
  const { dbtFiles } = await import('../../sessions/dbt.js')
  const { parseDuration } = await import('../../sessions/duration.js')
  const { source, stage } = options
  if (source === undefined) throw new RangeError('models need a table')
  if (stage !== undefined) {
    throw new SessionizeError('usage', '--dbt writes blocks and sessions, whatever --stage says.', {
      hint: 'Leave --stage out.',
    })
  }
  const lookbackMicros = parseDuration(flags.lookback ?? DEFAULT_LOOKBACK, '--lookback')
  const files = dbtFiles({ ...options, source, lookbackMicros })
  const paths = files.map(({ name }) => join(folder, name))
  const there = paths.filter((path) => existsSync(path))
  if (there.length > 0 && flags.force !== true) {
    throw new SessionizeError('usage', `${there.join(', ')} is there already.`, {
      hint: 'Replace it with --force, or name another folder.',
    })
  }
  await holdApart(command, terminal, paths)
  makeFolder(folder)
  for (const [i, { text }] of files.entries()) {
    await withTarget(paths[i], (target) => printText(text, target, terminal))
  }
  return paths
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw new SessionizeError('output_unwritable', `Cannot make the folder ${folder}.`, { cause })
  }
}
