/** Folders as engines write them: what their names say, and which files in them count. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { partitionsOf } from '../../src/sources/partitions.js'
import { superseded } from '../../src/sources/superseded.js'
import { run } from '../oracle/run.js'
import { writeParquet } from '../parquet.js'
import { buildZip } from './zip-builder.js'

const root = mkdtempSync(join(tmpdir(), 'sessionize-folders-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const at = (name: string): string => join(root, name)

function put(name: string, content: string | Buffer): string {
  mkdirSync(dirname(at(name)), { recursive: true })
  writeFileSync(at(name), content)
  return at(name)
}

async function parquet(name: string, query: string): Promise<void> {
  mkdirSync(dirname(at(name)), { recursive: true })
  await writeParquet(at(name), query)
}

/** Rows of sessions, header left out. */
async function sessions(...argv: string[]): Promise<string[]> {
  const { exit, stdout, stderr } = await run(['sessions', '-q', '--format', 'csv', ...argv])
  expect(stderr).toBe('')
  expect(exit).toBe(0)
  return stdout.trim().split('\n').slice(1)
}

const CSV = 'time,event\n2024-01-01T10:00:00Z,x\n2024-01-01T10:05:00Z,y\n'
const LINES =
  '{"time":"2024-01-01T10:00:00Z","event":"x"}\n{"time":"2024-01-01T10:05:00Z","event":"y"}\n'
const SELECT =
  "SELECT * FROM (VALUES (TIMESTAMP '2024-01-01 10:00:00', 'x'), (TIMESTAMP '2024-01-01 10:05:00', 'y')) AS t(time, event)"
const FORMATS: Readonly<Record<string, string | Buffer | undefined>> = {
  'p.csv': CSV,
  'p.csv.gz': gzipSync(CSV),
  'p.ndjson': LINES,
  'p.ndjson.gz': gzipSync(LINES),
  'p.json': `[${LINES.trim().replace('\n', ',')}]`,
  'p.parquet': undefined,
  'p.zip': buildZip([{ name: 'in/p.csv', data: CSV }]),
}
const FOLDERS = ['platform=ios/user_id=007', 'platform=a%20b%2Fc/user_id=7', 'user_id=x%3Dy']
const BY_PLATFORM = [
  '007,2024-01-01T10:00:00.000000Z,300.0,ios',
  '7,2024-01-01T10:00:00.000000Z,300.0,a b/c',
  'x=y,2024-01-01T10:00:00.000000Z,300.0,',
]
const COLUMNS = ['--columns', 'user,start,length_seconds,platform', '--by', 'platform']

beforeAll(async () => {
  for (const [name, content] of Object.entries(FORMATS)) {
    for (const folder of FOLDERS) {
      if (content !== undefined) put(`${name}/${folder}/${name}`, content)
      else await parquet(`${name}/${folder}/${name}`, SELECT)
    }
  }
})

describe.each(Object.keys(FORMATS))('partition columns of %s', (name) => {
  test('are detected, and dimensions', async () => {
    expect(await sessions(at(name), ...COLUMNS)).toEqual(BY_PLATFORM)
  })

  test('in conditions and as the user', async () => {
    const where = ['--user', 'user_id', '--where', "platform = 'ios' AND event <> 'y'"]
    expect(await sessions(at(name), ...where, ...COLUMNS)).toEqual([
      '007,2024-01-01T10:00:00.000000Z,0.0,ios',
    ])
  })

  test('count from the first wildcard of a glob', async () => {
    const pattern = at(`${name}/*/user_id=*/${name}`)
    expect(await sessions(pattern, ...COLUMNS)).toEqual(BY_PLATFORM.slice(0, 2))
    const { exit, stderr } = await run(['sessions', at(`${name}/platform=ios/user_id=007/*`)])
    expect(exit).toBe(2)
    expect(stderr).toContain('Cannot tell which column')
  })

  test('a file typed in full has none', async () => {
    const { stderr } = await run(['sessions', at(`${name}/${FOLDERS[0]}/${name}`)])
    expect(stderr).toContain('Cannot tell which column')
  })
})

test('numbers in folders are compared as numbers, and files of several formats are one table', async () => {
  for (const hour of ['2', '9', '10']) {
    put(`hours/hour=${hour}/a.csv`, `user_id,time\nu,2024-01-01T${hour.padStart(2, '0')}:00:00Z\n`)
    put(
      `hours/hour=${hour}/b.ndjson`,
      `{"user_id":"v","time":"2024-01-01T${hour.padStart(2, '0')}:00:00Z"}\n`,
    )
  }
  expect(await sessions(at('hours'), '--columns', 'user,start', '--where', 'hour > 8')).toEqual([
    'u,2024-01-01T09:00:00.000000Z',
    'u,2024-01-01T10:00:00.000000Z',
    'v,2024-01-01T09:00:00.000000Z',
    'v,2024-01-01T10:00:00.000000Z',
  ])
})

test('never over a column that the file has, however it is spelt', async () => {
  put(
    'own/User_ID=zzz/platform=tv/e.csv',
    `user_id,${CSV.split('\n')[0]},platform\nann,2024-01-01T10:00:00Z,x,web\n`,
  )
  put(
    'own/User_ID=zzz/platform=tv/e.ndjson',
    '{"user_id":"bob","time":"2024-01-01T10:00:00Z","platform":"web"}\n',
  )
  expect(await sessions(at('own'), '--columns', 'user,platform', '--by', 'platform')).toEqual([
    'ann,web',
    'bob,web',
  ])
})

test('an archive counts from its root, below the folders that it lies in', async () => {
  const zip = buildZip([
    { name: 'user_id=u1/e.csv', data: CSV },
    { name: 'user_id=u2/e.csv', data: CSV },
  ])
  put('zips/platform=ios/a.zip', zip)
  expect(await sessions(at('zips'), ...COLUMNS)).toEqual([
    'u1,2024-01-01T10:00:00.000000Z,300.0,ios',
    'u2,2024-01-01T10:00:00.000000Z,300.0,ios',
  ])
})

test.each([
  [
    'a=1/b=2/c.csv',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['a=1/c=3.csv', [['a', '1']]],
  ['plain/c.csv', []],
  ['=1/a=/c.csv', [['a', '']]],
  ['t=x=y/c.csv', [['t', 'x=y']]],
  ['d=__HIVE_DEFAULT_PARTITION__/c.csv', [['d', null]]],
  ['d=%E4%B8%AD%3A/c.csv', [['d', '中:']]],
  ['d=100%/c.csv', [['d', '100%']]],
])('folders of %s', (path, expected) => {
  expect(partitionsOf(path).map(({ name, value }) => [name, value])).toEqual(expected)
})

const row = (minute: number): string =>
  `SELECT 'u' AS user_id, TIMESTAMP '2024-01-01 10:00:00' + INTERVAL ${minute} MINUTE AS time`
const added = (path: string): string => JSON.stringify({ add: { path, dataChange: true } })
const removed = (path: string): string => JSON.stringify({ remove: { path, dataChange: true } })
const commit = (version: number): string => `_delta_log/${String(version).padStart(20, '0')}`
const EVENTS = ['--columns', 'user,events']

describe('Delta', () => {
  test('only files of the current version count, in partitions, for folders and globs', async () => {
    for (const i of [0, 1, 2, 3]) await parquet(`d1/platform=a b/p${i}.parquet`, row(i))
    const path = (i: number): string => `platform=a%20b/p${i}.parquet`
    put(`d1/${commit(0)}.json`, `${added(path(0))}\n${added(path(1))}\n`)
    put(`d1/${commit(1)}.json`, `${removed(path(0))}\n${added(path(2))}\n`)
    for (const input of ['d1', 'd1/**/*.parquet', 'd1/*', 'd1/platform=a b']) {
      expect(await sessions(at(input), ...EVENTS), input).toEqual(['u,2'])
    }
    const named = [0, 1, 2, 3].map((i) => at(`d1/platform=a b/p${i}.parquet`))
    expect(await sessions(...named, ...EVENTS), 'as a shell names them').toEqual(['u,2'])
    expect(await sessions(named[0] ?? '', ...EVENTS), 'one that was meant').toEqual(['u,1'])
    const { stdout } = await run([at('d1'), '--format', 'json'])
    expect(JSON.parse(stdout).ledger.skipped).toContainEqual({
      label: at('d1/platform=a b/p0.parquet'),
      why: 'not_current',
    })
  })

  test('a checkpoint stands for entries that are gone', async () => {
    for (const i of [0, 1, 2]) await parquet(`d2/p${i}.parquet`, row(i))
    const actions = [{ add: { path: 'p0.parquet' } }, { add: { path: 'p1.parquet' } }]
    await parquet(
      `d2/${commit(7)}.checkpoint.parquet`,
      actions
        .map(
          (action) =>
            `SELECT {path: '${action.add.path}'} AS add, CAST(NULL AS STRUCT(path VARCHAR)) AS remove`,
        )
        .join(' UNION ALL '),
    )
    put(`d2/${commit(7)}.json`, `${added('p1.parquet')}\n`)
    put(`d2/${commit(8)}.json`, `${removed('p1.parquet')}\n${added('p2.parquet')}\n`)
    expect(await sessions(at('d2'), ...EVENTS)).toEqual(['u,2'])
  })

  test.each([
    [
      'deleted rows',
      JSON.stringify({ add: { path: 'p.parquet', deletionVector: { storageType: 'u' } } }),
      'unsupported',
    ],
    [
      'renamed columns',
      `${JSON.stringify({ metaData: { configuration: { 'delta.columnMapping.mode': 'name' } } })}\n${added('p.parquet')}`,
      'unsupported',
    ],
    ['files elsewhere', added('s3://bucket/p.parquet'), 'unsupported'],
    ['a broken log', '{"add":', 'no valid JSON'],
  ])('of %s it is said that it cannot be told', async (name, log, words) => {
    await parquet(`odd-${name}/p.parquet`, row(0))
    put(`odd-${name}/${commit(0)}.json`, `${log}\n`)
    const { exit, stderr } = await run(['sessions', at(`odd-${name}`)])
    expect(exit).toBe(3)
    expect(stderr).toContain(words === 'unsupported' ? 'delta_scan' : words)
  })

  test('a log with a gap is told', async () => {
    await parquet('gap/p.parquet', row(0))
    put(`gap/${commit(0)}.json`, added('p.parquet'))
    put(`gap/${commit(2)}.json`, removed('p.parquet'))
    const { exit, stderr } = await run(['sessions', at('gap')])
    expect([exit, stderr]).toEqual([3, expect.stringContaining('lacks entries')])
  })
})

test.each([
  ['Iceberg', 'metadata/v1.metadata.json', 'iceberg_scan'],
  ['Hudi', '.hoodie/hoodie.properties', 'Spark'],
])('%s is not guessed at', async (name, log, words) => {
  await parquet(`${name}/data/p.parquet`, row(0))
  put(`${name}/${log}`, '{}')
  for (const input of [name, `${name}/data`, `${name}/**/*.parquet`]) {
    const { exit, stderr } = await run(['sessions', at(input)])
    expect([exit, stderr]).toEqual([3, expect.stringContaining(words)])
  }
  const zip = put(
    `${name}.zip`,
    buildZip([
      { name: `t/${log}`, data: '{}' },
      { name: 't/e.csv', data: `user_id,${CSV}` },
    ]),
  )
  const { exit, stderr } = await run(['sessions', zip])
  expect([exit, stderr]).toEqual([3, expect.stringContaining('Unpack the archive')])
})

test('footers of other files are no events', async () => {
  await parquet('parts/p.parquet', row(0))
  await parquet('parts/_metadata', row(1))
  await parquet('parts/_common_metadata', row(2))
  expect(await sessions(at('parts'), ...EVENTS)).toEqual(['u,1'])
  const { exit, stderr } = await run(['sessions', at('parts/_metadata')])
  expect([exit, stderr]).toEqual([3, expect.stringContaining('Name its folder')])
})

test.each<[string, string[], string[]]>([
  [
    'one day twice',
    ['events_20240501.json', 'events_intraday_20240501.json'],
    ['events_intraday_20240501.json'],
  ],
  [
    'in folders and parts',
    ['x/events_20240501-000.parquet', 'y/events_intraday_20240501/0.parquet'],
    ['y/events_intraday_20240501/0.parquet'],
  ],
  [
    'in an archive',
    ['a.zip!events_20240501.csv', 'events_intraday_20240501.csv'],
    ['events_intraday_20240501.csv'],
  ],
  ['the last day has no other', ['events_20240501.json', 'events_intraday_20240502.json'], []],
  [
    'another property',
    ['analytics_1/events_20240501.json', 'analytics_2/events_intraday_20240501.json'],
    [],
  ],
  [
    'fresh',
    ['events_fresh_20240501.json', 'events_intraday_20240501.json'],
    ['events_intraday_20240501.json'],
  ],
  ['other names', ['my_events_20240501.csv', 'my_events_intraday_202405011.csv'], []],
])('days of Google Analytics: %s', (_, labels, expected) => {
  expect([...superseded(labels)]).toEqual(expected)
})
