/**
 * The dbt models: a run that goes on from the last one leaves what a full refresh would make. Here
 * their templates are filled in as dbt does and the tables are made on DuckDB; `dbt-run.test.ts` does
 * the same with dbt itself.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { Engine } from '../../src/engines/duckdb.js'
import { Sql, sql, text } from '../../src/sql/sql.js'
import { output, run } from '../oracle/run.js'
import { arrivals, eventsTable } from './arrivals.js'

let folder = ''
let engine: Engine
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sessionize-dbt-'))
  engine = await Engine.open({ tempDirectory: join(folder, 'spill') })
})
afterAll(() => {
  engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const TABLE = ['--from-table=raw.hits', '--user=uid', '--time=at', '--event=what', '--session=sid']

async function models(flags: readonly string[]): Promise<Record<string, string>> {
  const path = mkdtempSync(join(folder, 'models-'))
  await output(['sql', ...TABLE, `--dbt=${path}/new`, '--lookback=2d', ...flags])
  const read = (name: string): string => readFileSync(join(path, 'new', name), 'utf8')
  return {
    blocks: read('session_blocks.sql'),
    sessions: read('sessions.sql'),
    schema: read('schema.yml'),
  }
}

/** The query of a model, and the key whose rows it replaces. */
function filled(model: string, to: string, incremental: boolean): { query: string; key: string } {
  const key = /unique_key='(\w+)'/.exec(model)?.[1] ?? ''
  const query = model
    .replace(/\{\{ config\(.*\) \}\}\n/, '')
    .replaceAll(/\{% if is_incremental\(\) %\}([\s\S]*?)\{% endif %\}/g, incremental ? '$1' : '')
    .replaceAll("{{ source('raw', 'hits') }}", 'hits')
    .replaceAll("{{ ref('session_blocks') }}", `${to}_blocks`)
    .replaceAll(
      '{{ this }}',
      model.includes("ref('session_blocks')") ? `${to}_sessions` : `${to}_blocks`,
    )
  expect(query).not.toMatch(/\{[{%#]/)
  return { query, key }
}

/** As dbt's strategy delete+insert; how many rows came new. */
async function build(
  model: string,
  to: string,
  table: string,
  incremental: boolean,
): Promise<number> {
  const { query, key } = filled(model, to, incremental)
  if (!incremental) {
    await engine.run(new Sql(`CREATE OR REPLACE TABLE ${table} AS ${query}`))
  } else {
    await engine.run(new Sql(`CREATE OR REPLACE TEMP TABLE fresh AS ${query}`))
    await engine.run(new Sql(`DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM fresh)`))
    await engine.run(new Sql(`INSERT INTO ${table} SELECT * FROM fresh`))
  }
  const from = new Sql(incremental ? 'fresh' : table)
  const { n } = await engine.row<{ n: bigint }>(sql`SELECT count(*) AS n FROM ${from}`)
  return Number(n)
}

describe.each([
  ['a gap', []],
  ['columns', ['--by=platform', '--property=page', '--sum=paid', '--count=v*', '--converted=buy']],
  ['the other boundary, ignored events', ['--gap=10m', '--boundary=at', '--ignore-event=ping']],
  [
    'gaps per value, cut at midnight',
    [
      '--gap=30m',
      '--gap=platform=ios:5m',
      '--gap=platform=web:50m',
      '--cut-at-midnight=Asia/Tokyo',
      '--by=platform',
    ],
  ],
] as const)('%s', (_title, flags) => {
  test('run by run is one full refresh', async () => {
    const { blocks = '', sessions = '' } = await models(flags)
    const days = arrivals()
    await eventsTable(engine, 'hits')
    for (const [i, day] of days.entries()) {
      const path = join(folder, 'day.csv')
      writeFileSync(path, day)
      await engine.run(
        sql`INSERT INTO hits FROM read_csv(${text(path)}, all_varchar = true, header = true)`,
      )
      const fresh = [
        await build(blocks, 'kept', 'kept_blocks', i > 0),
        await build(sessions, 'kept', 'kept_sessions', i > 0),
      ]
      const all = [
        await build(blocks, 'whole', 'whole_blocks', false),
        await build(sessions, 'whole', 'whole_sessions', false),
      ]
      for (const table of ['blocks', 'sessions']) {
        const key = table === 'blocks' ? 'block_id' : 'session_id'
        const rows = (of: string) =>
          engine.rows(new Sql(`SELECT * FROM ${of}_${table} ORDER BY ${key}`))
        expect(await rows('kept'), `${table} of day ${i}`).toEqual(await rows('whole'))
      }
      // Later runs leave most of it alone.
      if (i === days.length - 1) expect(fresh[0]).toBeLessThan((all[0] ?? 0) * 0.6)
      expect(all[1]).toBeGreaterThan(10 * i)
    }
  })
})

test('their tests hold for what they describe', async () => {
  const { schema = '', sessions = '' } = await models(['--by=platform', '--cut-at-midnight'])
  const { models: described, sources } = parse(schema)
  expect(sources).toEqual([{ name: 'raw', tables: [{ name: 'hits' }] }])
  const columns = described[1].columns
  expect(columns.find((c: { name: string }) => c.name === 'end_reason').data_tests).toEqual([
    'not_null',
    { accepted_values: { values: ['gap', 'data_end', 'midnight'] } },
  ])
  expect(columns.find((c: { name: string }) => c.name === 'session_id').data_tests).toEqual([
    'unique',
    'not_null',
  ])
  // Each column of the model is described, in its order.
  const shown = [
    ...sessions.slice(sessions.lastIndexOf('\nSELECT ')).matchAll(/ AS "(\w+)"(?:,|\nFROM)/g),
  ]
  expect(columns.map((c: { name: string }) => c.name)).toEqual(shown.map(([, name]) => name))
  for (const { description } of [
    ...described,
    ...described.flatMap((m: { columns: unknown[] }) => m.columns),
  ]) {
    expect(description).toMatch(/\w/)
  }
})

describe('refused', () => {
  const refused = (flags: readonly string[]) =>
    run(['sql', ...TABLE, `--dbt=${folder}/refused`, ...flags])
  test.each([
    [['--cut-on=platform'], 4, 'There are no blocks with --cut-on.', 'use --stage sessions'],
    [['--by-recorded'], 4, 'There are no blocks with --by-recorded.', 'use --stage sessions'],
    [['--max-events=5'], 4, 'do not follow from blocks alone', '--stage sessions'],
    [['--lookback=10m'], 2, '--lookback 10m is shorter than the gap of 30m.', 'never be finished'],
    [['--stage=blocks'], 2, 'whatever --stage says', 'Leave --stage out'],
    [['--ignore-event={{x}}'], 2, 'dbt would take `{{` for a template.', 'view'],
    [["--from-table=a'b"], 2, "dbt cannot name the table `a'b`.", 'Use letters'],
    [['--columns=session_id'], 2, 'The model needs the column `user`.', 'Add it to --columns'],
    [['--by=started_at'], 2, 'Two columns of the model would be called `started_at`.', 'Leave one'],
  ])('%s', async (flags, exit, message, hint) => {
    const result = await refused(flags)
    expect(result.exit).toBe(exit)
    expect(result.stderr).toContain(message)
    expect(result.stderr).toContain(hint)
  })

  test('to replace models that are there, without --force', async () => {
    const path = join(folder, 'twice')
    const flags = ['sql', ...TABLE, `--dbt=${path}`]
    await output(flags)
    const model = join(path, 'sessions.sql')
    writeFileSync(model, 'mine')
    const again = await run(flags)
    expect(again.exit).toBe(2)
    expect(again.stderr).toContain('sessions.sql')
    expect(again.stderr).toContain('hint: Replace it with --force')
    expect(readFileSync(model, 'utf8')).toBe('mine')
    await output([...flags, '--force'])
    expect(readFileSync(model, 'utf8')).toContain('materialized=')
  })
})

test.each(['clickhouse', 'spark', 'bigquery', 'snowflake', 'postgres', 'trino'])(
  '%s has its own way to replace rows',
  async (dialect) => {
    const { blocks = '', sessions = '' } = await models([`--dialect=${dialect}`])
    const merges = dialect === 'spark' || dialect === 'bigquery'
    expect(blocks).toContain(`incremental_strategy='${merges ? 'merge' : 'delete+insert'}'`)
    // What merges row by row would keep sessions that late events have joined.
    expect(sessions).toContain(merges ? "materialized='table'" : "unique_key='user_id'")
    expect(blocks.includes('SETTINGS')).toBe(false)
    if (dialect === 'clickhouse') expect(sessions).toContain("query_settings={'join_use_nulls': 1")
  },
)
