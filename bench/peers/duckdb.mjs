// Runs one SQL file on the same DuckDB that sessionize uses.
import { readFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'

const instance = await DuckDBInstance.create(':memory:', {
  temp_directory: process.env.BENCH_TEMP ?? '.',
})
const connection = await instance.connect()
await connection.run(readFileSync(process.argv[2], 'utf8'))
connection.closeSync()
instance.closeSync()
