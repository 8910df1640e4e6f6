/** ClickHouse as it is, in the process of a test server: the shared cases. */
import { describe, test } from 'vitest'
import { clickhouse } from '../../src/dialects/clickhouse.js'
import { identifier, join, raw, render, sql } from '../../src/sql/sql.js'
import { heavyNpm, WITHOUT_HEAVY } from '../heavy.js'
import { startChdb } from './chdb-server.js'
import { runGoldenCasesOn } from './golden-suite.js'

if (heavyNpm === undefined) {
  describe.skip(`clickhouse ${WITHOUT_HEAVY}`, () => test('the shared cases', () => undefined))
} else {
  runGoldenCasesOn('clickhouse', async () => {
    const server = await startChdb()
    const ask = async (query: string): Promise<string> => {
      const response = await fetch(server.url, {
        method: 'POST',
        body: query,
        headers: { authorization: `Basic ${btoa('default:')}` },
      })
      const body = await response.text()
      if (!response.ok) throw new Error(body)
      return body
    }
    return {
      dialect: clickhouse,
      async load(parquet, columns) {
        await ask('DROP TABLE IF EXISTS events')
        // What is never NULL is not nullable, as in tables that people make.
        const select = columns.map(({ name }) =>
          name === 'user' || name === 'file'
            ? sql`assumeNotNull(${identifier(name)}) AS ${identifier(name)}`
            : identifier(name),
        )
        await ask(
          render(
            sql`CREATE TABLE events ENGINE = Memory AS SELECT ${join(select)} FROM file(${raw(`'${parquet}'`)}, Parquet) SETTINGS schema_inference_make_columns_nullable = 1`,
            clickhouse,
          ),
        )
      },
      async query(statement) {
        const lines = (await ask(`${statement}\nFORMAT JSONEachRow`)).split('\n')
        return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
      },
      close: () => server.stop(),
    }
  })
}
