import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  audit,
  type CompareAnswer,
  check,
  compare,
  events,
  type GapAnswer,
  gap,
  type Inspection,
  inspect,
  query,
  type Row,
  SessionizeError,
  type Summary,
  sessionize,
  sessions,
  sessionsArrow,
  sql,
  summary,
  type Trend,
  trend,
  users,
  writeSessions,
} from '../../src/index.js'
import { csvFile, sessionsFile } from './files.js'

describe('the types', () => {
  it('are those that the functions promise', () => {
    expectTypeOf(summary).returns.resolves.toEqualTypeOf<Summary>()
    expectTypeOf(compare).returns.resolves.toEqualTypeOf<CompareAnswer>()
    expectTypeOf(trend).returns.resolves.toEqualTypeOf<Trend>()
    expectTypeOf(gap).returns.resolves.toEqualTypeOf<GapAnswer>()
    expectTypeOf(inspect).returns.resolves.toEqualTypeOf<Inspection>()
    expectTypeOf(sessions).returns.toEqualTypeOf<AsyncIterable<Row>>()
    expectTypeOf(users).returns.toEqualTypeOf<AsyncIterable<Row>>()
    expectTypeOf(query).returns.toEqualTypeOf<AsyncIterable<Row>>()
    expectTypeOf(sql).returns.toEqualTypeOf<string>()
    expectTypeOf(summary).parameter(0).toEqualTypeOf<string | readonly string[]>()
    expectTypeOf<Summary['overall']['bounceShare']>().toEqualTypeOf<number | null>()
    expectTypeOf(sessionize.summary).toEqualTypeOf(summary)
  })

  it('refuse options that there are not', () => {
    // @ts-expect-error misspelt
    expectTypeOf(summary).toBeCallableWith('x.csv', { bye: ['platform'] })
    // @ts-expect-error not a period
    expectTypeOf(trend).toBeCallableWith('x.csv', { per: 'year' })
  })
})

const file = sessionsFile({ a: [60, 0], b: [30] })

describe('rows', () => {
  it('are plain objects, in order', async () => {
    const rows: Row[] = []
    for await (const row of sessions(file, { columns: ['user', 'start', 'events', 'bounce'] })) {
      rows.push(row)
    }
    expect(rows).toEqual([
      { user: 'a', start: '2024-01-01T00:00:00.000000Z', events: 2, bounce: false },
      { user: 'a', start: '2024-01-31T00:00:00.000000Z', events: 1, bounce: true },
      { user: 'b', start: '2024-01-01T00:00:00.000000Z', events: 2, bounce: false },
    ])
  })

  it('may be left before their end', async () => {
    const many = csvFile(Array.from({ length: 5_000 }, (_, i) => ({ user: `u${i}`, at: i })))
    let seen = 0
    for await (const row of sessions(many)) {
      expect(row['user']).toBeDefined()
      seen += 1
      if (seen === 3) break
    }
    expect(seen).toBe(3)
  })

  it('are many', async () => {
    const many = csvFile(Array.from({ length: 5_000 }, (_, i) => ({ user: `u${i}`, at: i })))
    let seen = 0
    for await (const row of sessions(many, { columns: ['user'] })) if (row['user'] !== null) seen++
    expect(seen).toBe(5_000)
  })

  it('fail as a typed error', async () => {
    const read = async (): Promise<void> => {
      for await (const row of sessions('no-such-file.csv')) expect(row).toBeUndefined()
    }
    await expect(read()).rejects.toThrow(SessionizeError)
  })
})

it('sessions have sums, counts and conversions', async () => {
  const bought = csvFile(
    [
      { user: 'a', at: 0, event: 'view', price: '' },
      { user: 'a', at: 60, event: 'buy', price: '2.5' },
    ],
    ['event', 'price'],
  )
  const rows: Row[] = []
  const options = { sum: ['price'], count: ['v*'], converted: ['buy'] }
  for await (const row of sessions(bought, options)) rows.push(row)
  expect(rows).toMatchObject([{ sum_price: 2.5, 'count_v*': 1, has_buy: true }])
})

it('events come with their sessions', async () => {
  const rows: Row[] = []
  for await (const row of events(file, { columns: ['user_id'] })) rows.push(row)
  expect(rows).toHaveLength(5)
  expect(rows[0]).toMatchObject({
    user_id: 'a',
    session_number: 1,
    event_number: 1,
    is_first: true,
  })
})

it('a table is written whole or not at all', async () => {
  const path = `${file}.sessions.csv`
  writeFileSync(path, 'before')
  await expect(writeSessions(file, path, { columns: ['nothing'] })).rejects.toThrow(SessionizeError)
  expect(readFileSync(path, 'utf8')).toBe('before')
  await writeSessions(file, path, { columns: ['user'] })
  expect(readFileSync(path, 'utf8')).toBe('user\na\na\nb\n')
  expect(readdirSync(dirname(path)).filter((name) => name.endsWith('.partial'))).toEqual([])
})

it('audit and check answer as the commands do', async () => {
  const { background, recorded } = await audit(file, { background: true })
  expect(recorded).toBeNull()
  expect(background.lengths.sessions).toBe(3)
  await expect(audit(file)).rejects.toMatchObject({ code: 'usage' })
  const report = await check(file, {
    select: ['zero-length', 'short'],
    settings: { 'zero-length': { warn: 0.1, error: 0.2 } },
    own: [
      {
        id: 'short',
        meaning: 'sessions under a minute',
        sql: 'SELECT * FROM sessions WHERE length_seconds < 60',
        severity: 'warn',
      },
    ],
  })
  expect(report.checks).toMatchObject([
    { id: 'zero-length', verdict: 'fail', found: 1 },
    { id: 'short', verdict: 'warn', found: 2 },
  ])
})

it('sessions are an Arrow table', async () => {
  const table = await sessionsArrow(file)
  expect(table.numRows).toBe(3)
  expect(table.schema.fields.map(({ name }) => name)).toContain('length_seconds')
})

it('options that contradict themselves are refused before anything is read', async () => {
  await expect(
    summary('no-such-file.csv', { definition: { gapMicros: -1 } }),
  ).rejects.toMatchObject({ code: 'bad_definition' })
})
