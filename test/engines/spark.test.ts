/**
 * Starting and speaking to Spark, without a Spark: the `spark-submit` of these tests is a script that
 * says what a real one says. The real one is met in `spark-cluster.test.ts`.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SessionizeError } from '../../src/errors/errors.js'
import { Secrets } from '../../src/errors/secrets.js'
import { type SparkFailure, sparkEnded, sparkError } from '../../src/remote/spark/errors.js'
import { findSparkSubmit } from '../../src/remote/spark/home.js'
import { sparkSecrets } from '../../src/remote/spark/secrets.js'
import { openSpark, type RemoteSpark, type SparkOptions } from '../../src/remote/spark/spark.js'
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

  const opened = async (more: Partial<SparkOptions> = {}): Promise<RemoteSpark> =>
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

  test('nothing that strangers send is more than dropped, and the driver is not held up', async () => {
    const hostile = [
      'x\n',
      '\n',
      'null\n',
      '[]\n',
      '{"token":null}\n',
      '{"token":{"length":64}}\n',
      '{"token":""}\n',
      `{"token":"${'0'.repeat(64)}"}\n{"version":"6.6.6"}\n`,
      `{"token":"${'ü'.repeat(32)}"}\n`,
      '{"version":"6.6.6"}\n',
      '{"id":0,"rows":1}\n',
      '[['.repeat(5_000),
      `${'{"a":'.repeat(5_000)}\n`,
      '\0'.repeat(100_000),
      'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      // Says nothing and stays.
      '',
    ]
    driver(`
const hostile = ${JSON.stringify(hostile)}
let open = 0
const strangers = Array.from({ length: 20 }).flatMap(() => hostile).map((text) => {
  const stranger = connect(Number(port), '127.0.0.1', () => {
    stranger.write(text)
    if (++open === strangers.length) setTimeout(greet, 200)
  })
  return stranger.on('error', () => {})
})
// A token in pieces, and what follows in the same breath.
function greet() {
  const line = JSON.stringify({ token }) + '\\n' + JSON.stringify({ version: '4.0.0', application: 'app-1', web: null }) + '\\n'
  const late = connect(Number(port), '127.0.0.1', () => late.write(line.slice(0, 20), () => setTimeout(() => {
    late.write(line.slice(20))
    setTimeout(() => {
      log('strangers left: ' + strangers.filter((one) => !one.destroyed && !one.readableEnded).length)
      late.end()
      process.exit(0)
    }, 2000)
  }, 50)))
}
socket.destroy()
`)
    const cluster = await opened()
    expect(cluster.started.version).toBe('4.0.0')
    await until(() => existsSync(join(workspace.directory, 'log')))
    expect(logged()).toContain('strangers left: 0')
    await cluster.close()
  })

  test('an idle stranger does not keep the command from its end', async () => {
    const stranger = join(workspace.directory, 'stranger.js')
    // It outlives the driver, in a group of its own.
    writeFileSync(
      stranger,
      "require('node:net').connect(Number(process.argv[2]), '127.0.0.1').on('error', () => {}).on('close', () => { require('node:fs').writeFileSync(process.argv[3], ''); process.exit() })\nsetTimeout(() => {}, 60000)",
    )
    sparkSubmit(
      `#!/bin/sh\nsetsid node "${stranger}" "$SESSIONIZE_PORT" "${join(workspace.directory, 'log')}" >/dev/null 2>&1 &\nsleep 1\necho "ERROR it broke" >&2\nexit 1\n`,
    )
    const flags = ['--engine=spark', '--master=yarn', '--table=a']
    const { exit, stderr } = await runWith({ SPARK_HOME: home, PATH: process.env['PATH'] }, flags)
    expect([exit, stderr]).toEqual([4, expect.stringContaining('ERROR it broke')])
    await until(() => existsSync(join(workspace.directory, 'log')))
  })

  test('a driver that says what is no JSON is ended, and said to be', async () => {
    answering("if (request.do === 'run') socket.write('what?\\n')")
    const cluster = await opened()
    const error = await failure(cluster.run(raw('SELECT 1')))
    expect([error.code, error.message]).toEqual([
      'engine',
      expect.stringContaining('an answer of the driver is not JSON'),
    ])
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

describe('a Java that crashes is told in words', () => {
  const PRINTED = (report: string): string => `#
# A fatal error has been detected by the Java Runtime Environment:
#
#  SIGSEGV (0xb) at pc=0x00007f5c2c6f2e4d, pid=4711, tid=4712
#
# JRE version: OpenJDK Runtime Environment (17.0.9+9) (build 17.0.9+9-Debian-1deb12u1)
# Java VM: OpenJDK 64-Bit Server VM (17.0.9+9-Debian-1deb12u1, mixed mode, tiered, g1 gc, linux-amd64)
# Problematic frame:
# C  [libarrow.so.1500+0x2f2e4d]  arrow::Buffer::Copy+0x1d
#
# No core dump will be written. Core dumps have been disabled.
#
# An error report file with more information is saved as:
# ${report}
#
# If you would like to submit a bug report, please visit:
#   https://bugs.debian.org/openjdk-17
#
`

  test('with the place of its report, out of the folder that is removed', async () => {
    sparkSubmit(`#!/bin/sh
report="$PWD/hs_err_pid4711.log"
echo "the report, with $SESSIONIZE_TOKEN" > "$report"
cat <<END
${PRINTED('$report')}
END
kill -ABRT $$
`)
    const error = await failure(openSpark(options()))
    const [, path = ''] = /Its report is (\S+)$/.exec(error.message) ?? []
    expect(error.message).toContain('Spark’s Java crashed (SIGSEGV in libarrow.so.1500).')
    expect(error.hint).toMatch(/another Java/)
    try {
      expect(path.startsWith(workspace.directory)).toBe(false)
      expect(readFileSync(path, 'utf8')).toContain('the report, with')
      expect(statSync(path).mode & 0o777).toBe(0o600)
    } finally {
      rmSync(path, { force: true })
    }
  })

  test.each([
    ['elsewhere', PRINTED('/var/log/hs_err_pid4711.log'), '/var/log/hs_err_pid4711.log'],
    [
      'not written',
      '#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  Internal Error (x.cpp:1)',
      '(Internal Error).',
    ],
  ])('%s', (_about, printed, end) => {
    const { message } = sparkEnded(printed, 'signal SIGABRT', {
      secrets: new Secrets([]),
      folder: '/tmp/x',
    })
    expect(message).toMatch(/^Spark’s Java crashed/)
    expect(message.endsWith(end)).toBe(true)
  })

  test('a signal alone is not told by a number sign', () => {
    const { message } = sparkEnded('it began\n#\n# \n', 'signal SIGABRT', {
      secrets: new Secrets([]),
      folder: '/tmp/x',
    })
    expect(message).toBe('Spark ended with signal SIGABRT: it began')
  })
})

describe('what it is given and may not say', () => {
  const SECRET = 's3cr3t-"key"/0123456789'
  const conf = { 'spark.hadoop.fs.s3a.secret.key': SECRET }
  const basic = Buffer.from(`user:${SECRET}`).toString('base64')

  test.each([
    ['plain', SECRET],
    ['base64', basic],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in JSON', JSON.stringify(SECRET)],
    ['over lines', SECRET.replace('key', 'k\n  ey')],
  ])('%s, in an exception, in what it prints, with --debug', async (_about, spelled) => {
    driver(`send({ token })
send({ error: { cancelled: false, condition: null, causes: [['java.io.IOException', ${JSON.stringify(`Invalid ${spelled} here`)}]], trace: ${JSON.stringify(`trace ${spelled}`)} } })`)
    const told = await failure(openSpark(options({ conf })))
    mkdirSync(join(workspace.directory, 'b'))
    writeFileSync(join(workspace.directory, 'printed'), `ERROR wrong ${spelled}\nmore ${spelled}`)
    sparkSubmit(`#!/bin/sh\ncat "${join(workspace.directory, 'printed')}" >&2\nexit 1\n`)
    const ended = await failure(
      openSpark(options({ conf, folder: join(workspace.directory, 'b') })),
    )
    for (const error of [told, ended]) {
      const shown = inspect(error, { depth: 9 })
      expect(shown).toContain('***')
      expect(shown).not.toMatch(/s3cr3t|0123456789|czNj|MDEyMzQ1/)
    }
  })

  test('the environment too, but not where a secret is to be found', () => {
    const env = {
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG',
      TOKEN_FILE: '/var/run/secrets/token',
      DATABASE: 'jdbc:postgresql://me:hunter2hunter2@h/db?password=correct-horse&x=y',
    }
    const classes = { 'spark.hadoop.credentials.provider': 'org.apache.hadoop.fs.Provider' }
    const secrets = sparkSecrets(classes, env)
    expect(
      secrets.redact(
        'wJalrXUtnFEMI/K7MDENG /var/run/secrets/token hunter2hunter2 correct-horse org.apache.hadoop.fs.Provider',
      ),
    ).toBe('*** /var/run/secrets/token *** *** org.apache.hadoop.fs.Provider')
  })

  test('a setting with a wrong name is told without its value', async () => {
    const flags = [
      '--engine=spark',
      '--master=yarn',
      '--table=a',
      `--spark-conf=s3a.secret.key=${SECRET}`,
    ]
    const { exit, stderr } = await run(flags)
    expect(exit).toBe(2)
    expect(stderr).toContain('s3a.secret.key=...')
    expect(stderr).not.toContain('s3cr3t')
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
