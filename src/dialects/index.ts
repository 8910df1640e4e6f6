import { bigquery } from './bigquery.js'
import { clickhouse } from './clickhouse.js'
import type { Dialect } from './dialect.js'
import { duckdb } from './duckdb.js'
import type { DialectName } from './names.js'
import { postgres } from './postgres.js'
import { snowflake } from './snowflake.js'
import { spark } from './spark.js'
import { trino } from './trino.js'

export { DIALECT_NAMES, type DialectName } from './names.js'

const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  duckdb,
  clickhouse,
  spark,
  bigquery,
  snowflake,
  postgres,
  trino,
}

export const dialectNamed = (name: DialectName): Dialect => DIALECTS[name]
