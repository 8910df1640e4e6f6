import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { output, run } from './oracle/run.js'
import { writeParquet } from './parquet.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'events-command-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** The rows of queries, each in a file of its own. */
async function parquetFiles(queries: Readonly<Record<string, string>>) {
  const paths: Record<string, string> = {}
  for (const [name, query] of Object.entries(queries)) {
    const path = join(folder, `${name}.parquet`)
    await writeParquet(path, query)
    paths[name] = path
  }
  return paths
}

type Row = Record<string, unknown>

async function rows(argv: readonly string[]): Promise<Row[]> {
  const text = await output([...argv, '--format', 'ndjson'])
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Row => JSON.parse(line))
}

/** Sessions of labelled events, put together again from their labels alone. */
function regroup(events: readonly Row[]): unknown[] {
  const sessions = new Map<unknown, Row[]>()
  for (const event of events) {
    const id = event['session_id']
    if (id === null) continue
    sessions.set(id, [...(sessions.get(id) ?? []), event])
  }
  return [...sessions].map(([id, members]) => {
    expect(members.map((event) => event['event_number'])).toEqual(members.map((_, i) => i + 1))
    expect(members.map((event) => event['is_first'])).toEqual(members.map((_, i) => i === 0))
    expect(members.map((event) => event['is_last'])).toEqual(
      members.map((_, i) => i === members.length - 1),
    )
    return [members[0]?.['user'], id, members[0]?.['session_number'], members.length]
  })
}

const SPREAD_MINUTES = 300

const dataset = fc.array(
  fc.record({
    user: fc.constantFrom('a', 'b', 'c'),
    minute: fc.integer({ min: 0, max: SPREAD_MINUTES }),
    event: fc.constantFrom('open', 'view', 'ping'),
  }),
  { minLength: 1, maxLength: 40 },
)

const asCsv = (events: readonly { user: string; minute: number; event: string }[]): string =>
  `user,time,event\n${events.map(({ user, minute, event }) => `${user},${1_700_000_000 + minute * 60},${event}`).join('\n')}\n`

describe('sessionize events', () => {
  test.each([
    ['a single gap', ['--gap', '20m']],
    ['the other boundary', ['--gap', '20m', '--boundary', 'at']],
    ['limits', ['--gap', '20m', '--max-length', '40m', '--max-events', '3']],
    ['passive events', ['--gap', '20m', '--passive-event', 'ping']],
    ['start and end events', ['--start-event', 'open', '--end-event', 'ping']],
  ])('labels make up the session table: %s', async (_, flags) => {
    await fc.assert(
      fc.asyncProperty(dataset, async (events) => {
        const path = file('events.csv', asCsv(events))
        const labelled = await rows(['events', path, '--user', 'user', ...flags])
        const columns = ['user', 'session_id', 'session_number', 'events']
        const table = await rows([
          'sessions',
          path,
          '--user',
          'user',
          ...flags,
          '--columns',
          columns.join(','),
        ])
        expect(labelled).toHaveLength(events.length)
        expect(regroup(labelled)).toEqual(table.map((row) => columns.map((name) => row[name])))
      }),
      { numRuns: 8 },
    )
  })

  test('keeps all columns, or those that are named', async () => {
    const path = file('wide.csv', 'user,time,event,extra\na,1700000000,x,"1,5"\na,1700000060,y,\n')
    expect(await output(['events', path, '--columns', 'extra,event', '--gap', '5m'])).toBe(
      [
        'extra,event,session_id,session_number,event_number,seconds_since_previous_event,is_first,is_last',
        '"1,5",x,7f9f27a48025f5bf1b8ddb0f60498804,1,1,,true,false',
        ',y,7f9f27a48025f5bf1b8ddb0f60498804,1,2,60.0,false,true',
        '',
      ].join('\n'),
    )
    const [header] = (await output(['events', path])).split('\n')
    expect(header).toMatch(/^user,time,event,extra,session_id,/)
  })

  test('a column that has the name of a label keeps it', async () => {
    const path = file('named.csv', 'user_id,time,event,session_id\na,1700000000,x,s1\n')
    const [row] = await rows(['events', path])
    expect(row).toMatchObject({ session_id: 's1', session_number: 1 })
    expect(row?.['rebuilt_session_id']).toMatch(/^[0-9a-f]{32}$/)
  })

  test('in the order of the files when asked', async () => {
    const path = file(
      'order.csv',
      'user,time,event\nb,1700000600,late\na,1700000000,early\nb,1700000000,first\n',
    )
    const names = async (order: string): Promise<unknown[]> =>
      (await rows(['events', path, '--user', 'user', '--order', order])).map((row) => row['event'])
    expect(await names('source')).toEqual(['late', 'early', 'first'])
    expect(await names('user')).toEqual(['early', 'first', 'late'])
  })

  test('from Parquet, which is read in place, the same as from a table', async () => {
    const paths = await parquetFiles({
      // Ties of user, time and name, in and across files.
      a: "SELECT 'u' || i % 7 AS user_id, TIMESTAMP '2024-03-05' + INTERVAL (i // 5 * 9) MINUTE AS time, 'e' || i % 3 AS event, i AS n FROM range(500) AS r(i)",
      b: "SELECT 'u' || i % 7 AS user_id, TIMESTAMP '2024-03-05' + INTERVAL (i // 5 * 9) MINUTE AS time, 'e' || i % 3 AS event, 'x' || i AS other FROM range(300) AS r(i)",
      c: "SELECT 'u' || i % 7 AS user_id, TIMESTAMP '2024-03-05' + INTERVAL (i // 5 * 9) MINUTE AS time, 'e' || i % 3 AS event, i AS file_row_number FROM range(100) AS r(i)",
      d: "SELECT CASE WHEN i % 10 > 0 THEN 'u' || i % 7 END AS user_id, TIMESTAMP '2024-03-06' AS time, 'e' AS event, i AS n FROM range(50) AS r(i)",
    })
    for (const files of ['a', 'ab', 'ba', 'abc', 'abd']) {
      const read = ['events', ...[...files].map((name) => paths[name] ?? '')]
      for (const rest of [[], ['--order', 'source'], ['--end-event', 'e1'], ['--columns', 'n']]) {
        const labelled = await output([...read, ...rest, '--format', 'csv'])
        // A condition makes each row be looked at, in a table; a list of many may not change its order.
        for (const all of ['true', "coalesce(event, '') IN ('e0','e1','e2','e','a','b','c','d')"]) {
          expect(labelled).toBe(await output([...read, ...rest, '--format', 'csv', '--where', all]))
        }
        expect(labelled.split('\n').length).toBeGreaterThan(500)
      }
    }
  })

  test('an unknown column is refused', async () => {
    const path = file('unknown.csv', 'user,time,event\na,1700000000,x\n')
    const { exit, stderr } = await run(['events', path, '--columns', 'evnt'])
    expect(exit).toBe(2)
    expect(stderr).toContain('Did you mean `event`?')
  })
})
