/** Every claim of SECURITY.md, tried. The section that makes a claim names the test here. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import {
  BufferType,
  Data,
  Dictionary,
  Field,
  FixedSizeList,
  Int8,
  Null,
  Table,
  tableToIPC,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Engine } from '../../src/engines/duckdb.js'
import { sql } from '../../src/sql/sql.js'
import { BUG } from '../faults/program.js'
import { eventsCsv, Scene } from '../faults/scene.js'
import { COMMAND_NAMES, WRITINGS } from '../faults/writing.js'
import { buildTar } from '../sources/tar-builder.js'
import { buildZip } from '../sources/zip-builder.js'

const ROOT = join(import.meta.dirname, '../..')

let scene: Scene
beforeEach(() => {
  scene = new Scene()
  scene.write('events.csv', eventsCsv(300))
})
afterEach(() => scene.remove())

describe('no network unless a remote path was named', () => {
  const canUnshare = spawnSync('unshare', ['-n', 'true']).status === 0
  const canTrace = spawnSync('strace', ['-V']).status === 0

  test.runIf(canUnshare)('every command does its work without a network', async () => {
    const perCommand = new Map(WRITINGS.map((writing) => [writing.args[0], writing]))
    for (const { name, args } of perCommand.values()) {
      const { exit, stderr } = await scene.run(args, { prefix: ['unshare', '-n'] })
      expect([0, 1], `${name}: ${stderr}`).toContain(exit)
    }
  })

  test.runIf(canTrace)('no socket of the internet is opened', async () => {
    for (const args of [['events.csv'], ['sessions', 'events.csv', '-o', 'out.parquet']]) {
      const prefix = [
        'strace',
        '-f',
        '-qq',
        '-e',
        'trace=socket,connect',
        '-o',
        scene.path('trace'),
      ]
      expect((await scene.run(args, { prefix })).exit).toBe(0)
      expect(scene.read('trace').toString()).not.toMatch(/AF_INET/)
    }
  })

  test('extensions are never installed', async () => {
    const engine = await Engine.open({ tempDirectory: scene.path('spill') })
    try {
      const { value } = await engine.row<{ value: string }>(
        sql`SELECT current_setting('autoinstall_known_extensions')::VARCHAR AS value`,
      )
      expect(value).toBe('false')
    } finally {
      engine.close()
    }
  })
})

describe('SQL of the user', () => {
  const HOSTILE_CONDITIONS = [
    "platform IN (SELECT content FROM read_text('secret.txt'))",
    'true; SELECT 1',
    "true) UNION ALL SELECT 1 FROM read_text('secret.txt') WHERE (true",
    "true) FROM read_csv('events.csv') WHERE (true",
    "true; COPY (SELECT 1) TO 'written.csv'; --",
    'true; INSTALL httpfs; --',
    'EXISTS (FROM duckdb_settings())',
  ]
  test.for(HOSTILE_CONDITIONS)('as a condition: %s', async (condition, { expect }) => {
    scene.write('secret.txt', 'the secret')
    const { exit, stdout, stderr } = await scene.run(['events.csv', '--where', condition])
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toMatch(/^error: /)
    expect(stderr).not.toMatch(BUG)
    expect(existsSync(scene.path('written.csv'))).toBe(false)
  })

  const HOSTILE_QUERIES = [
    "SELECT * FROM read_text('secret.txt')",
    "SELECT content FROM sessions, read_text('secret.txt')",
    "SELECT * FROM 'events.csv'",
    "SELECT * FROM glob('*')",
    "COPY sessions TO 'written.csv'",
    "SELECT 1 FROM sessions; COPY (SELECT 1) TO 'written.csv'",
    "ATTACH 'written.db' AS other",
    'INSTALL httpfs',
    'LOAD httpfs',
    'SET enable_external_access = true',
    "SELECT getenv('HOME') FROM sessions",
    'PRAGMA database_list',
    "EXPORT DATABASE 'written'",
    // What the engine prints of its own would be among the rows.
    "SELECT * FROM enable_logging(level = 'trace', storage = 'stdout')",
    "FROM system.main.enable_logging(storage = 'stdout')",
    "FROM enable_logging(storage = 'file', storage_path = 'written')",
    'SELECT (SELECT count(*) FROM enable_logging()) FROM sessions',
    'SELECT * FROM sessions, LATERAL (FROM enable_profiling())',
    'WITH a AS (FROM "ENABLE_PROFILING"()) FROM a',
    'DESCRIBE FROM enable_profiling()',
    'SUMMARIZE FROM enable_profiling()',
    "FROM query('FROM enable_logging(storage = ''stdout'')')",
    "FROM json_execute_serialized_sql(json_serialize_sql('FROM enable_profiling()'))",
    "CALL enable_logging(storage = 'stdout')",
    'PRAGMA enable_logging',
    'PRAGMA enable_profiling',
    'SET enable_logging = true',
    "SET GLOBAL logging_storage = 'stdout'",
    'SET enable_progress_bar_print = true',
    'RESET enable_progress_bar_print',
    "SET profiling_output = 'written'",
    'EXPLAIN ANALYZE SELECT 1',
    'PIVOT (FROM enable_profiling()) ON x USING count(*)',
    'FROM checkpoint()',
    'FROM arrow_scan(1, 2, 3)',
  ]
  const hasQuery = COMMAND_NAMES.includes('query')
  test.runIf(hasQuery).for(HOSTILE_QUERIES)('as a query: %s', async (query, { expect }) => {
    scene.write('secret.txt', 'the secret')
    const before = readdirSync(scene.folder)
    const { exit, stdout, stderr } = await scene.run(['query', query, 'events.csv'])
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).not.toMatch(BUG)
    expect(readdirSync(scene.folder)).toEqual(before)
  })
})

describe('outputs and inputs', () => {
  test.for([
    ['sessions', 'events.csv', '-o', 'events.csv'],
    ['sessions', '.', '-o', 'events.csv'],
    ['sessions', 'events.csv', '-o', 'link.csv'],
    ['follow', 'events.csv', '--checkpoint', 'events.csv'],
    ['check', 'events.csv', '--save-baseline', 'events.csv'],
    ['check', 'events.csv', '--config', 'c.yaml', '-o', 'c.yaml'],
    ['check', 'events.csv', '--credentials', 'c.yaml', '-o', 'c.yaml'],
    ['sessions', 'events.csv', '--state', 'st', '-o', 'st/manifest.json'],
  ])('are apart: %s', async (args, { expect }) => {
    expect((await scene.run(['sessions', 'events.csv', '--state', 'st'])).exit).toBe(0)
    scene.write('c.yaml', 'sessions:\n  gap: 10m\n')
    symlinkSync('events.csv', scene.path('link.csv'))
    const names = ['events.csv', 'c.yaml', 'st/manifest.json']
    const before = names.map((name) => scene.read(name))
    const { exit, stderr } = await scene.run(args)
    expect(exit, stderr).toBe(2)
    expect(names.map((name) => scene.read(name))).toEqual(before)
  })
})

describe.skipIf(process.platform === 'win32')('files on the way', () => {
  const mode = (name: string): string => (statSync(scene.path(name)).mode & 0o777).toString(8)

  /** While it is written, every moment. */
  const onTheWay = async (args: readonly string[]): Promise<string[]> => {
    const seen = new Map<string, string>()
    const { ended } = scene.start(args)
    let over = false
    void ended.finally(() => {
      over = true
    })
    while (!over) {
      for (const name of readdirSync(scene.folder).filter((one) => one.endsWith('.partial'))) {
        const stats = statSync(scene.path(name), { throwIfNoEntry: false })
        if (stats !== undefined) seen.set(name, (stats.mode & 0o777).toString(8))
      }
      await setImmediate()
    }
    const { exit, stderr } = await ended
    expect(exit, stderr).toBe(0)
    for (const name of seen.keys()) expect(name).toMatch(/^\..*-[0-9a-f]{16}\.partial$/)
    return [...new Set(seen.values())]
  }

  test('can be read by nobody who cannot read what they replace', async () => {
    for (const wanted of [0o600, 0o640, 0o644]) {
      scene.write('out.csv', 'old')
      chmodSync(scene.path('out.csv'), wanted)
      expect(await onTheWay(['sessions', 'events.csv', '-o', 'out.csv'])).toEqual([
        wanted.toString(8),
      ])
      expect(mode('out.csv')).toBe(wanted.toString(8))
    }
  })

  test('and states and checkpoints are their owner’s', async () => {
    scene.write('events.ndjson', '{"user_id":"u","time":"2024-01-01T00:00:00Z","event":"a"}\n')
    const follow = ['follow', 'events.ndjson', '--checkpoint', 'cp']
    expect((await scene.run(follow)).exit).toBe(0)
    expect(mode('cp')).toBe('600')
    chmodSync(scene.path('cp'), 0o640)
    expect((await scene.run(follow)).exit).toBe(0)
    expect(mode('cp')).toBe('640')

    const add = ['sessions', 'events.csv', '--state', 'st', '--dedupe', 'exact', '-o', 'o.csv']
    expect((await scene.run(add)).exit).toBe(0)
    const modes = readdirSync(scene.path('st')).map((name) => mode(`st/${name}`))
    expect(modes.length).toBeGreaterThan(2)
    expect(new Set(modes)).toEqual(new Set(['600']))
  })
})

describe('archives', () => {
  const EVENTS = eventsCsv(50)
  const NAMES = [
    '../escaped.csv',
    '/tmp/escaped.csv',
    'a/../../escaped.csv',
    '..\\escaped.csv',
    'C:\\x.csv',
  ]

  test.for(NAMES)('a member called %s writes nothing elsewhere', async (name, { expect }) => {
    scene.write('a.zip', buildZip([{ name, data: EVENTS }]))
    scene.write('a.tar', buildTar([{ name, data: EVENTS }]))
    const before = readdirSync(scene.folder)
    for (const archive of ['a.zip', 'a.tar']) {
      const { exit, stderr } = await scene.run([archive])
      expect([0, 3], stderr).toContain(exit)
      expect(stderr).not.toMatch(BUG)
    }
    expect(readdirSync(scene.folder)).toEqual(before)
    expect(existsSync('/tmp/escaped.csv')).toBe(false)
    expect(scene.leftovers()).toEqual([])
  })

  test('a link in an archive is not followed', async () => {
    scene.write('a.tar', buildTar([{ name: 'events.csv', data: '', type: '2' }]))
    expect((await scene.run(['a.tar'])).exit).toBe(3)
  })

  test('a bomb is refused before it fills the disk', async () => {
    const row = 'u1,2024-01-01T00:00:00Z,View\n'
    const plain = Buffer.alloc(120 * 1024 ** 2, row)
    plain.write('user_id,time,event__________\n')
    scene.write('bomb.tar', buildTar([{ name: 'e.csv.gz', data: gzipSync(plain) }]))
    const { exit, stderr } = await scene.run(['bomb.tar'])
    expect(exit, stderr).toBe(3)
    expect(stderr).toMatch(/times its size|zip bomb/)
    expect(scene.leftovers()).toEqual([])
  })

  test('a bomb of JSON lines stops the reading that it is part of', async () => {
    const plain = Buffer.alloc(120 * 1024 ** 2, '\n')
    plain.write('{"user_id":"u1","time":"2024-01-01T00:00:00Z"}\n')
    const packed = gzipSync(plain)
    scene.write('bomb.json.gz', packed)
    scene.write('bomb.zip', buildZip([{ name: 'e.json.gz', data: packed, stored: true }]))
    for (const bomb of ['bomb.json.gz', 'bomb.zip']) {
      const { exit, stderr } = await scene.run([bomb])
      expect(exit, stderr).toBe(3)
      expect(stderr).toMatch(/unpacks to more than 400 times its size/)
    }
    expect(scene.leftovers()).toEqual([])
  })
})

describe('arrow', () => {
  const column = (vector: Vector): Buffer => Buffer.from(tableToIPC(new Table({ user: vector })))
  const nulls = new Vector([new Data(new Null(), 0, 2 ** 31 - 1)])
  const lists = new FixedSizeList(2 ** 30, new Field('item', new Null(), true))
  const texts = new Dictionary(new Utf8(), new Int8(), 1)
  const long = vectorFromArray(['x'.repeat(1_000_000)], new Utf8())
  const rows = { [BufferType.DATA]: new Int8Array(200_000) }
  const good = column(vectorFromArray(['a', 'b'], new Utf8()))
  const withLength = (length: number, at: number): Buffer => {
    const bytes = Buffer.from(good)
    bytes.writeUInt32LE(length, at)
    return bytes
  }
  const HOSTILE: readonly (readonly [what: string, bytes: Buffer])[] = [
    ['rows without a byte', column(nulls)],
    ['a list of them', column(new Vector([new Data(lists, 0, 1, 0, {}, nulls.data.concat())]))],
    ['rows of one long text', column(new Vector([new Data(texts, 0, 200_000, 0, rows, [], long)]))],
    ...Array.from({ length: good.length / 4 - 2 }, (_, i): [string, Buffer] => [
      `a length of 2 GB at ${i * 4 + 8}`,
      withLength(0x7fffffff, i * 4 + 8),
    ]).filter((_, i) => i % 15 === 0),
  ]

  test.for(HOSTILE)('%s', async ([, bytes], { expect }) => {
    scene.write('a.arrow', bytes)
    const { exit, stderr } = await scene.run(['inspect', 'a.arrow'])
    expect([0, 2, 3, 4], stderr).toContain(exit)
    expect(stderr).not.toMatch(BUG)
    expect(scene.leftovers()).toEqual([])
  })
})

/** What a terminal would obey instead of showing. */
const controls = (text: string): string[] =>
  [...text.matchAll(/[\p{Cc}\p{Bidi_Control}]/gu)].map(([found]) => found).filter((c) => c !== '\n')

describe('outputs', () => {
  const HOSTILE =
    '\u001b]0;owned\u0007\u001b[2J\u202e<img src=x onerror=alert(1)>|`[a](javascript:1)'
  const rows = `user_id,time,event,platform\nu1,2024-01-01T00:00:00Z,"${HOSTILE}","${HOSTILE}"\n`

  test.for(['terminal', 'markdown', 'json', 'csv'])(
    'text of data in %s',
    async (format, { expect }) => {
      scene.write('hostile.csv', rows)
      const args = ['hostile.csv', '--by', 'platform', '--format', format]
      const { exit, stdout } = await scene.run(args, { env: { FORCE_COLOR: '0' } })
      expect(exit).toBe(0)
      // CSV is data for other programs, and holds it as it is.
      if (format !== 'csv') expect(controls(stdout)).toEqual([])
      if (format === 'markdown') expect(stdout).not.toMatch(/<img|[^\\]\[a\]\(/)
    },
  )

  test('formulas in CSV for a spreadsheet', async () => {
    scene.write('hostile.csv', rows.replaceAll(HOSTILE, "=cmd|' /C calc'!A0"))
    for (const command of ['sessions', 'summary']) {
      const args = [command, 'hostile.csv', '--by', 'platform', '--format', 'csv', '--safe-csv']
      const { exit, stdout } = await scene.run(args)
      expect(exit).toBe(0)
      expect(stdout).toContain('=cmd')
      expect(stdout).not.toMatch(/(^|,)"?[=+@]/m)
    }
  })

  test('text of data in an error', async () => {
    scene.write('hostile.csv', rows.replace('2024-01-01T00:00:00Z', '"\u001b[2Jsoon"'))
    const { exit, stderr } = await scene.run(['hostile.csv'])
    expect(exit).toBe(3)
    expect(controls(stderr)).toEqual([])
  })

  test('the name of a file in an error', async () => {
    const { stderr } = await scene.run(['\u001b[2J.csv'])
    expect(controls(stderr)).toEqual([])
  })

  test.runIf(COMMAND_NAMES.includes('report'))('text of data in HTML', async () => {
    scene.write('hostile.csv', rows)
    const { exit, stderr } = await scene.run(['report', 'hostile.csv', '-o', 'out.html'])
    expect(exit, stderr).toBe(0)
    const page = scene.read('out.html').toString()
    expect(page).not.toContain('<img src=x')
    expect(page).not.toMatch(/<script[^>]+src=/)
  })
})

describe('configuration', () => {
  const HOSTILE = [
    'sessions:\n  gap: !!js/function "function () { process.exit(7) }"',
    'sessions:\n  gap: !!python/object/apply:os.system ["touch written"]',
    '__proto__:\n  polluted: true',
    'sessions:\n  gap: $(touch written)',
    `checks:\n  own:\n    - id: x\n      meaning: x\n      sql: "SELECT * FROM read_text('secret.txt')"`,
    `checks:\n  own:\n    - id: x\n      meaning: x\n      sql: "COPY (SELECT 1) TO 'written'"`,
  ]
  test.for(HOSTILE)('cannot run code: %s', async (text, { expect }) => {
    scene.write('secret.txt', 'the secret')
    scene.write('c.yaml', text)
    const { exit, stdout, stderr } = await scene.run(['check', 'events.csv', '--config', 'c.yaml'])
    expect(exit, stderr).toBe(2)
    expect(stdout + stderr).not.toContain('the secret')
    expect(stderr).not.toMatch(BUG)
    expect(existsSync(scene.path('written'))).toBe(false)
  })

  test('a program is not read as configuration', async () => {
    scene.write('sessionize.config.js', "require('fs').writeFileSync('written', '')")
    expect((await scene.run(['events.csv'])).exit).toBe(0)
    expect(existsSync(scene.path('written'))).toBe(false)
  })
})

describe('installation', () => {
  interface Locked {
    readonly dev?: boolean
    readonly optional?: boolean
    readonly hasInstallScript?: boolean
    readonly version?: string
  }
  const lock: { packages: Record<string, Locked> } = JSON.parse(
    readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
  )
  const production = Object.entries(lock.packages).filter(
    ([path, { dev }]) => path !== '' && dev !== true,
  )
  const scriptsOf = (path: string): Record<string, string> => {
    const file = join(ROOT, path, 'package.json')
    const { scripts = {} }: { scripts?: Record<string, string> } = existsSync(file)
      ? JSON.parse(readFileSync(file, 'utf8'))
      : {}
    return scripts
  }

  test('runs no scripts, ours or of what we depend on', () => {
    expect(production.length).toBeGreaterThan(10)
    for (const [path, { hasInstallScript }] of [['', {}] as const, ...production]) {
      const found = Object.keys(scriptsOf(path)).filter((name) =>
        ['preinstall', 'install', 'postinstall'].includes(name),
      )
      expect({ path, found, hasInstallScript }).toEqual({
        path,
        found: [],
        hasInstallScript: undefined,
      })
    }
  })

  test('the audit of production dependencies is a step of CI', () => {
    expect(readFileSync(join(ROOT, '.ci/run'), 'utf8')).toMatch(/npm audit --omit=dev/)
  })
})
