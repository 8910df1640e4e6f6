import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { query, type Row } from '../../src/index.js'
import { run } from '../oracle/run.js'
import { csvFile, type TestEvent } from './files.js'

const folder = mkdtempSync(join(tmpdir(), 'sessionize-query-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const events: TestEvent[] = [
  { user: 'a', at: 0, platform: 'ios' },
  { user: 'a', at: 60, platform: 'web' },
  { user: 'b', at: 5, platform: 'web' },
]
const file = csvFile(events, ['platform'])

const rows = async (sql: string): Promise<Row[]> => {
  const all: Row[] = []
  for await (const row of query(sql, file, { by: ['platform'] })) all.push(row)
  return all
}

describe('a query', () => {
  it('reads sessions, events and blocks', async () => {
    expect(await rows('SELECT user, length_seconds, platform FROM sessions ORDER BY user')).toEqual(
      [
        { user: 'a', length_seconds: 60, platform: 'ios' },
        { user: 'b', length_seconds: 0, platform: 'web' },
      ],
    )
    expect(await rows("SELECT * FROM events WHERE user = 'b'")).toEqual([
      {
        user: 'b',
        time: '2024-01-01T00:00:05.000000Z',
        event: null,
        recorded_session: null,
        platform: 'web',
      },
    ])
    expect(await rows('SELECT sum(events) AS n FROM blocks;')).toEqual([{ n: 3 }])
  })

  it('may join, name parts, end in a comment, and describe', async () => {
    expect(
      await rows(`WITH long AS (SELECT * FROM sessions WHERE NOT bounce)
        SELECT count(*) AS n FROM events SEMI JOIN long USING (user) -- of long ones`),
    ).toEqual([{ n: 2 }])
    expect((await rows('DESCRIBE events')).map((row) => row['column_name'])).toEqual([
      'user',
      'time',
      'event',
      'recorded_session',
      'platform',
    ])
    expect(await rows('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('tells properties from the columns of `events`, which differ by more than their case', async () => {
    const clashing = csvFile(
      [{ user: 'a', at: 0, Event: 'x', event_property: 'y' }],
      ['Event', 'event_property'],
    )
    const by = ['Event', 'event_property']
    const found: Row[] = []
    for await (const row of query('FROM events', clashing, { by })) found.push(row)
    expect(found).toMatchObject([{ event: 'x', Event_property: 'x', event_property_property: 'y' }])
  })

  it('tells what is wrong with it', async () => {
    await expect(rows('SELECT * FROM session')).rejects.toThrow('Did you mean `sessions`?')
    await expect(rows('SELECT nothing FROM sessions')).rejects.toMatchObject({ code: 'usage' })
    await expect(rows('SELEC 1')).rejects.toMatchObject({ code: 'usage' })
  })
})

describe('a query can neither read nor write anything else', () => {
  const secret = join(folder, 'secret.csv')
  writeFileSync(secret, 'a\n1\n')
  const target = join(folder, 'written.csv')

  it.each([
    `SELECT * FROM read_csv('${secret}')`,
    `SELECT * FROM '${secret}'`,
    `SELECT * FROM read_text('${secret}')`,
    `SELECT * FROM read_blob('${secret}')`,
    `SELECT * FROM glob('${folder}/*')`,
    `SELECT * FROM read_csv('https://example.com/x.csv')`,
    `SELECT * FROM '${file}'`,
    `FROM query('SELECT * FROM read_csv(''${secret}'')')`,
    `COPY (SELECT 1) TO '${target}'`,
    `COPY sessions TO '${target}'`,
    `EXPORT DATABASE '${folder}'`,
    `ATTACH '${folder}/x.db'`,
    `INSTALL httpfs`,
    `LOAD httpfs`,
    `SET memory_limit = '10GB'`,
    `SET enable_external_access = true`,
    `RESET lock_configuration`,
    `PRAGMA enable_profiling`,
    `CREATE TABLE x AS SELECT 1`,
    `DROP TABLE sessions`,
    `INSERT INTO sessions SELECT * FROM sessions`,
    `CALL pragma_version()`,
    `SELECT 1; SELECT 2`,
    `SELECT 1; COPY (SELECT 1) TO '${target}'`,
    `SELECT 1) TO '${target}' --`,
    `SELECT * FROM rows`,
    `SELECT getenv('HOME')`,
    ``,
  ])('%s', async (sql) => {
    await expect(rows(sql)).rejects.toMatchObject({ name: 'SessionizeError', exitCode: 2 })
    expect(existsSync(target)).toBe(false)
  })
})

describe('on the command line', () => {
  it.each([
    ['csv', 'user,events\na,2\nb,1\n'],
    ['ndjson', '{"user":"a","events":2}\n{"user":"b","events":1}\n'],
    ['terminal', 'user  events\na          2\nb          1\n'],
    ['markdown', '## Query\n\n| user | events |\n| :-- | --: |\n| a | 2 |\n| b | 1 |\n'],
  ])('writes %s', async (format, expected) => {
    const sql = 'SELECT user, events FROM sessions ORDER BY user'
    const { stdout, stderr } = await run(['query', sql, file, '--format', format])
    expect(stderr).toBe('')
    expect(stdout).toBe(expected)
  })

  it('writes into the file that was named, and only there', async () => {
    const path = join(folder, 'out.json')
    const sql = 'SELECT start FROM sessions ORDER BY start'
    expect(await run(['query', sql, file, '-o', path])).toMatchObject({ exit: 0, stdout: '' })
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      schema: 'sessionize/query/v1',
      columns: [{ name: 'start', type: 'TIMESTAMP WITH TIME ZONE' }],
      rows: [['2024-01-01T00:00:00.000000Z'], ['2024-01-01T00:00:05.000000Z']],
    })
  })

  it('shows what a terminal would obey', async () => {
    const { stdout } = await run(['query', "SELECT chr(27) || '[2J' AS x", file])
    expect(stdout).toBe('x\n\\x1b[2J\n')
  })
})
