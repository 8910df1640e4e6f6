import { DuckDBInstance } from '@duckdb/node-api'

/** Writes the rows of a query as Parquet, with an engine of its own. */
export async function writeParquet(path: string, query: string, options = ''): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
