/**
 * Spark as an engine: the compiled SQL runs in one application of the user's own Spark, and rows come
 * back as Parquet. See docs/spark.md for why it is spark-submit.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Dialect } from '../dialects/dialect.js'
import { spark as sparkDialect } from '../dialects/spark.js'
import { SessionizeError } from '../errors/errors.js'
import { render, type Sql } from '../sql/sql.js'
import type { Cluster, ClusterColumn } from './cluster.js'
import { type Environment, findSparkSubmit } from './spark-home.js'
import { SparkProcess, type Started } from './spark-process.js'
import { RowFiles } from './spark-rows.js'

export interface SparkOptions {
  /** `spark://host:7077`, `yarn`, `k8s://https://host:443`, `local[*]`. */
  readonly master: string
  /** Spark's own settings, as in `spark.executor.memory`. */
  readonly conf?: Readonly<Record<string, string>>
  /** Private to this run and removed after it: Spark's temporary files go there. */
  readonly folder: string
  /** SPARK_HOME, PATH, JAVA_HOME, HADOOP_CONF_DIR and what else Spark looks at. */
  readonly env: Environment
  /** Whether tables of a Hive metastore are to be found. */
  readonly metastore?: boolean
  /** What a user who waits should know. */
  readonly onNotice?: (notice: string) => void
  readonly signal?: AbortSignal
}

const MASTER = /^(local(\[[^\]]+\])?|yarn|spark:\/\/.+|k8s:\/\/.+)$/

/** What the results rest on; the rest is the user's. */
const FIXED: Readonly<Record<string, string>> = {
  'spark.sql.session.timeZone': 'UTC',
  'spark.sql.ansi.enabled': 'true',
  // `${...}` in a literal would be replaced.
  'spark.sql.variable.substitute': 'false',
  'spark.sql.parser.escapedStringLiterals': 'false',
  // Microseconds in the standard's own type, which every reader knows.
  'spark.sql.parquet.outputTimestampType': 'TIMESTAMP_MICROS',
  'spark.submit.deployMode': 'client',
}

/** @throws SessionizeError `usage` for a master or setting that cannot be; as Spark fails to start. */
export async function openSpark(options: SparkOptions): Promise<SparkCluster> {
  const sparkSubmit = findSparkSubmit(options.env)
  const folder = join(options.folder, 'spark')
  mkdirSync(folder)
  const { spark, started } = await SparkProcess.start({
    sparkSubmit,
    args: submitArgs(options, folder),
    env: options.env,
    folder,
    ...(options.onNotice === undefined ? {} : { onNotice: options.onNotice }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  return new SparkCluster(spark, started, new RowFiles(folder))
}

function submitArgs({ master, conf = {}, metastore }: SparkOptions, folder: string): string[] {
  if (!MASTER.test(master)) {
    throw new SessionizeError('usage', `--master ${master} is no address of a Spark cluster.`, {
      hint: 'Write it as --master spark://HOST:PORT, yarn, k8s://https://HOST:PORT or local[*].',
    })
  }
  for (const name of Object.keys(conf)) {
    if (!Object.hasOwn(FIXED, name)) continue
    throw new SessionizeError('usage', `--spark-conf ${name} cannot be set.`, {
      hint: `The results rest on its being ${FIXED[name]}.`,
    })
  }
  const settings: Record<string, string> = {
    'spark.app.name': 'sessionize',
    'spark.ui.showConsoleProgress': 'false',
    'spark.local.dir': folder,
    ...(metastore === true ? { 'spark.sql.catalogImplementation': 'hive' } : {}),
    ...conf,
    ...FIXED,
  }
  return [
    '--master',
    master,
    ...Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
  ]
}

export class SparkCluster implements Cluster {
  readonly name = 'spark'
  readonly dialect: Dialect = sparkDialect
  private fetches = 0

  constructor(
    private readonly spark: SparkProcess,
    /** The application, as the cluster's own pages call it. */
    readonly started: Started,
    private readonly rowFiles: RowFiles,
  ) {}

  async describe(query: Sql): Promise<ClusterColumn[]> {
    const { columns = [] } = await this.spark.ask({
      do: 'describe',
      sql: render(query, this.dialect),
    })
    return columns.map(([name, type]) => ({ name, type }))
  }

  async fetch(query: Sql, folder: string, signal?: AbortSignal): Promise<readonly string[]> {
    let columns: ClusterColumn[] = []
    const paths: string[] = []
    const prefix = `rows-${this.fetches++}`
    // Files are converted while Spark makes the next ones.
    let converting: Promise<void> = Promise.resolve()
    const take = (file: string): void => {
      const path = join(folder, `${prefix}-${String(paths.length).padStart(6, '0')}.parquet`)
      paths.push(path)
      converting = converting.then(async () => {
        await this.rowFiles.convert(file, columns, path)
        rmSync(file)
      })
      // Looked at below; until then it is nobody's.
      converting.catch(() => undefined)
    }
    await this.spark.ask(
      { do: 'fetch', sql: render(query, this.dialect), folder },
      {
        signal,
        each: (reply) => {
          if (reply.columns !== undefined)
            columns = reply.columns.map(([name, type]) => ({ name, type }))
          if (reply.file !== undefined) take(reply.file)
        },
      },
    )
    await converting
    return paths
  }

  async run(statement: Sql, signal?: AbortSignal): Promise<void> {
    await this.spark.ask({ do: 'run', sql: render(statement, this.dialect) }, { signal })
  }

  /**
   * A query's rows as Parquet in a folder of the cluster's own storage, which must not exist yet.
   *
   * @throws SessionizeError `output_unwritable` when it does.
   */
  async writeParquet(query: Sql, path: string, signal?: AbortSignal): Promise<void> {
    await this.spark.ask({ do: 'write', sql: render(query, this.dialect), path }, { signal })
  }

  /** Whether a table made there under this name outlives this run. */
  async keepsTable(table: string): Promise<boolean> {
    const { persistent = false } = await this.spark.ask({ do: 'persistent', table })
    return persistent
  }

  async close(): Promise<void> {
    this.rowFiles.close()
    await this.spark.close()
  }
}
