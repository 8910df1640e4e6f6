/** Times between a user's successive events, counted in fine bins of log2 seconds. */
import type { Engine } from '../../engines/duckdb.js'
import { raw, type Sql, sql } from '../../sql/sql.js'

/** Bins are this fine; a fit to their middles is off by far less than it can tell. */
export const BINS_PER_OCTAVE = 16

export interface LogBin {
  /** Middle of the bin, in log2 seconds. */
  readonly middle: number
  readonly count: number
}

export interface Intervals {
  /** Of the dimension; null without one, or where it has none. */
  readonly value: string | null
  readonly count: number
  /** Intervals of 0: they have no logarithm, and are in no bin. */
  readonly simultaneous: number
  readonly bins: readonly LogBin[]
}

/** Of all events, or per value that the later event has in a column of `events`. */
export async function intervalsOf(
  engine: Engine,
  value: Sql = raw('CAST(NULL AS VARCHAR)'),
): Promise<Intervals[]> {
  const rows = await engine.rows<{ value: string | null; bin: number | null; n: bigint }>(sql`
    SELECT value, CASE WHEN pause > 0 THEN floor(log2(pause / 1e6) * ${BINS_PER_OCTAVE}) END AS bin, count(*) AS n
    FROM (
      SELECT ${value} AS value, t - lag(t) OVER (PARTITION BY user ORDER BY t) AS pause FROM events
    )
    WHERE pause IS NOT NULL
    GROUP BY ALL ORDER BY value NULLS LAST, bin`)
  const groups = new Map<string | null, { bins: LogBin[]; count: number; simultaneous: number }>()
  for (const row of rows) {
    const group = groups.get(row.value) ?? { bins: [], count: 0, simultaneous: 0 }
    groups.set(row.value, group)
    const n = Number(row.n)
    group.count += n
    if (row.bin === null) group.simultaneous += n
    else group.bins.push({ middle: (row.bin + 0.5) / BINS_PER_OCTAVE, count: n })
  }
  return [...groups]
    .map(([name, group]) => ({ value: name, ...group }))
    .sort((a, b) => b.count - a.count)
}

/** Pauses from one length to twice that. */
export interface OctaveBin {
  readonly fromSeconds: number
  readonly toSeconds: number
  readonly count: number
}

/** From each power of two to the next, also those without an interval between the first and last. */
export function octaves(bins: readonly LogBin[]): OctaveBin[] {
  const counts = new Map<number, number>()
  for (const { middle, count } of bins) {
    const octave = Math.floor(middle)
    counts.set(octave, (counts.get(octave) ?? 0) + count)
  }
  const keys = [...counts.keys()].sort((a, b) => a - b)
  const [first] = keys
  const last = keys.at(-1)
  if (first === undefined || last === undefined) return []
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    fromSeconds: 2 ** (first + i),
    toSeconds: 2 ** (first + i + 1),
    count: counts.get(first + i) ?? 0,
  }))
}
