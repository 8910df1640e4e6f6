/** An output that is an input would destroy it: no command may, by whatever name it is given. */
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.js'
import { configOptions } from '../../src/cli/config/apply.js'
import { pathOf } from '../../src/cli/written.js'
import { sessionize } from '../../src/index.js'
import { inShell } from '../faults/program.js'
import { run } from '../oracle/run.js'

const EVENTS = `user_id,time,event,platform
a,2024-01-01T00:00:00Z,open,web
a,2024-01-01T00:04:00Z,view,web
b,2024-01-01T05:00:00Z,open,ios
c,soon,open,ios
`
const LINES = `${JSON.stringify({ user_id: 'a', time: '2024-01-01T00:00:00Z', event: 'v' })}\n`

const root = mkdtempSync(join(tmpdir(), 'sessionize-outputs-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let worlds = 0
let world = ''
beforeEach(() => {
  world = join(root, String(worlds++))
  mkdirSync(join(world, 'in'), { recursive: true })
  write('e.csv', EVENTS)
  write('in/e.csv', EVENTS)
})

// As it is spelled.
const at = (name: string): string => `${world}/${name}`
const write = (name: string, content: string | Buffer): string => {
  writeFileSync(at(name), content)
  return at(name)
}

/** Every file below the world with its bytes. */
const everything = (folder = world): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path, readFileSync(path, 'latin1')]),
  )

/** `@name` stands for a path in the world. */
const placed = (args: readonly string[]): string[] =>
  args.map((arg) => arg.replace(/@([^@]*)/, (_, name: string) => at(name)))

async function expectRefused(args: readonly string[], words: RegExp): Promise<void> {
  const before = everything()
  const { exit, stdout, stderr } = await run(placed(args), undefined, world)
  expect({ exit, stdout }, stderr).toEqual({ exit: 2, stdout: '' })
  expect(stderr).toMatch(words)
  expect(stderr).toMatch(/\nhint: .+\n$/)
  expect(everything()).toEqual(before)
}

const READ = /would overwrite .*, which is read as events\./

/** Of every command that writes, each flag that it writes with. */
const WRITING: readonly (readonly string[])[] = [
  ['summary', '@e.csv', '-o', '@e.csv'],
  ['summary', '@e.csv', '--rejects', '@e.csv'],
  ['sessions', '@e.csv', '-o', '@e.csv'],
  ['sessions', '@e.csv', '--rejects', '@e.csv'],
  ['sessions', '@e.csv', '--strict', '--rejects', '@e.csv'],
  ['sessions', '@e.csv', '--state', '@st', '-o', '@e.csv'],
  ['events', '@e.csv', '-o', '@e.csv'],
  ['users', '@e.csv', '-o', '@e.csv'],
  ['trend', '@e.csv', '-o', '@e.csv'],
  ['gap', '@e.csv', '-o', '@e.csv'],
  ['compare', '@e.csv', '--by', 'platform', '-o', '@e.csv'],
  ['compare', '@in/e.csv', '--baseline', '@e.csv', '-o', '@e.csv'],
  ['query', 'SELECT 1', '@e.csv', '-o', '@e.csv'],
  ['audit', '@e.csv', '--background', '-o', '@e.csv'],
  ['check', '@e.csv', '-o', '@e.csv'],
  ['check', '@e.csv', '--save-baseline', '@e.csv'],
  ['check', '@e.csv', '--report', 'junit=@e.csv'],
  ['check', '@e.csv', '--report', 'json=@a.json', '--report', 'sarif=@e.csv'],
  ['report', '@e.csv', '-o', '@e.csv'],
  ['inspect', '@e.csv', '-o', '@e.csv'],
  ['init', '@e.csv', '--force', '-o', '@e.csv'],
  ['follow', '@e.csv', '-o', '@e.csv'],
  ['follow', '@e.csv', '--checkpoint', '@e.csv'],
  ['follow', '@e.csv', '--label', '--checkpoint', '@cp', '-o', '@e.csv'],
]

test.for(WRITING)('a file that is read is not overwritten: %s', (args) => expectRefused(args, READ))

const NAMES: readonly (readonly [how: string, make: () => void, written: string])[] = [
  ['another spelling', () => undefined, '@in/../e.csv'],
  ['a link to it', () => symlinkSync('e.csv', at('link.csv')), '@link.csv'],
  [
    'a link to a link',
    () => {
      symlinkSync('e.csv', at('one'))
      symlinkSync('one', at('two'))
    },
    '@two',
  ],
  ['a second name of it', () => linkSync(at('e.csv'), at('hard.csv')), '@hard.csv'],
  ['a link to its folder', () => symlinkSync('.', at('here')), '@here/e.csv'],
]

describe.skipIf(process.platform === 'win32')('by another name', () => {
  test.for(NAMES)('%s', async ([, make, written]) => {
    make()
    await expectRefused(['sessions', '@e.csv', '-o', written], READ)
    await expectRefused(['sessions', written, '-o', '@e.csv'], READ)
    await expectRefused(['follow', '@e.csv', '-o', written], READ)
    // What is found and not named.
    await expectRefused(['sessions', '@', '-o', written], READ)
    await expectRefused(['sessions', '@*.csv', '-o', written], READ)
  })
})

describe('what else is read', () => {
  const table = [
    ['the config file', ['-o', '@sessionize.config.yaml']],
    ['the config file', ['--rejects', '@sessionize.config.yaml']],
    ['the config file', ['--config', '@other.yaml', '-o', '@other.yaml']],
    ['the baseline', ['-o', '@base.json', '--baseline', '@base.json']],
    ['the baseline', ['--save-baseline', '@base.json', '--baseline', '@base.json']],
    ['the baseline', ['--config', '@based.yaml', '--save-baseline', '@base.json']],
    ['the credentials', ['--credentials', '@secret', '-o', '@secret']],
    ['a certificate', ['--ca', '@secret', '-o', '@secret']],
    ['events', ['--paths', '@e.parquet', '-o', '@e.parquet']],
    ['events', ['--paths', 'file://@e.parquet', '-o', '@e.parquet']],
  ] as const
  test.for(table)('%s: %s', async ([what, flags]) => {
    for (const name of ['sessionize.config.yaml', 'other.yaml'])
      write(name, 'sessions:\n  gap: 10m\n')
    write('based.yaml', `checks:\n  baseline: ${at('base.json')}\n`)
    for (const name of ['base.json', 'secret', 'e.parquet']) write(name, 'precious')
    await expectRefused(
      ['check', '@in/e.csv', ...flags],
      new RegExp(`would overwrite .* which is read as ${what}`),
    )
  })

  test('a config file that looks like events is not replaced by init', async () => {
    write('sessionize.config.yaml', EVENTS)
    await expectRefused(['init', '@sessionize.config.yaml', '--force'], READ)
  })

  test('a config file in the folder of dbt’s models', async () => {
    mkdirSync(at('models'))
    write('models/schema.yml', 'sessions:\n  gap: 10m\n')
    const table = ['--from-table', 'raw.events', '--user', 'u', '--time', 't']
    await expectRefused(
      ['sql', ...table, '--config', '@models/schema.yml', '--dbt', '@models', '--force'],
      /would overwrite .*schema\.yml, which is read as the config file/,
    )
  })

  test('the folder of a state', async () => {
    const state = ['sessions', '@e.csv', '--state', '@st']
    expect((await run(placed([...state, '-o', '@out.csv']))).exit).toBe(0)
    const [blocks = ''] = readdirSync(at('st')).filter((name) => name.startsWith('blocks'))
    for (const name of ['manifest.json', 'lock', blocks, 'new.csv']) {
      await expectRefused([...state, '-o', `@st/${name}`], /--output lies in the folder of --state/)
      await expectRefused(
        ['summary', '--state', '@st', '--rejects', `@st/${name}`],
        /--rejects lies in the folder of --state/,
      )
    }
  })
})

describe('two outputs of one name', () => {
  const table = [
    ['sessions', '@e.csv', '-o', '@out.csv', '--rejects', '@in/../out.csv'],
    ['check', '@e.csv', '-o', '@out.json', '--save-baseline', '@out.json'],
    ['check', '@e.csv', '--report', 'json=@a', '--report', 'junit=@a'],
    ['generate', '-o', '@g.csv', '--truth', '@in/../g.csv'],
    ['follow', '@e.csv', '-o', '@cp', '--checkpoint', '@cp'],
  ]
  test.for(table)('%s', (args) => expectRefused(args, /Two outputs cannot both go to/))

  test('is told of a checkpoint and an output that are there', async () => {
    const both = ['follow', '@e.csv', '-o', '@hard', '--checkpoint', '@cp']
    expect((await run(placed(['follow', '@e.csv', '--checkpoint', '@cp']))).exit).toBe(0)
    linkSync(at('cp'), at('hard'))
    await expectRefused(both, /Two outputs cannot both go to/)
  })

  test('names beside each other are two', async () => {
    for (const output of ['@cp.partial', '@.cp.partial', '@cp.new']) {
      const args = placed([
        'follow',
        '@e.csv',
        '-o',
        output,
        '--checkpoint',
        '@cp',
        '--flush-on-end',
      ])
      expect((await run(args)).exit).toBe(0)
      expect(readFileSync(args[3] ?? '', 'utf8').split('\n')).toHaveLength(3)
      expect(readFileSync(at('cp'), 'utf8')).toContain('sessionize/follow-checkpoint')
      rmSync(at('cp'))
    }
  })
})

describe('in a folder of inputs', () => {
  const log = '1.2.3.4 - - [01/Jan/2024:00:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"\n'
  const others: Readonly<Record<string, string | Buffer>> = {
    'other.csv': EVENTS,
    'other.ndjson': LINES,
    'other.json': `[${LINES.trim()}]`,
    'access.log': log,
    'other.csv.gz': gzipSync(EVENTS),
    'other.json.gz': gzipSync(LINES),
    'named.html': EVENTS,
    'merged.json': '{"merged_amplitude_id":1,"amplitude_id":2,"merge_time":"2024-01-01"}\n',
    'own.csv': 'user,length_seconds,bounce\na,1,true\n',
  }
  test.for(Object.keys(others))('%s is not overwritten', async (name) => {
    write(`in/${name}`, others[name] ?? '')
    await expectRefused(['sessions', '@in', '--format', 'csv', '-o', `@in/${name}`], READ)
    await expectRefused(['sessions', '@i*', '--rejects', `@in/${name}`], READ)
    await expectRefused(['summary', '@in/*', '--state', '@st', '-o', `@in/${name}`], READ)
    expect(existsSync(at('st'))).toBe(false)
  })

  test.for(['parquet', 'zip', 'csv.zst'])('events in %s are not overwritten', async (ending) => {
    await run(placed(['generate', '--events', '500', '-o', `@in/other.${ending}`]))
    rmSync(at('in/e.csv'))
    write('in/more.csv', EVENTS)
    await expectRefused(['summary', '@in', '-o', `@in/other.${ending}`], READ)
  })

  /** With the formats that hold a header, and some that are no events. */
  const ours: readonly (readonly [format: string, ...args: string[]])[] = [
    ...['csv', 'ndjson', 'parquet', 'arrow'].flatMap((format): [string, ...string[]][] => [
      [format, 'sessions'],
      [format, 'events'],
    ]),
    ...['list', 'csv', 'json', 'ndjson', 'parquet'].map((format): [string, string] => [
      format,
      'users',
    ]),
    ...['terminal', 'json', 'csv', 'markdown'].flatMap((format): [string, ...string[]][] => [
      [format, 'summary'],
      [format, 'summary', '--by', 'platform'],
      [format, 'trend'],
      [format, 'gap'],
      [format, 'compare', '--by', 'platform'],
      [format, 'audit', '--background'],
    ]),
    ...['terminal', 'json', 'markdown', 'junit', 'sarif', 'github'].map(
      (format): [string, string] => [format, 'check'],
    ),
    ['json', 'inspect'],
    ['html', 'report'],
    ['json', 'query', 'FROM sessions'],
  ]
  test.for(ours)('what it wrote before is left out: %s of %s', async ([format, ...args]) => {
    const again = placed([...args, '@in', '--format', format, '-o', '@in/out.x'])
    const first = await run(again)
    expect([0, 1], first.stderr).toContain(first.exit)
    expect(first.stderr).toMatch(/out\.x is written by this run \(--output\), so it is not read/)
    const written = readFileSync(at('in/out.x'))
    const { exit, stderr } = await run(again)
    expect(exit, stderr).toBe(first.exit)
    // A page says when it was made.
    if (format !== 'html') expect(readFileSync(at('in/out.x'))).toEqual(written)
    expect(everything(at('in'))[at('in/e.csv')]).toBe(EVENTS)
  })

  test('a table that is no more than the user’s own columns is not told from events', async () => {
    const args = [
      'query',
      'SELECT user, time FROM events',
      '@in',
      '--format',
      'csv',
      '-o',
      '@in/q.csv',
    ]
    expect((await run(placed(args))).exit).toBe(0)
    await expectRefused(args, READ)
  })

  test('rejected rows, and names that are new in a glob', async () => {
    for (const glob of ['@in', '@in/*.csv', '@**/*.csv', '@i[n]/{e,r}.csv']) {
      rmSync(at('in/r.csv'), { force: true })
      for (const _ of ['first', 'again']) {
        const args = placed(['sessions', glob, '--columns', 'user', '--rejects', '@in/r.csv'])
        const { stdout, stderr } = await run(args)
        expect(stdout.split('\n'), glob).toHaveLength(4)
        expect(stderr).toContain(`${at('in/r.csv')} is written by this run (--rejects)`)
      }
    }
    const elsewhere = await run(placed(['sessions', '@in/e*.csv', '-o', '@in/r2.csv']))
    expect(elsewhere.stderr).not.toContain('is written by this run')
  })

  test('a state', async () => {
    const args = placed(['sessions', '@in', '--state', '@in/st', '--columns', 'user,events'])
    const first = await run(args)
    const second = await run(args)
    expect(second.stdout).toBe(first.stdout)
    expect(second.stderr).toContain('Nothing to add.')
    expect(second.stderr).toMatch(/st is written by this run \(--state\), so it is not read/)
  })

  test('temporary files of this run and of others', async () => {
    mkdirSync(at('in/sessionize-999999999-00000000-AbCdEf'))
    write('in/sessionize-999999999-00000000-AbCdEf/000000.csv', EVENTS)
    const args = placed(['summary', '@in', '--temp-dir', '@in', '--format', 'json'])
    const { stdout } = await run(args)
    expect(JSON.parse(stdout)).toMatchObject({ ledger: { read: 4, skipped: [] } })
    expect((await run([...args, '-o', at('in/s.json')])).exit).toBe(0)
    expect(readFileSync(at('in/s.json'), 'utf8')).toBe(stdout)
  })
})

describe.skipIf(process.platform === 'win32')('standard streams that are files', () => {
  test.for([
    'sessionize sessions - -o e.csv < e.csv',
    'sessionize summary -o e.csv < e.csv',
    'sessionize follow -o e.csv < e.csv',
    'sessionize follow --checkpoint e.csv < e.csv',
    'sessionize sessions /dev/stdin -o e.csv < e.csv',
    'sessionize sessions e.csv >> e.csv',
    'sessionize sessions in ./*.csv >> e.csv',
    'sessionize sessions . >> e.csv',
    'sessionize follow e.csv >> e.csv',
    'sessionize follow < e.csv >> e.csv',
    'sessionize events e.csv -o /dev/stdout >> e.csv',
    'sessionize events e.csv -o /dev/fd/3 3>> e.csv',
  ])('%s', async (line) => {
    const before = everything()
    const { exit, stderr } = await inShell(line, { cwd: world })
    expect(stderr).toMatch(READ)
    expect(exit).toBe(2)
    expect(everything()).toEqual(before)
  })

  test('an answer beside the inputs is written', async () => {
    const { exit, stderr } = await inShell('sessionize sessions . > all.csv', { cwd: world })
    expect({ exit, stderr: stderr.replace(/warning: .*\n/g, '') }).toMatchObject({ exit: 0 })
    expect(readFileSync(at('all.csv'), 'utf8').split('\n')).toHaveLength(4)
  })
})

describe('the library does not either', () => {
  const refused: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
    'writeSessions of a file': (path) => sessionize.writeSessions(path, path),
    'writeSessions of a folder': (path) => sessionize.writeSessions(world, path),
    'writeSessions of a glob': (path) => sessionize.writeSessions(at('*.csv'), path),
    'rejects of summary': (path) => sessionize.summary(path, { rejects: path }),
    'rejects of writeSessions': (path) =>
      sessionize.writeSessions(path, at('out.csv'), { rejects: path }),
    'rejects of check': (path) => sessionize.check(world, { rejects: path }),
    'saveBaseline of check': (path) => sessionize.check([at('in'), path], { saveBaseline: path }),
    'saveBaseline over the baseline': (path) =>
      sessionize.check(at('in'), { saveBaseline: path, baseline: path }),
  }
  test.for(Object.keys(refused))('%s', async (how) => {
    const before = everything()
    await expect(refused[how]?.(at('e.csv'))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(
        /would overwrite .*, which is read as (events|the baseline)\.$/,
      ),
    })
    expect(everything()).toEqual(before)
  })

  test('and leaves its own tables out', async () => {
    await sessionize.writeSessions(at('in'), at('in/s.csv'))
    const first = readFileSync(at('in/s.csv'), 'utf8')
    await sessionize.writeSessions(at('in'), at('in/s.csv'))
    expect(readFileSync(at('in/s.csv'), 'utf8')).toBe(first)
  })
})

test('every flag that takes a path is known for what it is', () => {
  const context = {
    terminal: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: {} },
    signal: new AbortController().signal,
  }
  const options = COMMANDS.flatMap((make) => {
    const command = make(context)
    configOptions(command)
    return [command, ...command.commands].flatMap(({ options }) => options)
  })
  for (const option of options) {
    const takesPath = /[<[](format=)?(files?|folder|paths?)\b/.test(option.flags)
    expect(pathOf(option) !== undefined, option.flags).toBe(takesPath)
  }
})
