/**
 * Columns of few values go through the sort and into files as enumerations. No reader of a file sees
 * a difference: the same types, the same rows, and in text the same bytes.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Engine } from '../src/engines/duckdb.js'
import { type TableFormat, writeTable } from '../src/engines/table-file.js'
import { sessionTable } from '../src/sessions/build.js'
import { DEFAULT_DEFINITION } from '../src/sessions/definition.js'
import type { SessionRequest } from '../src/sessions/request.js'
import { list, raw, type Sql, sql, text } from '../src/sql/sql.js'
import { MICROS_PER_MINUTE } from '../src/units/time.js'

const YEAR_2024 = 63_839_750_400_000_000n

let folder = ''
let engine: Engine
beforeAll(async () => {
  folder = mkdtempSync(`${tmpdir()}/enumerated-`)
  engine = await Engine.open({ tempDirectory: folder })
})
afterAll(() => {
  engine.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Events with names and two properties, each missing now and then; `d1` has many values. */
async function makeEvents(platforms: readonly string[]): Promise<void> {
  const pick = (salt: number, of: number): Sql => sql`CAST(hash(i, ${salt}) % ${of} AS BIGINT)`
  await engine.run(sql`CREATE OR REPLACE TABLE events AS
    SELECT CAST(0 AS INTEGER) AS file, 'user-' || ${pick(1, 50)} AS "user",
      ${YEAR_2024} + ${pick(2, 4000)} * ${9 * MICROS_PER_MINUTE} AS t,
      CASE WHEN ${pick(3, 9)} > 0 THEN 'say "it''s ' || ${pick(4, 5)} || ', ' END AS name,
      NULL::VARCHAR AS session,
      CASE WHEN ${pick(5, 4)} > 0 THEN ${list(platforms)}[1 + ${pick(6, platforms.length)}] END AS d0,
      'campaign ' || ${pick(7, 200)} AS d1
    FROM range(4000) AS numbers(i)`)
}

const request = (plan: SessionRequest['plan']): SessionRequest => ({
  definition: DEFAULT_DEFINITION,
  plan,
  edges: {
    first: raw('(SELECT min(t) FROM events)'),
    last: raw('(SELECT max(t) FROM events)'),
  },
  dimensions: [{ name: 'platform', column: 'd0' }],
  properties: [
    { name: 'platform', column: 'd0' },
    { name: 'campaign', column: 'd1' },
  ],
  measures: [],
  ruleColumns: {},
  unrecorded: false,
  from: { kind: 'files', dictionaryColumns: new Set(['name', 'd0', 'd1']) },
})

async function written(query: Sql, format: TableFormat, name: string): Promise<string> {
  const file = path(folder, `${name}.${format}`)
  await writeTable(engine, query, format, file)
  return file
}

const PLATFORMS = ['iOS', "d'Or", 'Ünïcode 日本', 'Web', ' ', 'a,b\n"c"']

describe.each(['blocks', 'events'] as const)('the plan by %s', (plan) => {
  test('a file holds the same as without', async () => {
    await makeEvents(PLATFORMS)
    const plain = await sessionTable(engine, request(plan))
    const coded = await sessionTable(engine, request(plan), undefined, { enumerated: true })
    expect(plain.text).not.toContain('AS ENUM')
    // The names and the platforms, not the many campaigns.
    expect(coded.text.match(/AS ENUM/g)).toHaveLength(2)
    for (const format of ['csv', 'ndjson'] as const) {
      const [one, other] = [
        await written(plain, format, 'plain'),
        await written(coded, format, 'coded'),
      ].map((file) => readFileSync(file, 'utf8'))
      expect(one?.split('\n').length).toBeGreaterThan(1000)
      expect(other).toBe(one)
    }
    const [one = sql``, other = sql``] = [
      await written(plain, 'parquet', 'plain'),
      await written(coded, 'parquet', 'coded'),
    ].map((file) => sql`read_parquet(${text(file)})`)
    const schema = (file: Sql): Promise<object> => engine.describe(sql`SELECT * FROM ${file}`)
    expect(await schema(other)).toEqual(await schema(one))
    const rows = await engine.rows(sql`SELECT * FROM ${one}`)
    expect(rows.some(({ platform }) => platform === null)).toBe(true)
    expect(new Set(rows.map(({ platform }) => platform))).toEqual(new Set([...PLATFORMS, null]))
    expect(await engine.rows(sql`SELECT * FROM ${other}`)).toEqual(rows)
  })

  test('a value with NUL, which no literal can hold, is written as text', async () => {
    await makeEvents(['a\0b', 'c'])
    const coded = await sessionTable(engine, request(plan), undefined, { enumerated: true })
    expect(coded.text.match(/AS ENUM/g)).toHaveLength(1)
    const file = await written(coded, 'parquet', 'nul')
    const found = await engine.rows<{ platform: string | null }>(
      sql`SELECT DISTINCT platform FROM read_parquet(${text(file)}) ORDER BY platform`,
    )
    expect(found.map(({ platform }) => platform)).toEqual(['a\0b', 'c', null])
  })
})
