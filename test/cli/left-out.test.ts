/** What a table has no place for is said beside it, and nothing left is an error. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it, test } from 'vitest'
import { sessionize } from '../../src/index.js'
import { Folder } from '../checks/export.js'
import { run } from '../oracle/run.js'

const folder = new Folder()
afterAll(() => folder.remove())

const HEADER = 'user_id,time,event'
const rows = (from: number, to: number, of: (i: number) => string): string[] =>
  Array.from({ length: to - from }, (_, i) => of(from + i))
const minute = (i: number): string => new Date(1.7e12 + i * 60_000).toISOString()

/** 50 events, 30 rows without a user, 20 without a time that can be read. */
const mixed = folder.file(
  'mixed.csv',
  [
    HEADER,
    ...rows(0, 50, (i) => `u${i % 5},${minute(i)},open`),
    ...rows(50, 80, (i) => `,${minute(i)},open`),
    ...rows(80, 100, (i) => `u1,${minute(i)}?,open`),
  ].join('\n'),
)
const clean = folder.file('clean.csv', `${HEADER}\nu1,${minute(0)},open\n`)

const TABLES: readonly (readonly [name: string, ...before: readonly string[]])[] = [
  ['sessions'],
  ['events'],
  ['users'],
  ['users', '--format', 'json'],
  ['query', 'SELECT count(*) AS n FROM sessions'],
  ['query', '--format', 'csv', 'FROM events'],
]

describe.each(TABLES.map((words) => [words.join(' '), words] as const))('%s', (_, words) => {
  it('says how many rows are not in it, why, where the first stands, and what to type', async () => {
    const { exit, stderr } = await run([...words, mixed, '--time-format', 'iso'])
    expect(exit).toBe(0)
    expect(stderr).toContain(
      'note: 50 of 100 rows left out: 30 no user, 20 time that could not be parsed. ',
    )
    expect(stderr).toContain('mixed.csv, row 51: no user. See them: --rejects rejects.csv\n')
  })

  it('says what was filtered', async () => {
    const { stderr } = await run([
      ...words,
      clean,
      mixed,
      '--from',
      minute(10),
      '--time-format',
      'iso',
    ])
    expect(stderr).toMatch(/note: 61 of 101 rows left out: .*, 11 filtered\./)
  })

  it('says nothing where all is in it, or where that was asked for', async () => {
    expect((await run([...words, clean])).stderr).not.toContain('note:')
    expect((await run([...words, mixed, '--time-format', 'iso', '-q'])).stderr).toBe('')
  })

  it('is empty where a condition leaves nothing, and says so', async () => {
    const { exit, stderr } = await run([...words, clean, '--from', '2030-01-01'])
    expect(exit).toBe(0)
    expect(stderr).toContain('note: 1 of 1 row left out: 1 filtered.\n')
  })

  it('ends with 3 where nothing is left that a condition did not ask for', async () => {
    const flags = ['--time-format', 'iso', '--from', '2030-01-01']
    const { exit, stdout, stderr } = await run([...words, mixed, ...flags])
    expect({ exit, stdout }).toEqual({ exit: 3, stdout: '' })
    expect(stderr).toContain(
      'error: No row is left to make a session of.\n  100 of 100 rows left out:',
    )
  })
})

test('files that are passed over are named', async () => {
  const directory = join(folder.path, 'export')
  mkdirSync(directory)
  writeFileSync(join(directory, 'day.csv'), `${HEADER}\nu1,${minute(0)},open\n`)
  writeFileSync(join(directory, 'README.md'), 'about')
  const { exit, stderr } = await run(['sessions', directory])
  expect(exit).toBe(0)
  expect(stderr).toMatch(/^note: 1 file passed over: .*README\.md \(not events\)\n$/)
})

test('events that only extend sessions, and found none, are counted once sessions are made', async () => {
  const pings = folder.file('pings.csv', `${HEADER}\nu1,${minute(0)},open\nu2,${minute(0)},ping\n`)
  const { stderr } = await run(['sessions', pings, '--passive-event', 'ping'])
  expect(stderr).toBe('note: 1 of 2 rows left out: 1 ignored.\n')
})

describe('the library', () => {
  it('gives it as a value', async () => {
    const told: unknown[] = []
    const options = { timeFormat: 'iso', onLeftOut: (one: unknown) => told.push(one) } as const
    for await (const _ of sessionize.sessions(mixed, options));
    for await (const _ of sessionize.events(mixed, options));
    for await (const _ of sessionize.users(mixed, options));
    for await (const _ of sessionize.query('FROM sessions', mixed, options));
    await sessionize.sessionsArrow(mixed, options)
    expect(told).toHaveLength(5)
    for (const one of told) {
      expect(one).toMatchObject({
        ledger: { read: 100, kept: 50, rejected: { no_user: 30, bad_time: 20 } },
        example: { row: 51, reason: 'no_user' },
        farEvents: null,
        doubts: [],
      })
    }
  })
})

describe('lines that are not in the format', () => {
  test.each([
    ['text.ndjson', 'hello world\nand more\n', 'row 1: not a line of JSON: "hello world"'],
    ['cut.ndjson', '\n{"user_id": \n', 'row 1: not a line of JSON: "{"user_id": "'],
    ['long.ndjson', `${'x'.repeat(500)}\n`, `not a line of JSON: "${'x'.repeat(60)}..."`],
  ])('%s: the first is quoted, with what it was read as', async (name, text, quoted) => {
    const { exit, stderr } = await run([folder.file(name, text)])
    expect(exit).toBe(3)
    expect(stderr).toContain(quoted)
    expect(stderr).toContain('sessionize inspect FILE')
    expect(stderr).not.toContain('period')
  })

  test('rows of which none is an event say what they were read by', async () => {
    const none = folder.file('none.csv', `${HEADER}\n,${minute(0)},a\n,${minute(1)},b\n`)
    const { exit, stderr } = await run([none, '--user', 'user_id'])
    expect(exit).toBe(3)
    expect(stderr).toContain(
      'hint: The user was looked for in user_id: name another column with --user.',
    )
  })
})

describe('Amplitude events that a server sent', () => {
  const amplitude = (session: (i: number) => number): string =>
    rows(0, 40, (i) =>
      JSON.stringify({
        amplitude_id: 100 + (i % 4),
        device_id: 'd',
        uuid: `e${i}`,
        event_type: 'open',
        session_id: session(i),
        event_time: minute(i).replace('T', ' ').replace('Z', ''),
        server_received_time: minute(i).replace('T', ' ').replace('Z', ''),
      }),
    ).join('\n')

  it('are all outside any session: it is said, with what to type', async () => {
    const all = folder.file(
      'server.json',
      amplitude(() => -1),
    )
    const table = await run(['sessions', all])
    expect(table.exit).toBe(3)
    expect(table.stderr).toContain('40 of 40 rows left out: 40 out of session.')
    expect(table.stderr).toContain('Their session_id is -1, as in events that a server sends.')
    expect(table.stderr).toContain('--session ""')
    const cut = await run(['sessions', all, '--session', '', '--columns', 'user,events'])
    expect(cut).toMatchObject({ exit: 0, stdout: 'user,events\n100,10\n101,10\n102,10\n103,10\n' })
    const answer = await run([all])
    expect(answer.stdout).toContain('100.0% of the rows are marked as outside any session.')
    expect(answer.stdout).toContain('--session ""')
  })

  it('are a few: they are counted', async () => {
    const few = folder.file(
      'few.json',
      amplitude((i) => (i === 0 ? -1 : 1.7e12)),
    )
    const { stderr, exit } = await run(['sessions', few])
    expect(exit).toBe(0)
    expect(stderr).toBe('note: 1 of 40 rows left out: 1 out of session.\n')
    expect((await run([few])).stdout).not.toContain('--session ""')
  })
})
