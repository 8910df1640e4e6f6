import type { Engine } from '../engines/duckdb.js'
import { identifier, type Sql, sql } from '../sql/sql.js'

let made = 0

/**
 * The rows of a query as a table of the engine, which goes when it has been used: a query that is
 * named more than once is computed once. (After a failure it goes with the engine.)
 */
export async function withRelation<T>(
  engine: Engine,
  query: Sql,
  use: (relation: Sql) => Promise<T>,
): Promise<T> {
  const relation = identifier(`relation_${made++}`)
  await engine.run(sql`CREATE TEMP TABLE ${relation} AS ${query}`)
  const result = await use(relation)
  await engine.run(sql`DROP TABLE ${relation}`)
  return result
}
