/** `--engine`: the same questions to events that stay in a remote engine. */

import { SessionizeError } from '../errors/errors.js'
import { flagOf, option } from '../errors/option.js'
import { given } from '../given.js'
import { ENGINE_NAMES, type EngineName, type OptionSpec, SPECS } from '../library/option-table.js'
import type { EngineOptions } from '../library/options.js'
import type { RemoteProgress } from '../remote/engine.js'
import type { RemoteSource } from '../remote/source.js'
import type { RemoteSpark } from '../remote/spark/spark.js'
import { tell } from './messages.js'
import type { Terminal } from './terminal.js'

/** What an engine's flags say, and where the table is to be made, which is asked there too. */
export type EngineFlags = EngineOptions & { readonly createTable?: string }

export interface EngineContext {
  readonly terminal: Terminal
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: RemoteProgress) => void
}

/** @throws SessionizeError `usage` for flags that do not go together. */
export function remoteSourceOf(
  flags: EngineFlags,
  context: EngineContext,
): RemoteSource | undefined {
  const { engine } = flags
  const given = new Map<string, unknown>(Object.entries(flags))
  const strays = [...SPECS].filter(
    ([name, { engines }]) => engines !== undefined && name !== 'engine' && given.has(name),
  )
  if (engine === undefined) {
    const [stray] = strays
    if (stray === undefined) return undefined
    throw new SessionizeError(
      'usage',
      `${option(stray[0])} says something of an engine, and none is named.`,
      { hint: `Add ${option('engine', ENGINE_NAMES.join('|'))}.` },
    )
  }
  assertOwn(engine, strays)
  return CONNECTIONS[engine](flags, context)
}

/** A flag of one engine would be silently without effect in the other. */
function assertOwn(engine: EngineName, said: readonly (readonly [string, OptionSpec])[]): void {
  const stray = said.find(([, { engines }]) => engines?.includes(engine) !== true)
  if (stray === undefined) return
  const own = [...SPECS].flatMap(([name, { engines }]) =>
    name !== 'engine' && engines?.includes(engine) === true ? flagOf(name) : [],
  )
  throw new SessionizeError('usage', `${option('engine', engine)} takes no ${option(stray[0])}.`, {
    hint: `It takes ${own.join(', ')}.`,
  })
}

type Connection = (flags: EngineFlags, context: EngineContext) => RemoteSource

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
        const { ClickHouse } = await import('../remote/clickhouse/clickhouse.js')
        const { ClickHouseCredentials } = await import('../remote/clickhouse/credentials.js')
        return ClickHouse.connect({
          url,
          credentials: ClickHouseCredentials.read(terminal.env, credentials),
          ...given({
            certificateAuthority: ca,
            onProgress: terminal.stderr.isTTY === true ? onProgress : undefined,
          }),
        })
      },
      table: (remote) => remote.table(table),
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
    let spark: RemoteSpark | undefined
    return {
      name: 'spark',
      async connect(workspace) {
        const { openSpark } = await import('../remote/spark/spark.js')
        spark = await openSpark({
          master,
          conf,
          folder: workspace.directory,
          env: terminal.env,
          metastore: table !== undefined || createTable !== undefined,
          onNotice: (notice) => tell(terminal, notice),
          signal,
        })
        return spark
      },
      table: (remote) =>
        spark === undefined || paths === undefined
          ? remote.table(table ?? '')
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
