/** What statistics prove is taken for true; what they cannot prove is looked at row by row. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  BufferType,
  Data,
  Table,
  TimestampMicrosecond,
  tableToIPC,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import {
  EnabledStatistics,
  WriterPropertiesBuilder,
  Table as Written,
  writeParquet,
} from 'parquet-wasm'
import { describe, expect, test } from 'vitest'
import { Engine } from '../../src/engines/duckdb.js'
import { writeTable } from '../../src/engines/table-file.js'
import { withDataset } from '../../src/events/dataset.js'
import { planSessions, sessionTable } from '../../src/sessions/build.js'
import { DEFAULT_DEFINITION } from '../../src/sessions/definition.js'
import { open, Scratch } from './opened.js'

const scratch = new Scratch()

const AT = "TIMESTAMPTZ '2024-03-05 10:00:00+00'"
const good = (i: number): string =>
  `('u${i % 3}', ${AT} + INTERVAL ${i} MINUTE, 'e${i % 2}', 'web')`
const TYPES = 'user_id VARCHAR, time TIMESTAMPTZ, event VARCHAR, platform VARCHAR'

/** Rows of good events, and these after them. */
const rows = (...others: readonly string[]): string =>
  `SELECT ${TYPES.split(', ')
    .map((column) => column.replace(/^(\w+) (\w+)$/, 'CAST($1 AS $2) AS $1'))
    .join(
      ', ',
    )} FROM (VALUES ${[...Array.from({ length: 20 }, (_, i) => good(i)), ...others].join(', ')}) AS r(user_id, time, event, platform)`

/** The statements that an engine runs while something is done. */
async function statements(act: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = []
  const { rows: ask } = Engine.prototype
  Engine.prototype.rows = function (statement) {
    seen.push(statement.text)
    return ask.call(this, statement) as never
  }
  try {
    await act()
  } finally {
    Engine.prototype.rows = ask
  }
  return seen
}

const looksAtEachRow = (seen: readonly string[]): boolean =>
  seen.some((statement) => statement.includes('FROM rows GROUP BY ALL'))

test('rows that are all events are counted without being looked at', async () => {
  const files = [await scratch.parquet(rows()), await scratch.parquet(rows(good(600)))]
  const empty = await scratch.parquet(`${rows()} LIMIT 0`)
  const seen = await statements(async () => {
    const { ledger, opened } = await open([...files, empty])
    expect(ledger).toMatchObject({ read: 41, kept: 41 })
    expect(ledger.files.map(({ read }) => read)).toEqual([20, 21, 0])
    expect(Number((opened.lastMicros ?? 0n) - (opened.firstMicros ?? 0n))).toBe(600 * 60_000_000)
    expect(opened.dictionaryColumns).toEqual(new Set(['name']))
  })
  expect(looksAtEachRow(seen)).toBe(false)
})

describe('one bad row sends all of them the longer way', () => {
  const CASES: readonly (readonly [string, string, Readonly<Record<string, number>>])[] = [
    ['no user', `(NULL, ${AT}, 'e', 'web')`, { no_user: 1 }],
    ['an empty user', `('', ${AT}, 'e', 'web')`, { no_user: 1 }],
    ['a blank user', `('  ', ${AT}, 'e', 'web')`, { no_user: 1 }],
    ['no time', `('ann', NULL, 'e', 'web')`, { no_time: 1 }],
    ['the end of time', `('ann', TIMESTAMPTZ 'infinity', 'e', 'web')`, { bad_time: 1 }],
    ['its beginning', `('ann', TIMESTAMPTZ '-infinity', 'e', 'web')`, { bad_time: 1 }],
    [
      'a time before year 1',
      `('ann', TIMESTAMPTZ '0044-03-15 (BC) 10:00:00+00', 'e', 'web')`,
      { time_out_of_range: 1 },
    ],
    [
      'a time after year 9999',
      `('ann', TIMESTAMPTZ '12024-03-05 10:00:00+00', 'e', 'web')`,
      { time_out_of_range: 1 },
    ],
  ]
  test.each(CASES)('%s', async (_about, row, rejected) => {
    const files = [await scratch.parquet(rows()), await scratch.parquet(rows(row))]
    const seen = await statements(async () => {
      const { ledger } = await open(files)
      expect(ledger).toMatchObject({ read: 41, kept: 40, rejected })
      expect(ledger.files.map(({ kept }) => kept)).toEqual([20, 20])
    })
    expect(looksAtEachRow(seen)).toBe(true)
  })

  test('a user with a space before it is kept', async () => {
    const { ledger } = await open([await scratch.parquet(rows(`(' ann', ${AT}, 'e', 'web')`))])
    expect(ledger).toMatchObject({ read: 21, kept: 21 })
  })

  test('a file without the column of users', async () => {
    const without = await scratch.parquet(`SELECT * EXCLUDE (user_id) FROM (${rows()})`)
    const files = [await scratch.parquet(rows()), without]
    const { ledger, rejects } = await open(files, { user: ['user_id'] })
    expect(ledger).toMatchObject({ read: 40, kept: 20, rejected: { no_user: 20 } })
    expect(rejects.slice(0, 2)).toMatchObject([
      { row: 1, reason: 'no_user', value: expect.stringContaining('2024-03-05 10:00:00') },
      { row: 2, reason: 'no_user', value: expect.stringContaining('2024-03-05 10:01:00') },
    ])
  })
})

describe('a file without statistics is read for what is asked of it', () => {
  const users = ['ann', 'bob', 'cem', 'dot']
  const TIMES = users.map((_, i) => BigInt(Date.UTC(2024, 2, 5, 10, i)) * 1000n)

  async function plainFile(userIds: readonly string[], times: readonly bigint[]): Promise<string> {
    const instants = { [BufferType.DATA]: BigInt64Array.from(times) }
    const table = new Table({
      user_id: vectorFromArray(userIds, new Utf8()),
      time: new Vector([new Data(new TimestampMicrosecond('UTC'), 0, times.length, 0, instants)]),
    })
    const properties = new WriterPropertiesBuilder().setStatisticsEnabled(EnabledStatistics.None)
    const written = writeParquet(Written.fromIPCStream(tableToIPC(table)), properties.build())
    return scratch.write('plain.parquet', written)
  }

  test('without a bad row', async () => {
    const { ledger, opened } = await open([await plainFile(users, TIMES)])
    expect(ledger).toMatchObject({ read: 4, kept: 4 })
    expect(Number((opened.lastMicros ?? 0n) - (opened.firstMicros ?? 0n))).toBe(3 * 60_000_000)
  })

  test('with an empty user', async () => {
    const { ledger } = await open([await plainFile(['ann', '', 'cem', 'dot'], TIMES)])
    expect(ledger).toMatchObject({ read: 4, kept: 3, rejected: { no_user: 1 } })
  })

  test('with a time out of range', async () => {
    const { ledger } = await open([await plainFile(users, [...TIMES.slice(1), 2n ** 60n])])
    expect(ledger).toMatchObject({ read: 4, kept: 3, rejected: { time_out_of_range: 1 } })
  })
})

test('a choice of rows is made row by row', async () => {
  const file = await scratch.parquet(rows())
  for (const options of [
    { where: "event = 'e0'" },
    { from: '2024-03-05T10:10:00Z' },
    { to: '2024-03-05T10:10:00Z' },
    { ignore: ['e1'] },
  ]) {
    const { ledger } = await open([file], options)
    expect(ledger).toMatchObject({ read: 20, kept: 10 })
  }
})

const COLUMNS = ['user', 'start', 'end', 'events', 'first_event', 'last_event', 'platform']

/** The session table of some files, by one of the plans. */
async function tableOf(
  files: readonly string[],
  plan: 'blocks' | 'events',
): Promise<{ table: string; query: string }> {
  const path = join(scratch.path, 'table.csv')
  return withDataset(
    files,
    { threads: 2, dimensions: ['platform'] },
    async ({ engine, events }) => {
      const request = await planSessions(engine, events, {
        definition: DEFAULT_DEFINITION,
        dimensions: ['platform'],
        plan,
      })
      const query = await sessionTable(engine, request, COLUMNS)
      await writeTable(engine, query, 'csv', path)
      return { table: readFileSync(path, 'utf8'), query: query.text }
    },
  )
}

describe('values that are looked up in the query give the same as those in a table of them', () => {
  /** And whether the names are looked up in the query. */
  const NAMES: readonly (readonly [string, string, boolean])[] = [
    ['few', `'name ' || (i * 7 % 5)`, true],
    ['with quotes and signs', `['it''s', 'a"b', '[x]', 'é', '%', chr(10)][1 + i % 6]`, true],
    ['sometimes none', `CASE WHEN i % 3 > 0 THEN 'name ' || (i * 7 % 5) END`, true],
    ['sometimes empty', `CASE WHEN i % 3 > 0 THEN 'name ' || (i * 7 % 5) ELSE '' END`, false],
    ['never any', `CAST(NULL AS VARCHAR)`, false],
    ['as many as are looked up', `'name ' || (i * 7 % 64)`, true],
    ['one more', `'name ' || (i * 7 % 65)`, false],
    ['long', `repeat('x', 150 + i % 100)`, false],
  ]
  test.each(NAMES)('%s', async (_about, name, looksUp) => {
    const query = `SELECT 'u' || (i % 7) AS user_id, ${AT} + to_minutes(i * i % 3001) AS time, ${name} AS event, nullif('p' || (i % 4), 'p3') AS platform FROM range(700) AS r(i)`
    const typed = await scratch.parquet(query)
    // A row without a user takes the longer way, in which values have a table.
    const checked = await scratch.parquet(`${query} UNION ALL SELECT NULL, ${AT}, 'bad', 'bad'`)
    const { table: expected, query: longer } = await tableOf([checked], 'events')
    expect(longer).not.toContain('list_position')
    expect(expected.split('\n').length).toBeGreaterThan(100)
    for (const plan of ['blocks', 'events'] as const) {
      const { table, query } = await tableOf([typed], plan)
      expect(table).toBe(expected)
      expect(query.includes('LEFT JOIN "sz_name_codes" ON')).toBe(!looksUp)
    }
  })
})
