/**
 * Spark itself: a standalone cluster of one master and two workers on loopback. `.ci/heavy.sh`
 * installs it; elsewhere these tests are skipped.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SparkTestCluster, startSparkCluster } from '../../bench/spark-cluster.mjs'
import { eventLogConf, type SparkTask, sparkTasks, total } from '../../bench/spark-log.mjs'
import { WINDOW_SQL } from '../../bench/window-sql.mjs'
import { duckdb } from '../../src/dialects/duckdb.js'
import { spark as sparkDialect } from '../../src/dialects/spark.js'
import { Engine } from '../../src/engines/duckdb.js'
import { epochMicros } from '../../src/events/clock.js'
import type { RemoteColumn, RemoteTimeFormat } from '../../src/remote/engine.js'
import { openSpark, type RemoteSpark } from '../../src/remote/spark/spark.js'
import { chooseColumns, compileSessions } from '../../src/sessions/compile.js'
import { DEFAULT_DEFINITION } from '../../src/sessions/definition.js'
import type { BlockPlan } from '../../src/sessions/plan.js'
import { Workspace } from '../../src/sources/workspace.js'
import { identifier, join as joined, raw, Sql, sql, text } from '../../src/sql/sql.js'
import { tableRequest } from '../../src/warehouse/print.js'
import { heavyPython, WITHOUT_HEAVY } from '../heavy.js'
import { output } from '../oracle/run.js'
import { runWith } from './command.js'
import { failure } from './failure.js'
import { runGoldenCasesOn } from './golden-suite.js'

/** A dozen rows take less time than compiling code for them; Spark interprets its plans instead. */
const FEW_ROWS = {
  'spark.sql.shuffle.partitions': '2',
  'spark.sql.codegen.wholeStage': 'false',
  'spark.sql.codegen.factoryMode': 'NO_CODEGEN',
}

/** One application runs more than a hundred long queries; by default Spark remembers all their plans. */
const MANY_QUERIES = {
  'spark.driver.memory': '4g',
  'spark.sql.ui.retainedExecutions': '1',
  'spark.ui.retainedJobs': '10',
  'spark.ui.retainedStages': '10',
}

if (heavyPython === undefined) {
  describe('Spark', () => test.skip(`a standalone cluster ${WITHOUT_HEAVY}`, () => undefined))
} else {
  const python = heavyPython
  describe('on a standalone cluster', () => onCluster(python))
}

function onCluster(python: string): void {
  let workspace: Workspace
  let cluster: SparkTestCluster
  let applications = 0

  beforeAll(async () => {
    workspace = Workspace.create()
    const folder = join(workspace.directory, 'cluster')
    mkdirSync(folder)
    cluster = await startSparkCluster({ python, folder })
  }, 600_000)

  afterAll(async () => {
    await cluster?.stop()
    workspace?.close()
  }, 600_000)

  const folderOf = (name: string): string => {
    const folder = join(workspace.directory, name)
    mkdirSync(folder)
    return folder
  }

  const open = (
    conf: Readonly<Record<string, string>> = {},
    more: { metastore?: boolean; signal?: AbortSignal } = {},
  ): Promise<RemoteSpark> =>
    openSpark({
      master: cluster.url,
      conf: { ...cluster.conf, ...conf },
      folder: folderOf(`application-${applications++}`),
      env: cluster.env,
      ...more,
    })

  runGoldenCasesOn('Spark', async () => {
    const spark = await open({ ...FEW_ROWS, ...MANY_QUERIES })
    const local = await Engine.open({ tempDirectory: folderOf('golden') })
    let queries = 0
    return {
      dialect: sparkDialect,
      load: (parquet) =>
        spark.run(
          sql`CREATE OR REPLACE TEMPORARY VIEW events AS SELECT * FROM parquet.${identifier(parquet)}`,
        ),
      async query(statement) {
        const paths = await spark.fetch(spelt(statement), folderOf(`query-${queries++}`))
        return paths.length === 0 ? [] : local.rows(sql`SELECT * FROM ${parquetFiles(paths)}`)
      },
      async close() {
        local.close()
        await spark.close()
      },
    }
  })

  describe('on generated data', () => {
    let events: string
    let local: Engine

    beforeAll(async () => {
      const generated = join(workspace.directory, 'generated.parquet')
      await output(['generate', '-o', generated, '--events', '300k', '-q'])
      local = await Engine.open({ tempDirectory: folderOf('local') })
      events = join(workspace.directory, 'events.parquet')
      // Many small row groups, so that there are many tasks.
      await local.run(
        sql`COPY (SELECT 0 AS file, CAST(user_id AS VARCHAR) AS "user", epoch_us("time") + 62135596800000000 AS t, event AS name, CAST(session_id AS VARCHAR) AS session, platform AS d0, country AS d1 FROM read_parquet(${text(generated)})) TO ${text(events)} (FORMAT parquet, ROW_GROUP_SIZE 20480)`,
      )
      await local.run(sql`CREATE VIEW events AS SELECT * FROM read_parquet(${text(events)})`)
    }, 600_000)

    afterAll(() => local?.close())

    const request = (plan: BlockPlan) =>
      tableRequest(
        { definition: DEFAULT_DEFINITION, dimensions: ['platform'], properties: ['country'], plan },
        (name) => (name === 'platform' ? 'd0' : 'd1'),
      )

    const table = (plan: BlockPlan): Sql =>
      compileSessions(request(plan), chooseColumns(request(plan), undefined), sparkDialect)

    const loadEvents = (spark: RemoteSpark): Promise<void> =>
      spark.run(
        sql`CREATE OR REPLACE TEMPORARY VIEW events AS SELECT * FROM parquet.${identifier(events)}`,
      )

    /** Rows that only one of the two has. */
    async function differences(paths: readonly string[]): Promise<number> {
      const expected = compileSessions(
        request('blocks'),
        chooseColumns(request('blocks'), undefined),
        duckdb,
      )
      await local.run(sql`CREATE OR REPLACE TEMP TABLE expected AS ${expected}`)
      const actual = sql`SELECT * FROM ${parquetFiles(paths)}`
      const { n, all } = await local.row<{ n: bigint; all: bigint }>(
        sql`SELECT (SELECT count(*) FROM (FROM expected EXCEPT ALL ${actual})) + (SELECT count(*) FROM (${actual} EXCEPT ALL FROM expected)) AS n, (SELECT count(*) FROM expected) AS all`,
      )
      expect(all).toBeGreaterThan(5_000n)
      return Number(n)
    }

    test('every column of every session is that of DuckDB, by both plans', async () => {
      const spark = await open()
      try {
        await loadEvents(spark)
        for (const plan of ['blocks', 'events'] as const) {
          const paths = await spark.fetch(table(plan), folderOf(`sessions-${plan}`))
          expect(await differences(paths), plan).toBe(0)
        }
      } finally {
        await spark.close()
      }
    }, 600_000)

    test('the shuffle carries blocks, not events', async () => {
      const log = folderOf('log')
      const spark = await open({
        ...eventLogConf(log),
        'spark.sql.files.maxPartitionBytes': '1m',
        'spark.sql.shuffle.partitions': '4',
      })
      const marks: Record<string, readonly [number, number]> = {}
      const measured = async (name: string, query: Sql): Promise<void> => {
        const from = Date.now()
        await spark.writeParquet(query, join(workspace.directory, `shuffled-${name}`))
        marks[name] = [from, Date.now()]
      }
      try {
        await loadEvents(spark)
        const columns = ['user', 'start', 'end', 'events', 'first_event', 'last_event', 'platform']
        await measured('blocks', compileSessions(request('blocks'), columns, sparkDialect))
        await measured('window', spelt(WINDOW_SQL))
      } finally {
        await spark.close()
      }
      const tasks = sparkTasks(log)
      const of = (name: string): SparkTask[] => {
        const [from = 0, to = 0] = marks[name] ?? []
        return tasks.filter(({ launchedMillis: at }) => at >= from && at <= to)
      }
      const all = total(of('window'), 'recordsRead')
      expect(all).toBeGreaterThan(250_000)
      expect(total(of('window'), 'shuffleRecords')).toBeGreaterThan(all)
      expect(total(of('blocks'), 'shuffleRecords')).toBeLessThan(all / 4)
      expect(total(of('blocks'), 'shuffleBytes')).toBeLessThan(
        total(of('window'), 'shuffleBytes') / 2,
      )
    }, 600_000)

    test('a worker is killed in mid-run, and the result is the same', async () => {
      const spark = await open({
        'spark.sql.files.maxPartitionBytes': '128k',
        'spark.sql.files.openCostInBytes': '1',
        'spark.sql.shuffle.partitions': '12',
        'spark.sql.adaptive.coalescePartitions.enabled': 'false',
      })
      const { application } = spark.started
      try {
        await loadEvents(spark)
        const running = spark.fetch(table('blocks'), folderOf('killed'))
        running.catch(() => undefined)
        const victim = await workerWith(application, /Finished task \d+\.0 in stage/, 3)
        let over = false
        running.then(() => {
          over = true
        })
        await pause(0)
        expect(over, 'the run ended before the worker could be killed').toBe(false)
        cluster.killWorker(victim)
        expect(await differences(await running)).toBe(0)
      } finally {
        await spark.close()
      }
      expect(cluster.masterLog()).toMatch(/Removing worker/)
    }, 600_000)

    /** The worker whose executor's log has so many matches first. */
    async function workerWith(
      application: string,
      pattern: RegExp,
      times: number,
    ): Promise<number> {
      const every = new RegExp(pattern, 'g')
      for (;;) {
        for (const worker of [0, 1]) {
          const folder = join(cluster.workerFolder(worker), application)
          const executors = existsSync(folder) ? readdirSync(folder) : []
          for (const executor of executors) {
            const log = join(folder, executor, 'stderr')
            if (!existsSync(log)) continue
            if ((readFileSync(log, 'utf8').match(every)?.length ?? 0) >= times) return worker
          }
        }
        await pause(20)
      }
    }
  })

  describe('what it is asked', () => {
    let spark: RemoteSpark
    let local: Engine
    beforeAll(async () => {
      spark = await open(FEW_ROWS)
      local = await Engine.open({ tempDirectory: folderOf('asked') })
    }, 600_000)
    afterAll(async () => {
      local?.close()
      await spark?.close()
    }, 600_000)

    let fetched = 0
    const rows = async (query: Sql): Promise<Record<string, unknown>[]> => {
      const paths = await spark.fetch(query, folderOf(`rows-${fetched++}`))
      return paths.length === 0 ? [] : local.rows(sql`SELECT * FROM ${parquetFiles(paths)}`)
    }

    test('CSV, JSON and Parquet files, columns united by name', async () => {
      const folder = folderOf('files')
      const write = (name: string, select: Sql, format: string): Promise<void> =>
        local.run(sql`COPY (${select}) TO ${text(join(folder, name))} (FORMAT ${raw(format)})`)
      const one = sql`SELECT 'a,"b"' AS "user id", 1 AS n`
      const two = sql`SELECT 'ü' AS "user id", 2 AS n, 'x' AS more`
      for (const format of ['csv', 'json', 'parquet'] as const) {
        await write(`1.${format}`, one, format)
        await write(`2.${format}`, two, format)
        const paths = format === 'csv' ? [join(folder, '1.csv')] : [join(folder, `*.${format}`)]
        const { relation } = await spark.files(paths, format)
        const found = await rows(
          sql`SELECT "user id", CAST(n AS STRING) AS n FROM ${relation} ORDER BY n`,
        )
        expect(found[0]).toEqual({ 'user id': 'a,"b"', n: '1' })
        if (format !== 'csv')
          expect(await rows(sql`SELECT max(more) AS m FROM ${relation}`)).toEqual([{ m: 'x' }])
      }
    }, 600_000)

    test('a path or table that is not there', async () => {
      expect((await failure(spark.files(['/no/such/path'], 'json'))).code).toBe('input_missing')
      const { relation } = spark.table('no.such_table')
      expect((await failure(spark.describe(sql`SELECT * FROM ${relation}`))).code).toBe(
        'input_missing',
      )
      expect(() => spark.table('a; DROP TABLE b')).toThrow('is not the name of a table')
    }, 600_000)

    test('a query that is kept is run once', async () => {
      const kept = await spark.keep(sql`SELECT rand() AS r`)
      expect(await rows(sql`SELECT * FROM ${kept}`)).toEqual(await rows(sql`SELECT * FROM ${kept}`))
    }, 600_000)

    test('files are not written over others', async () => {
      const path = join(workspace.directory, 'written')
      await spark.createTable(path, sql`SELECT 1 AS a`)
      expect(await rows(sql`SELECT * FROM parquet.${identifier(path)}`)).toEqual([{ a: 1 }])
      const error = await failure(spark.writeParquet(sql`SELECT 2 AS a`, path))
      expect([error.code, error.hint]).toEqual([
        'output_unwritable',
        'Nothing was replaced. Remove it first, or choose another name.',
      ])
    }, 600_000)

    test('a table that would not last is refused', async () => {
      const error = await failure(spark.createTable('sessions', sql`SELECT 1 AS a`))
      expect(error.message).toBe(
        'This Spark has no catalog in which the table sessions would last.',
      )
      expect(error.hint).toContain('--create-table hdfs:///folder')
    }, 600_000)

    test('a user’s words in literals and names stay what they are', async () => {
      const odd = `it's "q" \\n \${env:HOME} \`b\` % ü\u0000`
      expect(
        await rows(sql`SELECT ${text(odd)} AS ${identifier(odd.replaceAll('\0', ''))}`),
      ).toEqual([{ [odd.replaceAll('\0', '')]: odd }])
    }, 600_000)

    test('interrupted: the query ends there, and the next one runs', async () => {
      const controller = new AbortController()
      const long = failure(
        spark.fetch(
          sql`SELECT count(*) AS n FROM range(1000000000000) WHERE md5(CAST(id AS STRING)) = ''`,
          folderOf('long'),
          controller.signal,
        ),
      )
      await pause(2_000)
      controller.abort()
      expect((await long).code).toBe('interrupted')
      expect(await rows(sql`SELECT 1 AS a`)).toEqual([{ a: 1 }])
    }, 600_000)

    test.each<[string, string, readonly string[], RemoteTimeFormat, string]>([
      ['seconds', 'bigint', ['1700000000', '-1'], 'epoch_s', 'BIGINT'],
      ['nanoseconds', 'bigint', ['1700000000123456789', '-1'], 'epoch_ns', 'BIGINT'],
      [
        'fractions of seconds',
        'double',
        ['1700000000.25', '1700000000.1234567', '-0.25', '-0.0000005'],
        'epoch_s',
        'DOUBLE',
      ],
      [
        'numbers as text',
        'string',
        ["' 1700000000123 '", "'1.5e3'", "'1700000000123.4569'", "'-0.1'", "'1.2.3'", "'x'", "''"],
        'epoch_ms',
        'VARCHAR',
      ],
      [
        'ISO 8601',
        'string',
        [
          "'2024-02-29T12:00:00.123456Z'",
          "'2024-02-29 12:00:00+02:00'",
          "'2024-02-29'",
          "'2024-02-29 12:00:00'",
          "'2023-02-29'",
          "'1969-12-31T23:59:59.999999Z'",
          "'yesterday'",
          "'2024'",
          "'12:00'",
        ],
        'iso',
        'VARCHAR',
      ],
    ])(
      'times: %s',
      async (_about, type, values, format, localType) => {
        const column: RemoteColumn = { name: 'v', type }
        const micros = spark.values.micros(column, [], format, 'UTC')
        const list = joined(values.map(raw))
        const there = await rows(
          sql`SELECT ${micros} AS m FROM (SELECT pos, CAST(col AS ${raw(type)}) AS v FROM (SELECT posexplode(array(${list})))) AS r ORDER BY pos`,
        )
        const here = await local.rows<{ m: bigint | null }>(
          sql`SELECT ${epochMicros(raw('CAST(v AS VARCHAR)'), format, 'UTC')} AS m FROM (SELECT unnest([${joined(values.map((value) => sql`CAST(${raw(value)} AS ${raw(localType)})`))}]) AS v)`,
        )
        expect(there).toEqual(here.map(({ m }) => ({ m })))
        expect(here.some(({ m }) => m !== null)).toBe(true)
      },
      600_000,
    )

    test('text: of numbers, structs, maps and JSON', async () => {
      const source = sql`SELECT 12.0D AS whole, 1.5D AS part, 7 AS n, true AS yes, named_struct('Plan', named_struct('id', 5)) AS s, map('a b', 'm') AS m, ${text(JSON_TEXT)} AS j`
      const types = new Map(
        (await spark.describe(source)).map((column) => [column.name, column] as const),
      )
      const value = (name: string, ...path: string[]): Sql => {
        const column = types.get(name)
        if (column === undefined) throw new Error(`no column ${name}`)
        return sql`${spark.values.text(column, path)}`
      }
      const wanted: [Sql, string | null][] = [
        [value('whole'), '12'],
        [value('part'), '1.5'],
        [value('n'), '7'],
        [value('yes'), 'true'],
        [value('s', 'plan', 'id'), '5'],
        [value('s', 'nothing'), null],
        [value('m', 'a b'), 'm'],
        [value('m', 'c'), null],
        // Spark writes numbers in JSON anew.
        [value('j', 'k', 'x y'), '1.5'],
        [value('j', 'n'), null],
        [value('j', 'none', 'at all'), null],
      ]
      const select = wanted.map(([expression], i) => sql`${expression} AS ${raw(`c${i}`)}`)
      const [found = {}] = await rows(sql`SELECT ${joined(select)} FROM (${source}) AS r`)
      expect(Object.values(found)).toEqual(wanted.map(([, expected]) => expected))
      const struct = types.get('s')
      if (struct === undefined) throw new Error('no struct')
      expect(() => spark.values.text(struct, [])).toThrow('cannot be read from Spark')
    }, 600_000)

    test('keys sort by time, then by bytes', async () => {
      const values = spark.values
      const made = values.key(sql`t`, sql`v`)
      expect(
        await rows(
          sql`SELECT ${values.timeOf(sql`k`)} AS t, ${values.valueOf(sql`k`)} AS v FROM (SELECT min(${made}) AS k FROM VALUES (63000000000000000L, 'a'), (9L, 'b'), (9L, 'B'), (10L, '') AS e(t, v))`,
        ),
      ).toEqual([{ t: 9n, v: 'B' }])
    }, 600_000)
  })

  test('with a metastore a table is made, and replaced as a whole or not at all', async () => {
    const folder = folderOf('metastore')
    const spark = await open(
      {
        ...FEW_ROWS,
        'spark.sql.warehouse.dir': `file:${folder}/warehouse`,
        'spark.hadoop.javax.jdo.option.ConnectionURL': `jdbc:derby:;databaseName=${folder}/metastore_db;create=true`,
      },
      { metastore: true },
    )
    const local = await Engine.open({ tempDirectory: folder })
    const count = async (name: string): Promise<unknown> => {
      const paths = await spark.fetch(
        sql`SELECT count(*) AS n FROM ${spark.table('sessions').relation}`,
        folderOf(name),
      )
      return (await local.rows(sql`SELECT * FROM ${parquetFiles(paths)}`))[0]
    }
    try {
      await spark.createTable('sessions', sql`SELECT id FROM range(3)`)
      expect(await count('first')).toEqual({ n: 3n })
      await spark.createTable('sessions', sql`SELECT id FROM range(5)`)
      expect(await count('second')).toEqual({ n: 5n })
      const failed = await failure(
        spark.createTable('sessions', sql`SELECT raise_error('no') AS id FROM range(5)`),
      )
      expect(failed.message).toBe('Spark: no')
      expect(await count('third')).toEqual({ n: 5n })
      expect(readdirSync(join(folder, 'warehouse'))).toEqual(['sessions'])
    } finally {
      local.close()
      await spark.close()
    }
  }, 600_000)

  describe('the command', () => {
    const input = join(import.meta.dirname, '..', 'cases', 'many-users', 'events.csv')
    const spark = (...argv: string[]): Promise<string> =>
      command(cluster.env, [
        ...argv,
        '--engine=spark',
        `--master=${cluster.url}`,
        ...Object.entries({ ...cluster.conf, ...FEW_ROWS }).map(
          ([name, value]) => `--spark-conf=${name}=${value}`,
        ),
      ])

    test('sessions of CSV files are those of the same files here', async () => {
      const here = await output(['sessions', input, '--format=csv'])
      const there = await spark(
        'sessions',
        `--paths=${input}`,
        '--input-format=csv',
        '--format=csv',
      )
      expect(there).toBe(here)
      expect(here.split('\n').length).toBeGreaterThan(100)
    }, 600_000)

    test('a summary of JSON files is that of the same files here', async () => {
      const local = await Engine.open({ tempDirectory: folderOf('json') })
      const path = join(workspace.directory, 'events.json')
      await local.run(
        sql`COPY (SELECT * FROM read_csv(${text(input)}, all_varchar = true)) TO ${text(path)} (FORMAT json)`,
      )
      local.close()
      const figures = (told: string): unknown => JSON.parse(told).overall
      const here = await output([path, '--format=json'])
      const there = await spark(`--paths=${path}`, '--input-format=json', '--format=json')
      expect(figures(there)).toEqual(figures(here))
    }, 600_000)

    test('a path that is not there', async () => {
      await expect(spark('--paths=/no/such/folder')).rejects.toThrow(
        /Path does not exist: file:\/no\/such\/folder[\s\S]*every machine of the cluster can read/,
      )
    }, 600_000)
  })

  test('when the command ends, so does the application, and nothing is left behind', async () => {
    const controller = new AbortController()
    const spark = await open(FEW_ROWS, { signal: controller.signal })
    const { application } = spark.started
    const error = failure(
      spark.run(
        sql`CACHE TABLE long AS SELECT id FROM range(1000000000000) WHERE md5(CAST(id AS STRING)) = ''`,
        controller.signal,
      ),
    )
    await pause(2_000)
    controller.abort()
    expect((await error).code).toBe('interrupted')
    await spark.close()
    while (!cluster.masterLog().includes(`Removing app ${application}`)) await pause(50)
    const left = join(workspace.directory, `application-${applications - 1}`, 'spark')
    expect(readdirSync(left).filter((name) => name !== 'spark-warehouse')).toEqual([])
  }, 600_000)
}

/** The command line with an environment; it must succeed. */
async function command(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): Promise<string> {
  const { exit, stdout, stderr } = await runWith(env, argv)
  if (exit !== 0) throw new Error(stderr)
  return stdout
}

/** A statement that is already spelt for its engine. */
const spelt = (statement: string): Sql => new Sql([() => statement])

const parquetFiles = (paths: readonly string[]): Sql =>
  sql`read_parquet([${joined(paths.map(text))}])`

const JSON_TEXT = `{"k": {"x y": 1.50}, "n": null, "t": "it's"}`
