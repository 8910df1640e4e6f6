/** What holds for every command that answers a question: where its outputs go, and when. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { afterAll, describe, expect, it, test } from 'vitest'
import { Folder } from '../checks/export.js'
import { run } from '../oracle/run.js'

const folder = new Folder()
afterAll(() => folder.remove())

const rows = ['user_id,time,event,session_id']
for (let minute = 0; minute < 50; minute++) {
  rows.push(
    `u${minute % 5},2024-01-01T10:${String(minute).padStart(2, '0')}:00Z,open,${minute % 5}`,
  )
}
const events = folder.file('events.csv', `${rows.join('\n')}\nu1,not a time,open,1\n`)

const COMMANDS: readonly (readonly string[])[] = [
  [events],
  ['sessions', events],
  ['events', events],
  ['compare', events, '--by', 'event'],
  ['trend', events],
  ['users', events],
  ['gap', events],
  ['query', 'SELECT count(*) AS n FROM sessions', events],
  ['audit', events],
  ['check', events, '--select', 'zero-length'],
  ['report', events, '--format', 'json'],
]

describe.each(COMMANDS.map((command) => [command.slice(0, -1).join(' '), command] as const))(
  '%s',
  (name, command) => {
    const rejects = join(folder.path, `rejects of ${name.replaceAll(/\W+/g, ' ')}.csv`)

    it('writes the rejected rows', async () => {
      const { exit, stderr } = await run([...command, '--rejects', rejects])
      expect(stderr).not.toContain('error')
      expect(exit).toBeLessThan(2)
      expect(parse(readFileSync(rejects, 'utf8'), { columns: true })).toMatchObject([
        { file: events, row: '51', reason: 'bad_time', value: 'not a time' },
      ])
    })

    it('writes them where --strict makes them an error', async () => {
      const output = join(folder.path, 'answer.csv')
      const path = rejects.replace('rejects of', 'strict rejects of')
      const flags = ['--strict', '--rejects', path, '-o', output]
      // The formats of reports are not told by this ending.
      const format = command[0] === 'report' ? [] : ['--format', 'csv']
      const withOutput = command[0] === 'check' ? flags.slice(0, -2) : [...flags, ...format]
      const { exit, stdout, stderr } = await run([...command, ...withOutput])
      expect([exit, stdout]).toEqual([3, ''])
      expect(stderr).toContain('error: 1 of 51 rows were rejected.')
      expect(stderr).toContain('hint: Leave out --strict to count them and go on.')
      expect(parse(readFileSync(path, 'utf8'), { columns: true })).toMatchObject([
        { file: events, row: '51', reason: 'bad_time', value: 'not a time' },
      ])
      expect(existsSync(output)).toBe(false)
    })

    it('has no place for them on standard output', async () => {
      const { exit, stdout, stderr } = await run([...command, '--rejects', '-'])
      expect([exit, stdout]).toEqual([2, ''])
      expect(stderr).toContain('--rejects needs a file')
    })
  },
)

test('--strict alone says how to see what was rejected', async () => {
  const { exit, stderr } = await run([events, '--strict'])
  expect(exit).toBe(3)
  expect(stderr).toContain('hint: See them with --rejects rejects.csv, or leave out --strict')
})

test('--strict --rejects of rows in order writes an empty table', async () => {
  const path = join(folder.path, 'none.csv')
  const sound = folder.file('sound.csv', `${rows.join('\n')}\n`)
  expect((await run([sound, '--strict', '--rejects', path])).exit).toBe(0)
  expect(readFileSync(path, 'utf8')).toBe('file,row,reason,value,record\n')
})

test('rejected rows are written where no other row is left', async () => {
  const path = join(folder.path, 'all.csv')
  const bad = folder.file('bad.csv', 'user_id,time,event\n,2024-01-01T00:00:00Z,a\nu1,never,b\n')
  const mapped = ['--user', 'user_id', '--time', 'time', '--event', 'event']
  const { exit, stderr } = await run([bad, ...mapped, '--rejects', path])
  expect(exit).toBe(3)
  expect(stderr).toContain('None of the 2 rows')
  expect(parse(readFileSync(path, 'utf8'), { columns: true })).toMatchObject([
    { row: '1', reason: 'no_user' },
    { row: '2', reason: 'bad_time' },
  ])
})

test('--strict --rejects leaves a state as it was', async () => {
  const path = join(folder.path, 'of a state.csv')
  const state = join(folder.path, 'state')
  const strict = [events, '--state', state, '--strict', '--rejects', path]
  expect((await run(strict)).exit).toBe(3)
  expect(parse(readFileSync(path, 'utf8'), { columns: true })).toHaveLength(1)
  const { exit, stderr } = await run(['--state', state])
  expect(exit).toBe(2)
  expect(stderr).toContain('There is nothing in the state')
})

test('compare does not leave out the rejected rows of the baseline unsaid', async () => {
  const path = join(folder.path, 'both.csv')
  const { exit, stderr } = await run(['compare', events, '--baseline', events, '--rejects', path])
  expect(exit).toBe(2)
  expect(stderr).toContain('of one set of files, not of two')
  expect(existsSync(path)).toBe(false)
})

test('commands that look at files only do not offer to write rejected rows', async () => {
  for (const command of ['inspect', 'init']) {
    const { exit, stderr } = await run([command, events, '--rejects', 'rejects.csv'])
    expect(exit).toBe(2)
    expect(stderr).toContain("unknown option '--rejects'")
  }
})

test.each(['-', '/dev/stdout'])('other files of check have no place on %s', async (path) => {
  const baseline = await run(['check', events, '--save-baseline', path])
  expect([baseline.exit, baseline.stdout]).toEqual([2, ''])
  expect(baseline.stderr).toContain('--save-baseline needs a file')
  const report = await run(['check', events, '--report', `junit=${path}`])
  expect([report.exit, report.stdout]).toEqual([2, ''])
  expect(report.stderr).toContain('--report needs a file')
})

describe('a damaged input', () => {
  // Its rows can be read; only the sum at the end says that they are wrong.
  const bytes = gzipSync(`${rows.join('\n')}\n`)
  bytes.writeUInt32LE(0, bytes.length - 8)
  const damaged = join(folder.path, 'damaged.csv.gz')
  writeFileSync(damaged, bytes)

  it('leaves no rejected rows, which may be wrong', async () => {
    const path = join(folder.path, 'damaged rejects.csv')
    const broken = gzipSync(`${rows.join('\n')}\nu1,not a time,open,1\n`)
    broken.writeUInt32LE(0, broken.length - 8)
    writeFileSync(join(folder.path, 'broken.csv.gz'), broken)
    const command = [join(folder.path, 'broken.csv.gz'), '--strict', '--rejects', path]
    const { exit, stderr } = await run(command)
    expect(exit).toBe(3)
    expect(stderr).toContain('broken.csv.gz is damaged')
    expect(existsSync(path)).toBe(false)
  })

  it.each([
    [[damaged]],
    [['trend', damaged]],
    [['check', damaged]],
    [['query', 'SELECT count(*) FROM sessions', damaged]],
  ])('is told before any answer: %j', async (command) => {
    const { exit, stdout, stderr } = await run(command)
    expect(exit).toBe(3)
    expect(stderr).toContain('damaged.csv.gz')
    expect(stdout).toBe('')
  })
})

test('--safe-csv of a query on standard output', async () => {
  const { exit, stdout } = await run([
    'query',
    "SELECT '=1+1' AS cell, count(*) AS n FROM sessions",
    events,
    ...['--format', 'csv', '--safe-csv'],
  ])
  expect(exit).toBe(0)
  expect(parse(stdout)).toEqual([
    ['cell', 'n'],
    ["'=1+1", '5'],
  ])
})

test.each([
  [['--cut-on', 'nope'], '--cut-on takes one of'],
  [['--gap', 'nope=x:5m'], '--gap takes one of'],
  [['--by', 'nope:last'], '--by takes one of'],
])('a column that is not there is told with its flag: %j', async (flags, hint) => {
  const { exit, stderr } = await run([events, ...flags])
  expect(exit).toBe(2)
  expect(stderr).toContain('No column `nope`')
  expect(stderr).toContain(hint)
})

test('follow does not say where it put the first lines of the stream', async () => {
  const { stderr } = await run(['follow', events, '--cut-on', 'nope'])
  expect(stderr).toContain('No column `nope` in the stream.')
})
