/** Lengths of some sessions, in figures. */
import type { Engine } from '../engines/duckdb.js'
import { count, quantiles, seconds, select, sum, type ValuesOf } from '../figures/figure.js'
import { type Sql, sql } from '../sql/sql.js'

/** Lengths of some sessions. */
export interface LengthFigures {
  readonly sessions: number
  readonly meanSeconds: number | null
  readonly p50Seconds: number | null
  readonly p90Seconds: number | null
}

/** Over rows with a column `length`. */
export const LENGTHS = {
  sessions: count(),
  total: sum(sql`length`),
  quantiles: quantiles(sql`length`, [0.5, 0.9]),
} as const

export const lengthFigures = ({
  sessions,
  total,
  quantiles: [p50, p90],
}: ValuesOf<typeof LENGTHS>): LengthFigures => ({
  sessions,
  meanSeconds: sessions === 0 ? null : total / sessions / 1e6,
  p50Seconds: seconds(p50),
  p90Seconds: seconds(p90),
})

export const lengthsOf = async (engine: Engine, from: Sql): Promise<LengthFigures> =>
  lengthFigures(await select(engine, from, LENGTHS))
