/** `--engine`: the same questions to events that stay in an engine elsewhere. */
import { Command, Option } from 'commander'
import type { ClusterRequest } from '../cluster/dataset.js'
import type { ClusterProgress } from '../engines/cluster.js'
import type { SparkCluster, SparkFormat } from '../engines/spark.js'
import { SessionizeError } from '../errors/errors.js'
import { given } from '../given.js'
import { flagOf, names } from './options.js'
import type { Terminal } from './terminal.js'

export const ENGINES = ['clickhouse', 'spark'] as const
type EngineName = (typeof ENGINES)[number]

export interface EngineFlags {
  readonly engine?: EngineName
  readonly url?: string
  readonly table?: string
  readonly ca?: string
  readonly credentials?: string
  readonly master?: string
  readonly paths?: string[]
  readonly inputFormat?: SparkFormat
  readonly sparkConf?: string[]
  /** Of `sessions`. */
  readonly createTable?: string
}

/** For commands that need no more than sessions. */
export function engineOptions(command: Command): Command {
  return command
    .optionsGroup('Engine:')
    .addOption(
      new Option(
        '--engine <name>',
        'ask a table in this engine, where the events stay, instead of files',
      ).choices(ENGINES),
    )
    .option('--url <address>', "the engine's address: https://host:8443")
    .option(
      '--table <name>',
      "database.table there, or a source of the engine's own: \"s3('https://bucket/*.parquet')\"",
    )
    .option('--ca <file>', "PEM file of the authority that signed the engine's certificate")
    .option(
      '--credentials <file>',
      'file with CLICKHOUSE_USER=... and CLICKHOUSE_PASSWORD=... (default: the environment)',
    )
    .option(
      '--master <address>',
      'Spark: spark://host:7077, yarn, k8s://https://host:443 or local[*]',
    )
    .option(
      '--paths <paths>',
      'Spark: files, folders or globs that its workers can read, instead of a table',
      names,
    )
    .addOption(
      new Option('--input-format <format>', 'Spark: what --paths holds (default: parquet)').choices(
        ['parquet', 'json', 'csv'],
      ),
    )
    .option(
      '--spark-conf <setting>',
      'Spark: a setting of its own, as in spark.executor.memory=4g; again for others',
      (value: string, before: string[] | undefined) => [...(before ?? []), value],
    )
}

/** For commands that need single events, which say so instead of not knowing the option. */
export const noEngineOptions = (command: Command): Command =>
  engineOptions(new Command())
    .options.map(({ flags }) => new Option(flags).hideHelp())
    .reduce((all, option) => all.addOption(option), command)

type OwnFlag = keyof EngineFlags

const OF_CLICKHOUSE: readonly OwnFlag[] = ['url', 'table', 'ca', 'credentials']
const OF_SPARK: readonly OwnFlag[] = ['master', 'table', 'paths', 'inputFormat', 'sparkConf']

export interface EngineContext {
  /** Whether the command can do without single events. */
  readonly possible: boolean
  readonly inputs: readonly string[]
  readonly state: string | undefined
  readonly rejects: string | undefined
  readonly terminal: Terminal
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: ClusterProgress) => void
}

/** @throws SessionizeError `usage` or `unsupported` for flags that do not go together. */
export function engineRequest(
  flags: EngineFlags,
  context: EngineContext,
): ClusterRequest | undefined {
  const { engine } = flags
  if (engine === undefined) {
    const stray = [...OF_CLICKHOUSE, ...OF_SPARK].find((key) => flags[key] !== undefined)
    if (stray === undefined) return undefined
    throw new SessionizeError(
      'usage',
      `${flagOf(stray)} says something of an engine, and none is named.`,
      {
        hint: `Add --engine ${ENGINES.join('|')}.`,
      },
    )
  }
  assertPossible(engine, context)
  assertOwn(engine, flags)
  return CONNECTIONS[engine](flags, context)
}

function assertPossible(engine: EngineName, context: EngineContext): void {
  const { possible, inputs, state, rejects } = context
  if (!possible) {
    throw new SessionizeError('unsupported', `This needs single events, which stay in ${engine}.`, {
      hint: 'Write the rows that it is about into a Parquet file there, and name that file.',
    })
  }
  if (inputs.length > 0) {
    throw new SessionizeError('usage', `${inputs[0]} is a file, and --engine asks a table.`, {
      hint: 'Name the table with --table, or leave out --engine.',
    })
  }
  if (state !== undefined) {
    throw new SessionizeError('usage', '--state keeps what is read from files.', {
      hint: 'With --engine the events stay where they are: leave out --state.',
    })
  }
  if (rejects !== undefined) {
    throw new SessionizeError('unsupported', `--rejects cannot be written from ${engine}.`, {
      hint: 'The ledger counts the rejected rows; look at them with a query there.',
    })
  }
}

/** A flag of one engine would be silently without effect in the other. */
function assertOwn(engine: EngineName, flags: EngineFlags): void {
  const own = { clickhouse: OF_CLICKHOUSE, spark: OF_SPARK }[engine]
  const stray = [...OF_CLICKHOUSE, ...OF_SPARK].find(
    (key) => flags[key] !== undefined && !own.includes(key),
  )
  if (stray === undefined) return
  throw new SessionizeError('usage', `--engine ${engine} takes no ${flagOf(stray)}.`, {
    hint: `It takes ${own.map(flagOf).join(', ')}.`,
  })
}

type Connection = (flags: EngineFlags, context: EngineContext) => ClusterRequest

const CONNECTIONS: Readonly<Record<EngineName, Connection>> = {
  clickhouse({ url, table, ca, credentials }, { terminal, onProgress }) {
    if (url === undefined || table === undefined) {
      throw new SessionizeError(
        'usage',
        `--engine clickhouse needs ${url === undefined ? '--url' : '--table'}.`,
        { hint: 'As in: --engine clickhouse --url https://host:8443 --table db.events' },
      )
    }
    return {
      name: 'clickhouse',
      async connect() {
        const { ClickHouse } = await import('../engines/clickhouse.js')
        const { ClickHouseCredentials } = await import('../engines/clickhouse-credentials.js')
        return ClickHouse.connect({
          url,
          credentials: ClickHouseCredentials.read(terminal.env, credentials),
          ...given({
            certificateAuthority: ca,
            onProgress: terminal.stderr.isTTY === true ? onProgress : undefined,
          }),
        })
      },
      table: (cluster) => cluster.table(table),
    }
  },
  spark(
    { master, table, paths, inputFormat = 'parquet', sparkConf = [], createTable },
    { terminal, signal },
  ) {
    if (master === undefined || (table === undefined) === (paths === undefined)) {
      const what =
        master === undefined
          ? 'needs --master'
          : table === undefined
            ? 'needs --table or --paths'
            : 'takes --table or --paths, not both'
      throw new SessionizeError('usage', `--engine spark ${what}.`, {
        hint: 'As in: --engine spark --master yarn --paths hdfs:///events/2024 --input-format json',
      })
    }
    const conf = Object.fromEntries(sparkConf.map(setting))
    let spark: SparkCluster | undefined
    return {
      name: 'spark',
      async connect(workspace) {
        const { openSpark } = await import('../engines/spark.js')
        spark = await openSpark({
          master,
          conf,
          folder: workspace.directory,
          env: terminal.env,
          metastore: table !== undefined || createTable !== undefined,
          onNotice: (notice) => terminal.stderr.write(`${notice}\n`),
          signal,
        })
        return spark
      },
      table: (cluster) =>
        spark === undefined || paths === undefined
          ? cluster.table(table ?? '')
          : spark.files(paths, inputFormat),
    }
  },
}

/** `name=value`, as spark-submit takes it. */
function setting(given: string): [string, string] {
  const at = given.indexOf('=')
  if (at > 0 && given.startsWith('spark.')) return [given.slice(0, at), given.slice(at + 1)]
  const name = given.slice(0, Math.max(0, at))
  const shown = /secret|passw|token|key|credential/i.test(name) ? `${name}=...` : given
  throw new SessionizeError('usage', `--spark-conf ${shown} is no setting of Spark.`, {
    hint: 'Write it as --spark-conf spark.executor.memory=4g',
  })
}
