/** What is said of a remote engine as the connection to it. */
import { SessionizeError } from '../errors/errors.js'
import { omitUndefined } from '../units/omit-undefined.js'
import type { RemoteProgress } from './engine.js'
import type { Connection } from './source.js'
import type { RemoteSpark, SparkFormat } from './spark/spark.js'

export interface ConnectOptions {
  readonly table?: string
  readonly url?: string
  readonly ca?: string
  readonly credentials?: string
  readonly master?: string
  readonly paths?: readonly string[]
  readonly inputFormat?: SparkFormat
  readonly sparkConf?: readonly string[]
  /** The session table is made there. */
  readonly createTable?: string
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ends the work. */
  readonly signal: AbortSignal
  /** What a user who waits should know. */
  readonly onNotice: (notice: string) => void
  readonly onProgress?: (progress: RemoteProgress) => void
}

type Connect = (options: ConnectOptions, surroundings: Surroundings) => Connection

/** @throws SessionizeError `usage` for options that do not go together. */
export const CONNECTIONS: Readonly<Record<'clickhouse' | 'spark', Connect>> = {
  clickhouse({ url, table, ca, credentials }, { env, onProgress }) {
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
        const { ClickHouse } = await import('./clickhouse/clickhouse.js')
        const { ClickHouseCredentials } = await import('./clickhouse/credentials.js')
        return ClickHouse.connect({
          url,
          credentials: ClickHouseCredentials.read(env, credentials),
          ...omitUndefined({
            certificateAuthority: ca,
            onProgress,
          }),
        })
      },
      table: (remote) => remote.table(table),
    }
  },
  spark(
    { master, table, paths, inputFormat = 'parquet', sparkConf = [], createTable },
    { env, signal, onNotice },
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
        const { openSpark } = await import('./spark/spark.js')
        spark = await openSpark({
          master,
          conf,
          folder: workspace.directory,
          env,
          metastore: table !== undefined || createTable !== undefined,
          onNotice,
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
