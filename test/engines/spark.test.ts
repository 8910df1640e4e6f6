/**
 * Starting and speaking to Spark, without a Spark: the `spark-submit` of these tests is a script that
 * says what a real one says. The real one is met in `spark-cluster.test.ts`.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSpark, type SparkCluster, type SparkOptions } from '../../src/engines/spark.js'
import { type SparkFailure, sparkError } from '../../src/engines/spark-errors.js'
import { findSparkSubmit } from '../../src/engines/spark-home.js'
import type { SessionizeError } from '../../src/errors/errors.js'
import { Workspace } from '../../src/sources/workspace.js'
import { raw } from '../../src/sql/sql.js'
import { run } from '../oracle/run.js'
import { runWith } from './command.js'
import { failure } from './failure.js'

let workspace: Workspace
let home: string

beforeEach(() => {
  workspace = Workspace.create()
  home = join(workspace.directory, 'spark home')
  mkdirSync(join(home, 'bin'), { recursive: true })
})

afterEach(() => workspace.close())

/** A program as `$SPARK_HOME/bin/spark-submit`. */
function sparkSubmit(program: string): string {
  const path = join(home, 'bin', 'spark-submit')
  writeFileSync(path, program)
  chmodSync(path, 0o755)
  return path
}

/** One that connects as the driver does; `body` uses `socket`, `send(object)` and `log`. */
const driver = (body: string): string =>
  sparkSubmit(`#!/usr/bin/env node
const { connect } = require('node:net')
const fs = require('node:fs')
const { SESSIONIZE_PORT: port, SESSIONIZE_TOKEN: token } = process.env
const log = (text) => fs.appendFileSync(${JSON.stringify(join(workspace.directory, 'log'))}, text + '\\n')
const socket = connect(Number(port), '127.0.0.1')
const send = (message) => socket.write(JSON.stringify(message) + '\\n')
${body}
`)

const GREETING = `
send({ token })
send({ version: '4.0.0', application: 'app-1', web: null })
socket.on('close', () => process.exit(0))
`

const options = (more: Partial<SparkOptions> = {}): SparkOptions => ({
  master: 'spark://127.0.0.1:7077',
  folder: workspace.directory,
  env: { ...process.env, SPARK_HOME: home },
  ...more,
})

const logged = (): string => readFileSync(join(workspace.directory, 'log'), 'utf8')

describe('finding it', () => {
  test('in SPARK_HOME, before PATH', () => {
    const path = sparkSubmit('#!/bin/sh\n')
    expect(findSparkSubmit({ SPARK_HOME: home, PATH: '/nowhere' })).toBe(path)
    expect(findSparkSubmit({ PATH: `/nowhere:${join(home, 'bin')}` })).toBe(path)
  })

  test.each<[string, (home: string) => Record<string, string>, string]>([
    ['SPARK_HOME without it', (at) => ({ SPARK_HOME: at }), 'SPARK_HOME is'],
    ['neither', () => ({ PATH: '/nowhere' }), 'Spark was not found.'],
  ])('%s', (_about, env, message) => {
    const find = (): string => findSparkSubmit(env(home))
    expect(find).toThrow(message)
    try {
      find()
    } catch (error) {
      expect((error as SessionizeError).hint).toContain('SPARK_HOME')
    }
  })

  test('a file that cannot be run is none', () => {
    chmodSync(sparkSubmit('#!/bin/sh\n'), 0o644)
    expect(() => findSparkSubmit({ SPARK_HOME: home })).toThrow('there is no')
  })

  test('Windows is said to be out', () => {
    expect(() => findSparkSubmit({ SPARK_HOME: home }, 'win32')).toThrow('Windows')
  })
})

describe('what it is started with', () => {
  test('arguments, not a shell line; settings that the results rest on come last', async () => {
    driver(`${GREETING}\nlog(JSON.stringify(process.argv.slice(2)))`)
    const conf = { 'spark.executor.memory': '2g; touch "$HOME"/x', 'spark.app.name': '`id`' }
    const cluster = await openSpark(options({ conf, metastore: true }))
    await cluster.close()
    const argv: string[] = JSON.parse(logged())
    expect(argv.slice(0, 2)).toEqual(['--master', 'spark://127.0.0.1:7077'])
    expect(argv).toContain('spark.executor.memory=2g; touch "$HOME"/x')
    expect(argv).toContain('spark.app.name=`id`')
    expect(argv).toContain('spark.sql.session.timeZone=UTC')
    expect(argv).toContain('spark.sql.ansi.enabled=true')
    expect(argv).toContain('spark.sql.catalogImplementation=hive')
    expect(argv.at(-1)).toMatch(/spark[/\\]driver\.py$/)
  })

  test.each([['yarn'], ['local[*]'], ['local'], ['local[2,3]'], ['k8s://https://h:443']])(
    'master %s',
    async (master) => {
      driver(GREETING)
      const cluster = await openSpark(options({ master }))
      expect(cluster.started).toEqual({ version: '4.0.0', application: 'app-1', web: null })
      await cluster.close()
    },
  )

  test.each([['localhost:7077'], ['http://h:1'], ['sc://h:15002'], ['yarn-client'], ['']])(
    'not: master %s',
    async (master) => {
      sparkSubmit('#!/bin/sh\n')
      const error = await failure(openSpark(options({ master })))
      expect([error.code, error.message]).toEqual([
        'usage',
        `--master ${master} is no address of a Spark cluster.`,
      ])
    },
  )

  test('not: a setting that would change results', async () => {
    sparkSubmit('#!/bin/sh\n')
    const conf = { 'spark.sql.session.timeZone': 'Asia/Tokyo' }
    const error = await failure(openSpark(options({ conf })))
    expect(error.code).toBe('usage')
    expect(error.hint).toBe('The results rest on its being UTC.')
  })
})

describe('when it does not start', () => {
  test.each<[string, string, string, string]>([
    ['no Java', 'JAVA_HOME is not set', 'engine', 'Spark needs Java, and none was found.'],
    [
      'an old Java',
      'java.lang.UnsupportedClassVersionError: org/apache/spark/launcher/Main has been compiled by a more recent version of the Java Runtime (class file version 61.0)',
      'engine',
      'This Spark needs a newer Java than the one that was found.',
    ],
    [
      'no Python',
      'Exception in thread "main" java.io.IOException: Cannot run program "python3": error=2, No such file or directory',
      'engine',
      "Spark's driver needs Python 3, and none was found.",
    ],
    [
      'no master',
      '26/01/01 00:00:00 ERROR StandaloneSchedulerBackend: Application has been killed. Reason: All masters are unresponsive! Giving up.',
      'engine',
      'No Spark master answers there.',
    ],
    [
      'YARN without configuration',
      'Exception in thread "main" org.apache.spark.SparkException: When running with master \'yarn\' either HADOOP_CONF_DIR or YARN_CONF_DIR must be set in the environment.',
      'usage',
      '--master yarn needs the configuration of the cluster.',
    ],
    [
      'anything else',
      'INFO fine\n26/01/01 00:00:00 ERROR Thing: it broke\n\tat a.b.C(D.scala:1)',
      'engine',
      'Spark ended with exit code 1: ERROR Thing: it broke',
    ],
    ['nothing at all', '', 'engine', 'Spark ended with exit code 1: it printed nothing'],
  ])('%s', async (_about, printed, code, message) => {
    writeFileSync(join(workspace.directory, 'printed'), printed)
    sparkSubmit(`#!/bin/sh\ncat "${join(workspace.directory, 'printed')}" >&2\nexit 1\n`)
    const error = await failure(openSpark(options()))
    expect({ code: error.code, message: error.message }).toEqual({ code, message })
    expect(error.hint).toBeTruthy()
    // All of it is there for --debug.
    expect((error.cause as Error).message).toBe(printed)
  })

  test('an interpreter that is not there', async () => {
    sparkSubmit('#!/no/such/interpreter\n')
    const error = await failure(openSpark(options()))
    expect(error.message).toMatch(/^Spark ended with an error: .*ENOENT/)
  })

  test('the driver says why', async () => {
    driver(`send({ token })
send({ error: { cancelled: false, condition: null, causes: [['Py4JJavaError', 'wrapper'], ['java.net.UnknownHostException', 'nohost']], trace: 'all' } })`)
    const error = await failure(openSpark(options()))
    expect(error.message).toBe('Spark: UnknownHostException: nohost')
  })

  test('interrupted while it starts', async () => {
    driver("log('up')\nsetInterval(() => {}, 1000)")
    const controller = new AbortController()
    const opening = failure(openSpark(options({ signal: controller.signal })))
    await until(() => existsSync(join(workspace.directory, 'log')))
    controller.abort()
    expect((await opening).code).toBe('interrupted')
  })
})

describe('while it runs', () => {
  const answering = (replies: string): string =>
    driver(`${GREETING}
let rest = ''
socket.on('data', (data) => {
  const lines = (rest + data).split('\\n')
  rest = lines.pop()
  for (const line of lines) {
    const request = JSON.parse(line)
    log(line)
    const { id, folder } = request
    ${replies}
  }
})`)

  const opened = async (more: Partial<SparkOptions> = {}): Promise<SparkCluster> =>
    openSpark(options(more))

  test('somebody else who connects to the port is not listened to', async () => {
    driver(`const stranger = connect(Number(port), '127.0.0.1')
stranger.write(JSON.stringify({ token: 'f'.repeat(64) }) + '\\n' + JSON.stringify({ version: '6.6.6' }) + '\\n')
stranger.on('error', () => {})
stranger.on('close', () => { ${GREETING} })`)
    const cluster = await opened()
    expect(cluster.started.version).toBe('4.0.0')
    await cluster.close()
  })

  test('rows in several files become Parquet files in the same order', async () => {
    answering(`send({ id, columns: [['a', 'bigint'], ['b"', 'array<string>']] })
for (const n of [1, 2, 3]) {
  const file = folder + '/' + n + '.ndjson'
  fs.writeFileSync(file, JSON.stringify({ c0: n, c1: ['x', 'ü'] }) + '\\n' + JSON.stringify({ c0: n + 0.0 }) + '\\n')
  send({ id, file })
}
send({ id, rows: 6 })`)
    const cluster = await opened()
    const paths = await cluster.fetch(raw('SELECT 1'), workspace.directory)
    await cluster.close()
    expect(paths).toHaveLength(3)
    expect(paths.every((path) => existsSync(path))).toBe(true)
    expect(existsSync(join(workspace.directory, '1.ndjson'))).toBe(false)
    expect(logged()).toContain('"sql":"SELECT 1"')
  })

  test('a type that cannot be brought here is said to be one', async () => {
    answering(`send({ id, columns: [['where', 'struct<a:int>']] })
fs.writeFileSync(folder + '/1.ndjson', '{"c0":{"a":1}}\\n')
send({ id, file: folder + '/1.ndjson' })
send({ id, rows: 1 })`)
    const cluster = await opened()
    const error = await failure(cluster.fetch(raw('SELECT 1'), workspace.directory))
    await cluster.close()
    expect(error.code).toBe('unsupported')
    expect(error.message).toContain('`where`')
  })

  test('it dies', async () => {
    answering(
      "console.error('ERROR TaskSchedulerImpl: java.lang.OutOfMemoryError: Java heap space'); process.exit(3)",
    )
    const cluster = await opened()
    const error = await failure(cluster.run(raw('SELECT 1')))
    expect(error.code).toBe('out_of_memory')
    // Later calls say so as well, and do not wait.
    expect((await failure(cluster.describe(raw('SELECT 1')))).code).toBe('out_of_memory')
    await cluster.close()
  })

  test('interrupted: it is told, and ended when it does not listen', async () => {
    answering("if (request.do === 'cancel') log('told')")
    const cluster = await opened({ cancelMillis: 300 })
    const controller = new AbortController()
    const running = failure(cluster.run(raw('SELECT 1'), controller.signal))
    await until(() => existsSync(join(workspace.directory, 'log')))
    controller.abort()
    expect((await running).code).toBe('interrupted')
    expect(logged()).toContain('told')
    await cluster.close()
  })

  test('what a waiting user should know is said once', async () => {
    answering(`for (let i = 0; i < 3; i++) console.error('WARN TaskSchedulerImpl: Initial job has not accepted any resources; check your cluster UI')
setTimeout(() => send({ id }), 300)`)
    const notices: string[] = []
    const cluster = await opened({ onNotice: (notice) => notices.push(notice) })
    await cluster.run(raw('SELECT 1'))
    await cluster.close()
    expect(notices).toEqual([
      'Spark waits for executors: the cluster has no free cores or memory for this application.',
    ])
  })
})

describe('flags that do not go together', () => {
  test.each<[string, readonly string[], string]>([
    ['no master', ['--engine=spark', '--table=a.b'], '--engine spark needs --master.'],
    [
      'nothing to read',
      ['--engine=spark', '--master=yarn'],
      '--engine spark needs --table or --paths.',
    ],
    [
      'both',
      ['--engine=spark', '--master=yarn', '--table=a', '--paths=b'],
      '--engine spark takes --table or --paths, not both.',
    ],
    ['no engine', ['--master=yarn'], '--master says something of an engine, and none is named.'],
    [
      "another engine's",
      ['--engine=spark', '--master=yarn', '--table=a', '--url=https://h'],
      '--engine spark takes no --url.',
    ],
    [
      'no setting',
      ['--engine=spark', '--master=yarn', '--table=a', '--spark-conf=memory=4g'],
      '--spark-conf memory=4g is no setting of Spark.',
    ],
    ['no Spark here', ['--engine=spark', '--master=yarn', '--table=a'], 'Spark was not found.'],
  ])('%s', async (_about, argv, message) => {
    const { exit, stderr } = await run(argv)
    expect(stderr).toContain(message)
    expect(exit).toBe(message.includes('found') ? 4 : 2)
  })
})

test('--debug shows all that Spark said', async () => {
  sparkSubmit('#!/bin/sh\necho "INFO the first line" >&2\necho "ERROR it broke" >&2\nexit 1\n')
  const flags = ['--engine=spark', '--master=yarn', '--table=a']
  const told = async (...more: string[]): Promise<string> =>
    (await runWith({ SPARK_HOME: home, PATH: process.env['PATH'] }, [...flags, ...more])).stderr
  expect(await told()).toContain('Spark ended with exit code 1: ERROR it broke')
  expect(await told()).not.toContain('INFO the first line')
  expect(await told('--debug')).toContain('INFO the first line')
})

describe('its exceptions in one line', () => {
  const told = (
    condition: string | null,
    causes: readonly (readonly [string, string])[],
  ): SparkFailure => ({ cancelled: false, condition, causes, trace: 'trace' })

  test.each<[string, SparkFailure, string, string]>([
    [
      'a column',
      told('UNRESOLVED_COLUMN.WITH_SUGGESTION', [
        [
          'org.apache.spark.sql.catalyst.ExtendedAnalysisException',
          "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name `x` cannot be resolved. Did you mean one of the following? [`id`]. SQLSTATE: 42703; line 1 pos 7;\n'Project ['x]",
        ],
      ]),
      'unknown_column',
      'Spark: A column, variable, or function parameter with name `x` cannot be resolved. Did you mean one of the following? [`id`].',
    ],
    [
      'a table',
      told('TABLE_OR_VIEW_NOT_FOUND', [
        [
          'org.apache.spark.sql.catalyst.ExtendedAnalysisException',
          '[TABLE_OR_VIEW_NOT_FOUND] The table or view `nope`.`x` cannot be found. Verify the spelling and correctness of the schema and catalog.\nIf you did not qualify the name with a schema, verify. SQLSTATE: 42P01; line 1 pos 14',
        ],
      ]),
      'input_missing',
      'Spark: The table or view `nope`.`x` cannot be found.',
    ],
    [
      'the innermost cause of a failed job',
      told(null, [
        ['Py4JJavaError', 'An error occurred while calling o1.x.'],
        ['org.apache.spark.SparkException', 'Job aborted due to stage failure: Task 0'],
        ['java.io.IOException', 'No space left on device'],
      ]),
      'disk_full',
      'Spark: IOException: No space left on device',
    ],
    ['nothing to go by', told(null, [['X', '']]), 'engine', 'Spark: X'],
  ])('%s', (_about, failed, code, message) => {
    const error = sparkError(failed)
    expect({ code: error.code, message: error.message }).toEqual({ code, message })
    expect((error.cause as Error).message).toBe('trace')
  })

  test('what was asked to stop was interrupted, whatever it says', () => {
    expect(sparkError({ ...told(null, [['X', 'job cancelled']]), cancelled: true }).code).toBe(
      'interrupted',
    )
  })
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20))
}
