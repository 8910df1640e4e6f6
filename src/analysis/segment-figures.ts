/** Figures over all sessions and per segment, as one aggregation each. */
import type { Engine } from '../engines/duckdb.js'
import { identifier, join, raw, type Sql, sql } from '../sql/sql.js'
import type { Bin } from './bins.js'
import { ratio } from './exact.js'
import type { FigureCondition } from './figure-condition.js'
import type { Figures, LengthStatistics } from './figures.js'
import { parseSegmentKey } from './segment-key.js'
import { isOrdered } from './segmented-sessions.js'
import type { Segments } from './summary.js'

const QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99] as const

interface FigureRow extends Readonly<Record<string, unknown>> {
  readonly sessions: bigint
  readonly users: bigint
  readonly events: bigint
  readonly bounces: bigint
  readonly total: bigint
  readonly start_censored: bigint
  readonly end_censored: bigint
  readonly quantiles: number[] | null
  readonly longest: bigint | null
  readonly quantiles_long: number[] | null
}

/** Over the rows of a relation with the columns of `sessions`. */
export async function figuresOf(engine: Engine, from: Sql, bins: readonly Bin[]): Promise<Figures> {
  const row = await engine.row<FigureRow>(sql`SELECT ${join(aggregates(bins))} FROM ${from}`)
  return toFigures(row, bins)
}

export interface SegmentChoice {
  /** Only the segments of the most sessions. */
  readonly top?: number
  readonly having?: FigureCondition
}

/** Over the relation `segmented`. Segments that were not chosen are told together, as the rest. */
export async function segmentFigures(
  engine: Engine,
  by: readonly string[],
  bins: readonly Bin[],
  choice: SegmentChoice = {},
): Promise<Segments> {
  const keys = by.map((_, i) => identifier(`key_${i}`))
  const order = segmentOrder(by)
  const all = choice.top === undefined && choice.having === undefined
  if (!all) await chooseSegments(engine, keys, choice)
  const same = join(
    keys.map((key) => sql`chosen.${key} IS NOT DISTINCT FROM segmented.${key}`),
    ' AND ',
  )
  const rows = await engine.rows<FigureRow>(sql`
    SELECT ${join(keys)}, ${join(aggregates(bins))}
    FROM segmented${all ? sql`` : sql` SEMI JOIN chosen ON ${same}`}
    GROUP BY ${join(keys)} ORDER BY ${order}`)
  return {
    dimensions: by,
    rows: rows.map((row) => ({
      values: by.map((_, i) => textOf(row[`key_${i}`])),
      figures: toFigures(row, bins),
    })),
    rest: all ? null : await restOf(engine, same, bins),
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** Most sessions first; but where every key has an order of its own, that order. */
export function segmentOrder(by: readonly string[]): Sql {
  const ranks = by.map((_, i) => sql`min(${identifier(`rank_${i}`)})`)
  const values = by.map((_, i) => sql`${identifier(`key_${i}`)} NULLS LAST`)
  return by.map(parseSegmentKey).every(isOrdered)
    ? join([...ranks, ...values])
    : join([raw('count(*) DESC'), ...values])
}

async function chooseSegments(
  engine: Engine,
  keys: readonly Sql[],
  { top, having }: SegmentChoice,
): Promise<void> {
  const measures = (having?.measures ?? []).map(
    ({ name, aggregate }) => sql`, ${aggregate} AS ${identifier(name)}`,
  )
  const order = join([raw('place_sessions DESC'), ...keys.map((key) => sql`${key} NULLS LAST`)])
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE chosen AS
    SELECT ${join(keys)} FROM (
      SELECT ${join(keys)}, count(*) AS place_sessions${join(measures, '')}
      FROM segmented GROUP BY ${join(keys)}
    )${having === undefined ? sql`` : sql` WHERE (${having.expression})`}
    ORDER BY ${order}${top === undefined ? sql`` : sql` LIMIT ${top}`}`)
}

async function restOf(
  engine: Engine,
  same: Sql,
  bins: readonly Bin[],
): Promise<NonNullable<Segments['rest']> | null> {
  const rest = sql`(SELECT segmented.* FROM segmented ANTI JOIN chosen ON ${same})`
  const figures = await figuresOf(engine, rest, bins)
  if (figures.sessions === 0) return null
  const { n } = await engine.row<{ n: bigint }>(
    sql`SELECT count(*) AS n FROM (SELECT DISTINCT COLUMNS('^key_\\d+$') FROM ${rest})`,
  )
  return { segments: Number(n), figures }
}

function aggregates(bins: readonly Bin[]): Sql[] {
  const quantiles = sql`[${join([...QUANTILES])}]`
  return [
    sql`count(*) AS sessions`,
    sql`count(DISTINCT user) AS users`,
    sql`coalesce(sum(events), 0)::BIGINT AS events`,
    sql`count(*) FILTER (WHERE bounce) AS bounces`,
    sql`coalesce(sum(length), 0) AS total`,
    sql`count(*) FILTER (WHERE start_censored) AS start_censored`,
    sql`count(*) FILTER (WHERE end_censored) AS end_censored`,
    sql`quantile_cont(length, ${quantiles}) AS quantiles`,
    sql`max(length) AS longest`,
    sql`quantile_cont(length, ${quantiles}) FILTER (WHERE NOT bounce) AS quantiles_long`,
    ...bins.map(({ fromMicros }, i) => {
      const to = bins[i + 1]?.fromMicros
      const upper = to === undefined ? sql`` : sql` AND length < ${to}`
      return sql`count(*) FILTER (WHERE length >= ${fromMicros}${upper}) AS ${identifier(`bin_${i}`)}`
    }),
  ]
}

function toFigures(row: FigureRow, bins: readonly Bin[]): Figures {
  const sessions = Number(row.sessions)
  const users = Number(row.users)
  const events = Number(row.events)
  const bounces = Number(row.bounces)
  // A bounce has length 0, so the total and the longest are the same with and without them.
  const longer = sessions - bounces
  return {
    sessions,
    users,
    events,
    bounces,
    bounceShare: ratio(bounces, sessions),
    totalSeconds: Number(row.total) / 1e6,
    eventsPerSession: ratio(events, sessions),
    sessionsPerUser: ratio(sessions, users),
    length: statistics(sessions, row.total, row.quantiles, row.longest),
    lengthWithoutBounces: statistics(
      longer,
      row.total,
      row.quantiles_long,
      longer === 0 ? null : row.longest,
    ),
    histogram: bins.map(({ label, fromMicros }, i) => {
      const to = bins[i + 1]?.fromMicros
      return {
        label,
        fromSeconds: fromMicros / 1e6,
        toSeconds: to === undefined ? null : to / 1e6,
        sessions: Number(row[`bin_${i}`] ?? 0),
      }
    }),
    startCensored: Number(row.start_censored),
    endCensored: Number(row.end_censored),
  }
}

function statistics(
  sessions: number,
  total: bigint,
  quantiles: readonly number[] | null,
  longest: bigint | null,
): LengthStatistics {
  const at = (i: number): number | null => {
    const value = quantiles?.[i]
    return value === undefined ? null : value / 1e6
  }
  return {
    sessions,
    meanSeconds: sessions === 0 ? null : Number(total) / sessions / 1e6,
    p50Seconds: at(0),
    p75Seconds: at(1),
    p90Seconds: at(2),
    p95Seconds: at(3),
    p99Seconds: at(4),
    maxSeconds: longest === null ? null : Number(longest) / 1e6,
  }
}
