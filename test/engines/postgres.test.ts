/** The compiled stages on a real PostgreSQL server. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgres } from '../../src/dialects/postgres.js'
import { Engine } from '../../src/engines/duckdb.js'
import { sql, text } from '../../src/sql/sql.js'
import { output } from '../oracle/run.js'
import { arrivals } from '../sql/arrivals.js'
import { runGoldenCasesOn, type TestedEngine } from './golden-suite.js'
import {
  type PostgresServer,
  postgresPrograms,
  startPostgres,
  WITHOUT_POSTGRES,
} from './postgres-server.js'

if (postgresPrograms === undefined) {
  describe('PostgreSQL', () => test.skip(`golden cases ${WITHOUT_POSTGRES}`, () => undefined))
} else {
  const bin = postgresPrograms
  runGoldenCasesOn('PostgreSQL', () => opened(bin))
  describe('PostgreSQL', () => ownTables(bin))
}

/** What is printed for tables of users, in a session that is not in UTC. */
function ownTables(bin: string): void {
  let server: PostgresServer
  let folder = ''
  beforeAll(async () => {
    server = await startPostgres(bin)
    folder = mkdtempSync(join(tmpdir(), 'sessionize-postgres-models-'))
  }, 60_000)
  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const flags = ['--dialect=postgres', '--from-table=public.hits', '--user=uid', '--time=at']

  test.each([
    ['TIMESTAMPTZ', '2024-03-01 01:02:03.123456+00'],
    ['TIMESTAMP', '2024-03-01 01:02:03.123456'],
    ['TIMESTAMPTZ', '1905-03-01 01:02:03.123456+00'],
    ['TIMESTAMP', '0001-01-01 00:00:00.000001'],
  ])('times of type %s: %s', async (type, value) => {
    await server.psql(`DROP TABLE IF EXISTS hits;
CREATE TABLE hits AS SELECT 1 AS uid, CAST('${value}' AS ${type}) AS at;`)
    const printed = await output(['sql', ...flags, '--columns=start'])
    const shown = await server.psql(`SELECT s.start AT TIME ZONE 'UTC' FROM (${printed}) AS s;`)
    expect(shown.trim().padEnd(26, '0')).toBe(value.replace('+00', ''))
  })

  test('dbt models, run by run', { timeout: 120_000 }, async () => {
    const more = ['--event=what', '--by=platform', '--sum=paid', '--cut-at-midnight=Asia/Tokyo']
    await output(['sql', ...flags, ...more, '--lookback=2d', `--dbt=${folder}/web`])
    const model = (name: string, to: string, incremental: boolean): string =>
      readFileSync(join(folder, 'web', `${name}.sql`), 'utf8')
        .replace(/\{\{ config\(.*\) \}\}\n/, '')
        .replaceAll(
          /\{% if is_incremental\(\) %\}([\s\S]*?)\{% endif %\}/g,
          incremental ? '$1' : '',
        )
        .replaceAll("{{ source('public', 'hits') }}", 'hits')
        .replaceAll("{{ ref('session_blocks') }}", `${to}_session_blocks`)
        .replaceAll('{{ this }}', `${to}_${name}`)
    const models = [
      ['session_blocks', 'block_id'],
      ['sessions', 'user_id'],
    ] as const
    await server.psql(`DROP TABLE IF EXISTS hits;
CREATE TABLE hits (uid TEXT, at TIMESTAMP, what TEXT, sid TEXT, platform TEXT, page TEXT, paid TEXT);`)
    for (const [i, day] of arrivals().slice(0, 5).entries()) {
      await server.psql(`COPY hits FROM stdin (FORMAT csv, HEADER);\n${day}\\.\n`)
      const keep = models.map(([name, key]) =>
        i === 0
          ? `CREATE TABLE kept_${name} AS ${model(name, 'kept', false)};`
          : `DROP TABLE IF EXISTS fresh; CREATE TABLE fresh AS ${model(name, 'kept', true)};
DELETE FROM kept_${name} WHERE ${key} IN (SELECT ${key} FROM fresh);
INSERT INTO kept_${name} SELECT * FROM fresh;`,
      )
      const whole = models.map(
        ([name]) =>
          `DROP TABLE IF EXISTS whole_${name}; CREATE TABLE whole_${name} AS ${model(name, 'whole', false)};`,
      )
      await server.psql([...keep, ...whole].join('\n'))
      for (const [name] of models) {
        const rows = (of: string) => server.psql(`SELECT * FROM ${of}_${name} ORDER BY 1, 2, 3;`)
        const all = await rows('whole')
        expect(all.split('\n').length).toBeGreaterThan(10)
        expect(await rows('kept'), `${name} of day ${i}`).toBe(all)
      }
    }
  })
}

async function opened(bin: string): Promise<TestedEngine> {
  const server = await startPostgres(bin)
  const local = await Engine.open({ tempDirectory: join(import.meta.dirname, 'none') })
  return {
    dialect: postgres,
    async load(parquet, columns) {
      const csv = join(dirname(parquet), 'events.csv')
      // Quotes around all values tell empty text from NULL.
      await local.run(
        sql`COPY (FROM read_parquet(${text(parquet)})) TO ${text(csv)} (FORMAT csv, HEADER false, FORCE_QUOTE *)`,
      )
      const types = { integer: 'BIGINT', text: 'TEXT' }
      const defined = columns.map(({ name, type }) => `${postgres.identifier(name)} ${types[type]}`)
      await server.psql(`DROP TABLE IF EXISTS events;
CREATE TABLE events (${defined.join(', ')});
COPY events FROM stdin (FORMAT csv);
${readFileSync(csv, 'utf8')}\\.
`)
    },
    async query(statement) {
      const out = await server.psql(`SELECT row_to_json(r) FROM (\n${statement}\n) AS r;`)
      return out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    },
    async close() {
      local.close()
      await server.stop()
    },
  }
}
