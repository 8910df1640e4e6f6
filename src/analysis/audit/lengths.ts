/** Lengths of recorded and rebuilt sessions side by side, over all and per value of a dimension. */
import type { Engine } from '../../engines/duckdb.js'
import { type Sql, sql } from '../../sql/sql.js'
import type { LengthFigures, LengthPair, Lengths } from './audit.js'
import { dimensionColumn } from './labelled-events.js'

export async function compareLengths(
  engine: Engine,
  dimensions: readonly string[],
): Promise<Lengths> {
  const [all] = await pairs(engine, sql`'all'`)
  const compared: Lengths['dimensions'][number][] = []
  for (const [i, name] of dimensions.entries()) {
    compared.push({ name, rows: await pairs(engine, dimensionColumn(i)) })
  }
  return {
    overall: pairOf(all?.recorded ?? NO_SESSIONS, all?.rebuilt ?? NO_SESSIONS),
    dimensions: compared,
  }
}

interface FigureRow {
  readonly sessions: bigint
  readonly total: bigint
  readonly quantiles: readonly number[]
}

type PairRow = {
  readonly value: string | null
} & Readonly<Record<'recorded' | 'rebuilt', FigureRow | null>>

async function pairs(
  engine: Engine,
  value: Sql,
): Promise<(LengthPair & { readonly value: string | null })[]> {
  const side = (table: Sql): Sql => sql`
    SELECT ${value} AS value, {sessions: count(*), total: sum(length), quantiles: quantile_cont(length, [0.5, 0.9])} AS figures
    FROM ${table} GROUP BY 1`
  const rows = await engine.rows<PairRow>(sql`
    SELECT coalesce(a.value, b.value) AS value, a.figures AS recorded, b.figures AS rebuilt
    FROM (${side(sql`recorded_sessions`)}) AS a
    FULL JOIN (${side(sql`rebuilt_sessions`)}) AS b ON a.value IS NOT DISTINCT FROM b.value
    ORDER BY coalesce(a.figures.sessions, 0) DESC, coalesce(b.figures.sessions, 0) DESC, 1 NULLS LAST`)
  return rows.map(({ value: of, recorded, rebuilt }) => ({
    value: of,
    ...pairOf(figures(recorded), figures(rebuilt)),
  }))
}

const NO_SESSIONS: LengthFigures = {
  sessions: 0,
  meanSeconds: null,
  p50Seconds: null,
  p90Seconds: null,
}

function figures(row: FigureRow | null): LengthFigures {
  if (row === null) return NO_SESSIONS
  const sessions = Number(row.sessions)
  const [p50, p90] = row.quantiles
  return {
    sessions,
    meanSeconds: Number(row.total) / sessions / 1e6,
    p50Seconds: p50 === undefined ? null : p50 / 1e6,
    p90Seconds: p90 === undefined ? null : p90 / 1e6,
  }
}

function pairOf(recorded: LengthFigures, rebuilt: LengthFigures): LengthPair {
  const less = (key: 'meanSeconds' | 'p50Seconds' | 'p90Seconds'): number | null => {
    const [a, b] = [recorded[key], rebuilt[key]]
    return a === null || b === null ? null : a - b
  }
  return {
    recorded,
    rebuilt,
    difference: {
      meanSeconds: less('meanSeconds'),
      p50Seconds: less('p50Seconds'),
      p90Seconds: less('p90Seconds'),
    },
  }
}
