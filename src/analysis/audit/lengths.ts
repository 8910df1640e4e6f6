/** Lengths of recorded and rebuilt sessions side by side, over all and per value of a dimension. */
import type { Engine } from '../../engines/duckdb.js'
import { columnsOf, readFigures } from '../../figures/figure.js'
import { type Sql, sql } from '../../sql/sql.js'
import { LENGTHS, type LengthFigures, lengthFigures } from '../lengths.js'
import type { LengthPair, Lengths } from './audit.js'
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
    overall: pairOf(all?.recorded ?? figures(null), all?.rebuilt ?? figures(null)),
    dimensions: compared,
  }
}

interface PairRow {
  readonly value: string | null
  readonly recorded: Readonly<Record<string, unknown>> | null
  readonly rebuilt: Readonly<Record<string, unknown>> | null
}

async function pairs(
  engine: Engine,
  value: Sql,
): Promise<(LengthPair & { readonly value: string | null })[]> {
  const side = (table: Sql): Sql => sql`
    SELECT value, f AS figures
    FROM (SELECT ${value} AS value, ${columnsOf(LENGTHS)} FROM ${table} GROUP BY 1) AS f`
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

/** Where one side has no session of a value, figures of none. */
const figures = (row: PairRow['recorded'] | undefined): LengthFigures =>
  lengthFigures(readFigures(row ?? {}, LENGTHS))

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
