/** `--engine clickhouse` on the real engine: the same bytes as over a file with the same events. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ClickHouse } from '../../src/remote/clickhouse/clickhouse.js'
import { ClickHouseCredentials } from '../../src/remote/clickhouse/credentials.js'
import { raw, sql } from '../../src/sql/sql.js'
import { type AskedServer, startAsked } from '../engines/clickhouse-server.js'
import { heavyNpm, WITHOUT_HEAVY } from '../heavy.js'
import { output, run } from '../oracle/run.js'

const suite = heavyNpm === undefined ? describe.skip : describe
const title = heavyNpm === undefined ? `clickhouse ${WITHOUT_HEAVY}` : 'clickhouse'

suite(title, { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sessionize-cluster-'))
  const file = join(folder, 'events.parquet')
  let server: AskedServer
  const there = (table = 'db.events'): string[] => [
    ...['--engine', 'clickhouse', '--url', server.url, '--table', table],
  ]

  beforeAll(async () => {
    const csv = join(folder, 'events.csv')
    writeFileSync(csv, eventsCsv(3_000))
    server = await startAsked()
    await server.ask('CREATE DATABASE db')
    await server.ask(
      `CREATE TABLE db.events ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM file('${csv}', CSVWithNames, 'time DateTime64(6, ''UTC''), user_id Nullable(String), event LowCardinality(String), platform Nullable(String), country Nullable(String), session_id Int64, insert_id String, revenue Nullable(Float64), written String, millis Int64')`,
    )
    await server.ask(
      `INSERT INTO FUNCTION file('${file}', Parquet) SELECT * FROM db.events SETTINGS output_format_parquet_string_as_string = 1, engine_file_truncate_on_insert = 1`,
    )
  }, 120_000)

  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** What only says where the events are. */
  const same = (text: string): string =>
    text
      .replaceAll(file, 'db.events')
      .replaceAll('events.parquet', 'db.events')
      // Only of files is a row left out shown.
      .replaceAll(/ db\.events, row \d+: .* --rejects rejects\.csv/g, '')

  test.each([
    ['summary', '--by', 'platform,country', '--format', 'json'],
    ['summary', '--by', '@weekday,@length', '--detail'],
    ['summary', '--cut-at-midnight', 'Europe/Berlin', '--gap', '10m', '--gap', 'platform=iOS:2m'],
    ['summary', '--dedupe', 'insert_id', '--format', 'json'],
    ['summary', '--dedupe', 'exact', '--format', 'json'],
    ['sessions', '--by', 'platform', '--property', 'country', '--sum', 'revenue'],
    ['sessions', '--count', 'page*,buy', '--converted', 'buy', '--gap', '5m'],
    ['sessions', '--max-length', '20m', '--max-events', '7', '--by', 'country'],
    ['sessions', '--cut-on', 'country', '--start-event', 'open', '--ignore-event', 'heartbeat'],
    ['sessions', '--passive-event', 'heartbeat', '--boundary', 'at'],
    ['sessions', '--by-recorded', '--session', 'session_id'],
    ['sessions', '--columns', 'user,start,end', '--from', '2024-01-02', '--to', '2024-01-03'],
    [
      'sessions',
      '--where',
      "platform IN ('iOS', 'Web') AND NOT (revenue > 10.5) OR event LIKE 'b_y'",
    ],
    ['sessions', '--time', 'written', '--timezone', 'Europe/Berlin'],
    ['sessions', '--time', 'millis', '--user', 'user_id,platform'],
    ['trend', '--per', 'hour', '--by', 'platform'],
    ['users', '--where', 'sessions >= 3'],
    ['compare', '--by', 'platform', '--replicates', '50'],
  ])('%s %s %s %s %s', async (command, ...flags) => {
    const [here, elsewhere] = [
      await run([command, file, ...flags]),
      await run([command, ...there(), ...flags]),
    ]
    expect(elsewhere.stderr).toBe(same(here.stderr))
    expect(same(elsewhere.stdout)).toBe(same(here.stdout))
    expect(elsewhere.exit).toBe(0)
  })

  test('a session table there is the one that is written here', async () => {
    const made = await run([
      'sessions',
      ...there(),
      '--by',
      'platform',
      '--create-table',
      'db.made',
    ])
    expect(made).toMatchObject({ exit: 0, stdout: '' })
    expect(made.stderr).toContain('The sessions are in db.made.\n')
    expect(made.stderr).toContain('note: 76 of 3,000 rows left out: 76 no user.\n')
    const columns = 'user,session_id,session_number,length_seconds,events,platform,end_reason'
    const rows = await server.ask(
      `SELECT ${columns} FROM db.made ORDER BY user, session_number FORMAT CSVWithNames`,
    )
    const here = await output(['sessions', file, '--by', 'platform', '--columns', columns])
    const cells = (csv: string): string =>
      csv
        .replaceAll('"', '')
        .replaceAll('\\N', '')
        .replaceAll(/\.0(?=,)/g, '')
    expect(cells(rows)).toBe(cells(here))
    // Made again, it is replaced, and nothing is left beside it.
    await run(['sessions', ...there(), '--create-table', 'db.made', '--gap', '1m'])
    expect(await server.ask('SHOW TABLES FROM db')).toBe('events\nmade\n')
    expect(Number(await server.ask('SELECT count() FROM db.made'))).toBeGreaterThan(
      rows.split('\n').length,
    )
  })

  test('a table that cannot be made leaves the other and nothing besides', async () => {
    await server.ask('CREATE TABLE db.kept ENGINE = Memory AS SELECT 1 AS x')
    const failed = await run(['sessions', ...there(), '--create-table', 'nowhere.kept'])
    expect(failed.exit).toBe(3)
    expect(failed.stderr).toContain('nowhere')
    expect(await server.ask('SELECT x FROM db.kept')).toBe('1\n')
    await server.ask('DROP TABLE db.kept')
  })

  test('blocks are made where the events are: shards group, and only blocks are merged', async () => {
    const shards = "remote('localhost,127.0.0.1', 'db', 'events')"
    const logged: string[] = []
    const cluster = await ClickHouse.connect({
      url: server.url,
      credentials: ClickHouseCredentials.read({}, undefined),
    })
    try {
      const keep = cluster.keep.bind(cluster)
      cluster.keep = async (query, signal) => {
        const explained = await cluster.rows<{ explain: string }>(
          sql`EXPLAIN PLAN ${query} ${raw("SETTINGS distributed_product_mode = 'global'")}`,
        )
        logged.push(...explained.map(({ explain }) => explain))
        return keep(query, signal)
      }
      const { remoteSource } = await import('../../src/remote/source.js')
      const { summarize } = await import('../../src/analysis/summarize.js')
      const { DEFAULT_DEFINITION } = await import('../../src/sessions/definition.js')
      const definition = DEFAULT_DEFINITION
      const dimensions = ['platform']
      const summary = await remoteSource({
        name: 'clickhouse',
        connect: async () => cluster,
        table: () => cluster.table(shards),
      }).withEvents(
        {
          inputs: [],
          definition,
          reading: { dimensions },
          columns: { dimensions },
          rejects: undefined,
        },
        ({ engine, events }) => summarize(engine, events, { definition, by: dimensions }),
      )
      // Both shards hold all events: twice as many, and the same sessions.
      const single = JSON.parse(await output([file, '--format', 'json']))
      expect(summary.overall.events).toBe(2 * single.overall.events)
      expect(summary.overall.sessions).toBe(single.overall.sessions)
    } finally {
      await cluster.close()
    }
    const plan = logged.join('\n')
    const merging = logged.findIndex((line) => line.includes('MergingAggregated'))
    expect(merging, plan).toBeGreaterThanOrEqual(0)
    const below = logged.slice(merging + 1)
    // Each shard aggregates before anything is united.
    expect(below.filter((line) => /\bAggregating\b/.test(line)).length, plan).toBe(2)
    expect(below.filter((line) => line.includes('ReadFromMergeTree')).length, plan).toBe(2)
    expect(
      logged.slice(0, merging).some((line) => line.includes('ReadFrom')),
      plan,
    ).toBe(false)
  })

  test('rows that are no events are counted there as here', async () => {
    await server.ask(
      "CREATE TABLE db.messy ENGINE = Memory AS SELECT * FROM values('u Nullable(String), ts Nullable(String), e String', ('a', '2024-01-01 10:00:00', 'x'), ('', '2024-01-01 10:00:00', 'x'), (NULL, '2024-01-01 10:00:00', 'x'), ('a', NULL, 'x'), ('a', ' ', 'x'), ('a', '2024-02-30 10:00:00', 'x'), ('b', '2024-01-01 10:00:00.5Z', 'x'), ('a', '2024-01-01 10:05:00', 'skip'))",
    )
    const flags = ['--user', 'u', '--time', 'ts', '--event', 'e', '--ignore-event', 'skip']
    const found = await run([...there('db.messy'), ...flags, '--format', 'json'])
    const { ledger } = JSON.parse(found.stdout)
    expect(ledger).toMatchObject({
      ...{ read: 8, kept: 2, duplicates: 0, filtered: 0, ignored: 1, outOfSession: 0 },
      rejected: { no_user: 2, no_time: 2, bad_time: 1, malformed: 0, time_out_of_range: 0 },
      files: [{ label: 'db.messy', read: 8 }],
    })
    const strict = await run([...there('db.messy'), ...flags, '--strict'])
    expect(strict.exit).toBe(3)
    expect(strict.stderr).toContain('5 of 8 rows were rejected')
    await server.ask('DROP TABLE db.messy')
  })

  test('names from hell are names', async () => {
    const names = ["it's", 'a"b', 'back\\slash', 'tick`', '$x', '--', 'end\\']
    for (const name of names) {
      const quoted = `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
      await server.ask(
        `CREATE TABLE db.${quoted} ENGINE = Memory AS SELECT 'u' AS user_id, toDateTime('2024-01-01 00:00:00', 'UTC') AS time, 'it\\'s \\\\ "x"' AS ${quoted}`,
      )
      const found = await run([
        'sessions',
        ...there(`db.${quoted}`),
        '--by',
        name,
        '--columns',
        `user,${name}`,
        '--format',
        'ndjson',
      ])
      expect(found.stderr).toBe('')
      expect(JSON.parse(found.stdout)).toEqual({ user: 'u', [name]: 'it\'s \\ "x"' })
      await server.ask(`DROP TABLE db.${quoted}`)
    }
  })

  test.each([
    ['db.events; DROP TABLE db.events', 'is not the name of a table'],
    ['(SELECT 1)', 'is not the name of a table'],
    ["system('ls')", 'cannot read from system()'],
    ["s3('x', (SELECT 1))", 'literals only'],
    ["executable('x', 'y')", 'cannot read from executable()'],
    ['db.nothing', 'db.nothing'],
  ])('--table %s is refused', async (table, told) => {
    const found = await run(['summary', ...there(table)])
    expect(found.exit).toBeGreaterThanOrEqual(2)
    expect(found.stderr).toContain(told)
    expect(await server.ask('EXISTS db.events')).toBe('1\n')
  })

  test.each([
    [['gap'], 'This needs single events, which stay in clickhouse.'],
    [['audit'], 'This needs single events'],
    [['summary', '--stitch'], '--stitch cannot be done in clickhouse.'],
    [['summary', '--by', 'platform:last'], '--by platform:last needs the events themselves'],
    [
      ['summary', '--where', 'length(platform) > 3'],
      '--where with the function length cannot be done',
    ],
    [['summary', '--rejects', 'x.csv'], '--rejects cannot be written from clickhouse.'],
    [['summary', '--time-format', '%d.%m.%Y', '--time', 'written'], 'cannot be read in clickhouse'],
  ])('%s says what cannot be done, and the way round', async (argv, told) => {
    const found = await run([...argv, ...there()])
    expect(found.exit).toBe(4)
    expect(found.stderr).toContain(told)
    expect(found.stderr).toContain('hint: ')
  })

  test('Ctrl-C stops the query on the server', async () => {
    const cluster = await ClickHouse.connect({
      url: server.url,
      credentials: ClickHouseCredentials.read({}, undefined),
    })
    const stopped = new AbortController()
    const slow = cluster.fetch(
      sql`SELECT count() AS n FROM numbers(300000000000) WHERE sipHash64(number) % 7 = 1`,
      folder,
      stopped.signal,
    )
    const running = () =>
      server.ask(
        "SELECT count() FROM system.processes WHERE query LIKE '%300000000000%' AND query NOT LIKE '%processes%'",
      )
    while ((await running()) === '0\n') await new Promise((resolve) => setTimeout(resolve, 50))
    stopped.abort()
    await expect(slow).rejects.toMatchObject({ code: 'interrupted' })
    while ((await running()) !== '0\n') await new Promise((resolve) => setTimeout(resolve, 50))
    await cluster.close()
  })

  test('a source of the server is read in place', async () => {
    const found = await run(['summary', ...there(`file('${file}', 'Parquet')`), '--format', 'json'])
    expect(found.stderr).toBe('')
    expect(JSON.parse(found.stdout).overall).toEqual(
      JSON.parse(await output([file, '--format', 'json'])).overall,
    )
    expect(readFileSync(file).length).toBeGreaterThan(0)
  })
})

/** Visits with pauses around every timeout in use, ties, duplicates and empty values. */
function eventsCsv(rows: number): string {
  const lines = ['time,user_id,event,platform,country,session_id,insert_id,revenue,written,millis']
  const names = ['open', 'page_view', 'page_leave', 'heartbeat', 'buy', 'naïve "name"']
  let at = Date.UTC(2024, 0, 1)
  // Last of all a clock that is years behind, and one that is years ahead.
  const far = new Map([rows - 2, rows - 1].map((i) => [i, Date.UTC(i % 2 === 0 ? 1990 : 2080, 0)]))
  for (let i = 0; i < rows; i++) {
    const draw = (n: number): number => ((i * 2_654_435_761) >>> 7) % n
    at += [0, 1_000, 30_000, 119_000, 120_000, 299_999, 300_000, 1_800_000, 1_800_001][draw(9)] ?? 0
    at = far.get(i) ?? at
    const iso = new Date(at).toISOString().replace('T', ' ').replace('Z', '')
    const cells = [
      `${iso}${String(draw(1_000)).padStart(3, '0')}`,
      draw(40) === 0 ? '' : `user ${draw(7)}`,
      names[draw(names.length)] ?? '',
      ['iOS', 'Web', ''][draw(3)] ?? '',
      ['DE', 'US'][draw(2)] ?? '',
      String(draw(50) * 1_000),
      `id${i - (draw(10) === 0 ? 1 : 0)}`,
      draw(3) === 0 ? String(draw(2_000) / 100) : '',
      iso,
      String(at),
    ]
    lines.push(
      cells.map((cell) => (cell === '' ? '' : `"${cell.replaceAll('"', '""')}"`)).join(','),
    )
  }
  return `${lines.join('\n')}\n`
}
