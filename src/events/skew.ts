/** How far devices' clocks are from the server's. */
import type { Engine } from '../engines/duckdb.js'
import { sql } from '../sql/sql.js'
import type { MappedClock } from './clock-choice.js'

/** Differences are server minus device: positive where the device is behind, or its event was late. */
export interface ClockSkew {
  readonly client: string
  readonly server: string
  /** Events that have both times. */
  readonly events: number
  readonly medianSeconds: number
  /** Of the differences without their signs. */
  readonly p95Seconds: number
  /** Share of the events whose clocks differ by more than a minute. */
  readonly overMinuteShare: number
}

/** From the column `skew` of `rows`; null where there is none, or no event has both times. */
export async function measureSkew(
  engine: Engine,
  { skew }: MappedClock,
): Promise<ClockSkew | null> {
  if (skew === undefined) return null
  const found = await engine.row<{
    events: bigint
    median: number | null
    p95: number | null
    over: number | null
  }>(sql`
    SELECT count(skew) AS events, quantile_cont(skew, 0.5) AS median, quantile_cont(abs(skew), 0.95) AS p95,
      avg(CASE WHEN abs(skew) > 60000000 THEN 1.0 ELSE 0.0 END) FILTER (WHERE skew IS NOT NULL) AS over
    FROM rows WHERE fate IS NULL`)
  if (found.median === null || found.p95 === null || found.over === null) return null
  return {
    client: skew.client.name,
    server: skew.server.name,
    events: Number(found.events),
    medianSeconds: found.median / 1e6,
    p95Seconds: found.p95 / 1e6,
    overMinuteShare: found.over,
  }
}
