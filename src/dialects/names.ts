/** The engines that queries can be written for. */
export const DIALECT_NAMES = [
  'duckdb',
  'clickhouse',
  'spark',
  'bigquery',
  'snowflake',
  'postgres',
  'trino',
] as const
/** Engines that the SQL can be written for. */
export type DialectName = (typeof DIALECT_NAMES)[number]
