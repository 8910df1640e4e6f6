/** Times as ClickHouse holds them are the times that the same values give when they are read here. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clickhouse } from '../../src/dialects/clickhouse.js'
import { Engine } from '../../src/engines/duckdb.js'
import { epochMicros } from '../../src/events/clock.js'
import { clickhouseValues } from '../../src/remote/clickhouse/values.js'
import type { RemoteTimeFormat } from '../../src/remote/engine.js'
import { join as joined, raw, render, sql, text } from '../../src/sql/sql.js'
import { heavyNpm, WITHOUT_HEAVY } from '../heavy.js'
import { type AskedServer, startAsked } from './clickhouse-server.js'

const suite = heavyNpm === undefined ? describe.skip : describe
const title = heavyNpm === undefined ? `clickhouse ${WITHOUT_HEAVY}` : 'clickhouse'

/** Whole, with fractions that end before, at and after the microsecond, and on both sides of 1970. */
const NUMBERS = [
  ...['0', '-1', '1700000000', '1700000000.25', '1700000000.123456', '1700000000.1234567'],
  ...[
    '1700000000.1234569',
    '-0.25',
    '-0.0000005',
    '-1.0000001',
    '0.0000009',
    '-1700000000.9999999',
  ],
]
const SPELT = [
  ' 1700000000 ',
  '1.5e3',
  '1.7E9',
  '-1.5e-7',
  '1e-9',
  '.5',
  '+1',
  'x',
  '',
  '1.2.3',
  '--1',
  '1.',
  '+.5',
  '.',
  '1e',
  '1e+2',
  '1 2',
  '1.5x',
  '1,5',
  '0x1.8',
  '-.',
  '1e5.5',
]
const ISO = [
  ...['2024-02-29T12:00:00.123456Z', '2024-02-29T12:00:00.1234567Z', '2024-02-29 12:00:00.9999999'],
  ...['2024-02-29 12:00:00.5+02:00', '1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.9999999Z'],
  ...[
    '1900-01-01T00:00:00.0000019Z',
    '2024-02-29',
    '2024-02-29 12:00:00.',
    '2023-02-29',
    'yesterday',
  ],
]
const ALL_EPOCHS = ['epoch_s', 'epoch_ms', 'epoch_us', 'epoch_ns'] as const

suite(title, { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sessionize-times-'))
  let server: AskedServer
  let local: Engine

  beforeAll(async () => {
    server = await startAsked()
    local = await Engine.open({ tempDirectory: folder })
  }, 120_000)

  afterAll(async () => {
    local?.close()
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const wholes = NUMBERS.filter((number) => !number.includes('.'))

  test.each<[string, string, readonly string[], readonly RemoteTimeFormat[]]>([
    ['Int64', 'BIGINT', [...wholes, '1700000000123456789', '-1500'], ALL_EPOCHS],
    ['Nullable(Float64)', 'DOUBLE', NUMBERS, ALL_EPOCHS],
    ['String', 'VARCHAR', [...NUMBERS, ...SPELT], ALL_EPOCHS],
    ['Nullable(String)', 'VARCHAR', ISO, ['iso']],
  ])('of %s', async (type, localType, values, formats) => {
    const list = joined(values.map(text))
    for (const format of formats) {
      const there = clickhouseValues.micros({ name: 'v', type }, [], format, 'UTC')
      const statement = render(
        sql`SELECT toString(${there}) AS m FROM (SELECT CAST(arrayJoin([${list}]) AS ${raw(type)}) AS v) AS r FORMAT JSONEachRow`,
        clickhouse,
      )
      const lines = (await server.ask(statement)).trimEnd().split('\n')
      const found = lines.map((line) => JSON.parse(line).m as string | null)
      const here = await local.rows<{ m: string | null }>(
        sql`SELECT CAST(${epochMicros(raw('CAST(v AS VARCHAR)'), format, 'UTC')} AS VARCHAR) AS m FROM (SELECT unnest([${joined(values.map((value) => sql`CAST(${text(value)} AS ${raw(localType)})`))}]) AS v)`,
      )
      const beside = (micros: readonly (string | null)[]) => values.map((v, i) => [v, micros[i]])
      expect(beside(found), format).toEqual(beside(here.map(({ m }) => m)))
      expect(here.some(({ m }) => m !== null)).toBe(true)
    }
  })
})
