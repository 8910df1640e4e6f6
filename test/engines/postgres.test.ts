/** The compiled stages on a real PostgreSQL server. */

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'vitest'
import { postgres } from '../../src/dialects/postgres.js'
import { Engine } from '../../src/engines/duckdb.js'
import { sql, text } from '../../src/sql/sql.js'
import { runGoldenCasesOn, type TestedEngine } from './golden-suite.js'
import { postgresPrograms, startPostgres, WITHOUT_POSTGRES } from './postgres-server.js'

if (postgresPrograms === undefined) {
  describe('PostgreSQL', () => test.skip(`golden cases ${WITHOUT_POSTGRES}`, () => undefined))
} else {
  const bin = postgresPrograms
  runGoldenCasesOn('PostgreSQL', () => opened(bin))
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
