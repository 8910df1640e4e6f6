/** `sessionize sql --from-table`: what is printed runs as it is and gives what the program gives. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DIALECT_NAMES } from '../../src/dialects/names.js'
import { Engine } from '../../src/engines/duckdb.js'
import { Sql, sql, text } from '../../src/sql/sql.js'
import { output, run } from '../oracle/run.js'

const DEMO = join(import.meta.dirname, '..', '..', 'fixtures', 'demo.zip')

let folder = ''
let engine: Engine
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sessionize-sql-'))
  engine = await Engine.open({ tempDirectory: join(folder, 'spill') })
})
afterAll(() => {
  engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const rows = <T extends object>(query: string): Promise<T[]> => engine.rows<T>(new Sql(query))

test('the summary of a table is that of the files', async () => {
  const path = join(folder, 'events.parquet')
  await output(['events', DEMO, '-o', path, '--columns=user_id,device_id,event_time,platform'])
  await engine.run(sql`CREATE TABLE tracked AS
    SELECT * REPLACE (CAST(event_time AS TIMESTAMP) AS event_time) FROM read_parquet(${text(path)})`)
  const shown: { overall: Figures; segments: { rows: Segment[] } } = JSON.parse(
    await output([DEMO, '--format=json', '--by=platform', '--user=user_id,device_id']),
  )
  const flags = [
    '--from-table=tracked',
    '--user=user_id,device_id',
    '--time=event_time',
    '--stage=summary',
  ]
  const [all] = await rows<SummaryRow>(await output(['sql', ...flags]))
  expect(all).toEqual(figures(shown.overall))
  const byPlatform = await rows<SummaryRow & { platform: string | null }>(
    await output(['sql', ...flags, '--by=platform']),
  )
  expect(byPlatform).toEqual(
    shown.segments.rows.map(({ values: [platform], figures: of }) => ({
      platform,
      ...figures(of),
    })),
  )
  expect(byPlatform.length).toBeGreaterThan(1)
})

interface Lengths {
  readonly meanSeconds: number
  readonly p50Seconds: number
  readonly p90Seconds: number
  readonly p95Seconds: number
  readonly p99Seconds: number
  readonly maxSeconds: number
}

interface Figures {
  readonly sessions: number
  readonly users: number
  readonly events: number
  readonly bounces: number
  readonly bounceShare: number
  readonly length: Lengths
  readonly lengthWithoutBounces: Lengths
}

interface Segment {
  readonly values: readonly (string | null)[]
  readonly figures: Figures
}

type SummaryRow = Readonly<Record<string, unknown>>

/** In the names of the query's columns. */
const figures = ({ length, lengthWithoutBounces, ...counts }: Figures): SummaryRow => ({
  sessions: BigInt(counts.sessions),
  users: BigInt(counts.users),
  events: BigInt(counts.events),
  bounces: BigInt(counts.bounces),
  bounce_rate: counts.bounceShare,
  mean_seconds: expect.closeTo(length.meanSeconds, 8),
  p50_seconds: expect.closeTo(length.p50Seconds, 8),
  p90_seconds: expect.closeTo(length.p90Seconds, 8),
  p95_seconds: expect.closeTo(length.p95Seconds, 8),
  p99_seconds: expect.closeTo(length.p99Seconds, 8),
  max_seconds: length.maxSeconds,
  mean_seconds_without_bounces: expect.closeTo(lengthWithoutBounces.meanSeconds, 8),
  p50_seconds_without_bounces: expect.closeTo(lengthWithoutBounces.p50Seconds, 8),
})

describe('times and users of a table', () => {
  const table = (name: string, values: string): Promise<void> =>
    engine.run(new Sql(`CREATE OR REPLACE TABLE ${name} AS ${values}`))
  const starts = async (flags: readonly string[]): Promise<unknown[]> => {
    const columns = '--columns=user,start,events'
    const printed = await output(['sql', '--from-table=t1', columns, ...flags])
    return rows(`SELECT "user", epoch_us("start") AS micros, events FROM (${printed}) AS s`)
  }
  const at = 1_709_251_199_123_456n

  test.each([
    ['a timestamp', 'make_timestamp(1709251199123456)', [], at],
    ['a timestamp with a zone', 'make_timestamptz(1709251199123456)', [], at],
    ['seconds', '1709251199', ['--time-unit=s'], 1_709_251_199_000_000n],
    ['milliseconds', '1709251199123', ['--time-unit=ms'], 1_709_251_199_123_000n],
    ['microseconds as text', "'1709251199123456'", ['--time-unit=us'], at],
    ['nanoseconds', '1709251199123456999', ['--time-unit=ns'], at],
    ['nanoseconds before 1970', '-1', ['--time-unit=ns'], -1n],
    ['a whole number of them', '-1000', ['--time-unit=ns'], -1n],
  ])('%s', async (_title, value, flags, micros) => {
    await table('t1', `SELECT 7 AS uid, ${value} AS ts`)
    expect(await starts(['--user=uid', '--time=ts', ...flags])).toEqual([
      { user: '7', micros, events: 1n },
    ])
  })

  test('rows without a user or a time are none', async () => {
    await table(
      't1',
      `SELECT * FROM (VALUES ('a', NULL, 1), ('', 'b', 2), (' ', NULL, 3), (NULL, NULL, 4), ('c', NULL, NULL),
        ('d', 'e', 99999999999999)) AS v(known, device, ts)`,
    )
    const flags = ['--user=known,device', '--time=ts', '--time-unit=s']
    expect(await starts(flags)).toEqual([
      { user: 'a', micros: 1_000_000n, events: 1n },
      { user: 'b', micros: 2_000_000n, events: 1n },
    ])
  })

  test('a table that is called as a stage', async () => {
    await table('events', 'SELECT 1 AS uid, 5 AS ts')
    const flags = [
      'sql',
      '--user=uid',
      '--time=ts',
      '--time-unit=s',
      '--max-events=2',
      '--columns=user',
    ]
    expect(await rows(await output([...flags, '--from-table=events']))).toEqual([{ user: '1' }])
    await table('blocks', 'SELECT 2 AS uid, 5 AS ts')
    expect(await rows(await output([...flags, '--from-table=blocks']))).toEqual([{ user: '2' }])
    const hidden = await run([...flags, '--from-table=SZ_Blocks'])
    expect(hidden.exit).toBe(2)
    expect(hidden.stderr).toContain('A stage of the query could be called `SZ_Blocks` too.')
    expect(hidden.stderr).toContain('--from-table SCHEMA.SZ_Blocks')
    expect((await run([...flags, '--from-table=main.sz_blocks'])).exit).toBe(0)
  })

  test('a property called as a column of a stage, or in letters of both cases', async () => {
    await table(
      't1',
      `SELECT 1 AS uid, 5 AS ts, 'x' AS "value", 'y' AS "Run", 'z' AS first_event, 'w' AS "a b"`,
    )
    const by = '--by=value,Run,a b'
    const printed = await output([
      'sql',
      '--from-table=t1',
      '--user=uid',
      '--time=ts',
      '--time-unit=s',
      by,
      '--property=first_event',
      '--columns=value,Run,a b,entry_first_event',
    ])
    expect(await rows(printed)).toEqual([
      { value: 'x', Run: 'y', 'a b': 'w', entry_first_event: 'z' },
    ])
  })

  test('words of the user end neither literals nor comments', async () => {
    const evil = `x'; DROP TABLE t1; --"\\\`\n`
    await engine.run(
      sql`CREATE OR REPLACE TABLE t1 AS SELECT 1 AS uid, 5 AS ts, ${text(evil)} AS name, 'v' AS ${new Sql(`"${evil.replaceAll('"', '""')}"`)}`,
    )
    const printed = await output(
      [
        'sql',
        '--from-table=t1',
        '--user=uid',
        '--time=ts',
        '--time-unit=s',
        '--event=name',
        `--by=${evil.trim()}\n`,
        `--ignore-event=${evil}*`,
      ].slice(0, 6),
    )
    expect(await rows(printed)).toHaveLength(1)
    for (const dialect of DIALECT_NAMES) {
      const quoted = await output([
        'sql',
        `--dialect=${dialect}`,
        '--from-table=t1',
        '--user=uid',
        '--time=ts',
        '--event=name',
        `--end-event=${evil}`,
      ])
      // Nothing is left outside of quotes.
      expect(unquoted(quoted, dialect)).not.toContain('DROP')
    }
  })
})

/** A query without what it quotes. */
function unquoted(query: string, dialect: string): string {
  const escapes = ['clickhouse', 'spark', 'bigquery', 'snowflake'].includes(dialect)
  const literal = escapes ? /'(?:[^'\\]|\\[\s\S]|'')*'/g : /'(?:[^']|'')*'/g
  const statement = query.replaceAll(/^-- .*$/gm, '')
  return statement.replaceAll(literal, '').replaceAll(/"(?:[^"]|"")*"|`[^`]*`/g, '')
}

describe('refused', () => {
  test.each([
    [['--dialect=mysql'], "'mysql' is invalid", 'duckdb'],
    [['--from-table=t'], 'Which columns of t hold the user and the time?', '--user COLUMN'],
    [['--from-table=t', '--user=u'], 'hold the user and the time', '--time COLUMN'],
    [['--from-table=a..b', '--user=u', '--time=t'], '`a..b` is no table', 'SCHEMA.TABLE'],
    [['--user=u'], '--user goes with --from-table.', 'Add --from-table'],
    [['--time-unit=s'], '--time-unit goes with --from-table.', 'leave --time-unit out'],
    [['--dbt=models'], '--dbt goes with --from-table.', 'Add --from-table'],
    [['--force'], '--force goes with --dbt.', 'Add --dbt'],
    [
      ['--stage=summary', '--columns=user'],
      '--columns chooses columns of sessions',
      '--stage sessions',
    ],
    [
      ['--by-recorded', '--from-table=t', '--user=u', '--time=t'],
      'No column holds the recorded session id.',
      '--session COLUMN',
    ],
    [['--columns=usr'], 'No session column `usr`. Did you mean `user`?', '--columns takes'],
  ])('%s', async (flags, message, hint) => {
    const { exit, stderr, stdout } = await run(['sql', ...flags])
    expect(stderr).toContain(message)
    expect(stderr).toContain(hint)
    expect(exit).toBe(2)
    expect(stdout).toBe('')
  })

  test('blocks of rules that look at single events', async () => {
    const { exit, stderr } = await run(['sql', '--stage=blocks', '--end-event=close'])
    expect(exit).toBe(4)
    expect(stderr).toContain('There are no blocks with --end-event.')
    expect(stderr).toContain('use --stage sessions')
  })
})

test.each(DIALECT_NAMES)('%s says what it can only estimate', async (dialect) => {
  const printed = await output(['sql', `--dialect=${dialect}`, '--stage=summary'])
  const estimated = dialect === 'bigquery' || dialect === 'trino'
  expect(printed.includes('-- Quantiles are estimates')).toBe(estimated)
  expect(printed.includes('AS p50_seconds_estimate')).toBe(estimated)
  expect(printed.includes('AS p50_seconds,')).toBe(!estimated)
})
