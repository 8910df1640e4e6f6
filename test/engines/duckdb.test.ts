/** DuckDB itself over a table: what it is given differs from what it reads, and the rows may not. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { duckdb } from '../../src/dialects/duckdb.js'
import { Engine } from '../../src/engines/duckdb.js'
import { Sql, sql, text } from '../../src/sql/sql.js'
import { type EngineRow, runGoldenCasesOn } from './golden-suite.js'

runGoldenCasesOn('DuckDB', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sessionize-duckdb-'))
  const engine = await Engine.open({ tempDirectory: join(folder, 'spill') })
  return {
    dialect: duckdb,
    load: (parquet) =>
      engine.run(sql`CREATE OR REPLACE TABLE events AS FROM read_parquet(${text(parquet)})`),
    query: (statement) => engine.rows<EngineRow>(new Sql(statement)),
    async close() {
      engine.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
})
