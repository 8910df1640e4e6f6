/**
 * Spark as an engine: the compiled SQL runs in one application of the user's own Spark, and rows come
 * back as Parquet. See docs/spark.md for why it is spark-submit.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Dialect } from '../../dialects/dialect.js'
import { spark as sparkDialect } from '../../dialects/spark.js'
import { SessionizeError } from '../../errors/errors.js'
import { identifier, join as joined, raw, render, type Sql, sql } from '../../sql/sql.js'
import type { RemoteColumn, RemoteEngine, RemoteTable } from '../engine.js'
import { nameParts } from '../table-name.js'
import { type Environment, findSparkSubmit } from './home.js'
import { SparkProcess, type Started } from './process.js'
import { RowFiles } from './rows.js'
import { sparkSecrets } from './secrets.js'
import { sparkValues } from './values.js'

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
  /** How long a cancelled statement may take to end before the whole application is ended. */
  readonly cancelMillis?: number
}

const MASTER = /^(local(\[[^\]]+\])?|yarn|spark:\/\/.+|k8s:\/\/.+)$/

export const SPARK_FORMATS = ['parquet', 'json', 'csv'] as const
export type SparkFormat = (typeof SPARK_FORMATS)[number]

/** Whether executors run in the driver, and so on this machine. */
const isLocal = (master: string): boolean => master.startsWith('local')

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
export async function openSpark(options: SparkOptions): Promise<RemoteSpark> {
  const sparkSubmit = findSparkSubmit(options.env)
  const folder = join(options.folder, 'spark')
  mkdirSync(folder)
  const { spark, started } = await SparkProcess.start({
    sparkSubmit,
    args: submitArgs(options, folder),
    env: options.env,
    folder,
    secrets: sparkSecrets(options.conf ?? {}, options.env),
    ...(options.onNotice === undefined ? {} : { onNotice: options.onNotice }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.cancelMillis === undefined ? {} : { cancelMillis: options.cancelMillis }),
  })
  return new RemoteSpark(spark, started, new RowFiles(folder), isLocal(options.master))
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

export class RemoteSpark implements RemoteEngine {
  readonly name = 'spark'
  readonly dialect: Dialect = sparkDialect
  readonly values = sparkValues
  private fetches = 0
  private kept = 0

  constructor(
    private readonly spark: SparkProcess,
    /** The application, as the cluster's own pages call it. */
    readonly started: Started,
    private readonly rowFiles: RowFiles,
    private readonly local: boolean,
  ) {}

  table(name: string): RemoteTable {
    return { relation: tableName(name), label: name }
  }

  /**
   * Files as a relation: paths, folders and globs that all workers can read. Columns are united by
   * name; CSV has a header and only text.
   *
   * @throws SessionizeError `input_missing` when there is no such path.
   */
  async files(paths: readonly string[], format: SparkFormat): Promise<RemoteTable> {
    const view = `sessionize_files_${this.kept++}`
    const full = paths.map((path) => this.pathThere(path))
    await this.spark.ask({ do: 'files', paths: full, format, view })
    return { relation: raw(view), label: paths.join(', ') }
  }

  async describe(query: Sql): Promise<RemoteColumn[]> {
    const { columns = [] } = await this.spark.ask({
      do: 'describe',
      sql: render(query, this.dialect),
    })
    return columns.map(([name, type]) => ({ name, type }))
  }

  async fetch(query: Sql, folder: string, signal?: AbortSignal): Promise<readonly string[]> {
    let columns: RemoteColumn[] = []
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

  /** Spark itself runs in another folder, which matters where its files are this machine's. */
  private pathThere(path: string): string {
    return this.local && !/^\w+:/.test(path) ? resolve(path) : path
  }

  /** In the memory of the executors, and on their disks where that is too little. */
  async keep(query: Sql, signal?: AbortSignal): Promise<Sql> {
    const view = `sessionize_kept_${this.kept++}`
    await this.spark.ask({ do: 'keep', sql: render(query, this.dialect), view }, { signal })
    return raw(view)
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

  /**
   * Under a name of its own until it is whole, and then in the place of the other. A name with a slash
   * is a folder of the cluster's storage for Parquet files, which must not exist.
   */
  async createTable(name: string, query: Sql, signal?: AbortSignal): Promise<void> {
    if (name.includes('/')) return this.writeParquet(query, this.pathThere(name), signal)
    const table = tableName(name)
    if (!(await this.keepsTable(name))) {
      throw new SessionizeError(
        'usage',
        `This Spark has no catalog in which the table ${name} would last.`,
        {
          hint: 'Write files with --create-table hdfs:///folder, or configure a metastore (hive-site.xml).',
        },
      )
    }
    const named = (suffix: string): Sql => {
      const parts = tableParts(name) ?? []
      return joined([...parts.slice(0, -1), `${parts.at(-1)}${suffix}`].map(identifier), '.')
    }
    const mark = randomUUID().slice(0, 8)
    const made = named(`_sessionize_${mark}`)
    const before = named(`_before_${mark}`)
    try {
      // A table that fails while it is made leaves its folder behind; one that is filled is dropped.
      await this.run(
        sql`CREATE TABLE ${made} USING parquet AS SELECT * FROM (${query}) AS s LIMIT 0`,
        signal,
      )
      await this.run(sql`INSERT INTO ${made} ${query}`, signal)
      signal?.throwIfAborted()
      const { exists = false } = await this.spark.ask({
        do: 'exists',
        table: render(table, this.dialect),
      })
      if (exists) await this.run(sql`ALTER TABLE ${table} RENAME TO ${before}`)
      try {
        await this.run(sql`ALTER TABLE ${made} RENAME TO ${table}`)
      } catch (error) {
        if (exists) await this.run(sql`ALTER TABLE ${before} RENAME TO ${table}`)
        throw error
      }
      if (exists) await this.run(sql`DROP TABLE ${before}`)
    } finally {
      await this.run(sql`DROP TABLE IF EXISTS ${made}`).catch(() => undefined)
    }
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

/** `table`, `schema.table` or `catalog.schema.table`; each part may be in backticks. */
function tableName(given: string): Sql {
  const parts = tableParts(given)
  if (parts === undefined) {
    throw new SessionizeError('usage', `--table ${given} is not the name of a table.`, {
      hint: 'Write it as --table schema.table; for files use --paths.',
    })
  }
  return joined(parts.map(identifier), '.')
}

const PART = /\s*(?:`((?:[^`]|``)+)`|([^\s."'`();\\/]+))\s*/y

const tableParts = (given: string): string[] | undefined =>
  nameParts(given, PART, ([, quoted, plain]) => plain ?? (quoted ?? '').replaceAll('``', '`'))
