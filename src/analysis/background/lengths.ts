import type { Engine } from '../../engines/duckdb.js'
import { type Sql, sql } from '../../sql/sql.js'
import type { BackgroundLengths } from './background.js'

/** Of the sessions of a relation with a column `length`. */
export async function lengthsOf(engine: Engine, from: Sql): Promise<BackgroundLengths> {
  const row = await engine.row<{
    sessions: bigint
    total: bigint | null
    quantiles: readonly number[] | null
  }>(sql`
    SELECT count(*) AS sessions, sum(length) AS total, quantile_cont(length, [0.5, 0.9]) AS quantiles
    FROM ${from}`)
  const sessions = Number(row.sessions)
  const seconds = (value: number | undefined): number | null =>
    value === undefined ? null : value / 1e6
  return {
    sessions,
    meanSeconds: row.total === null ? null : Number(row.total) / sessions / 1e6,
    p50Seconds: seconds(row.quantiles?.[0]),
    p90Seconds: seconds(row.quantiles?.[1]),
  }
}
