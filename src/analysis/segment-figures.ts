/** Figures over all sessions and per segment, as one aggregation each. */
import type { Engine } from '../engines/duckdb.js'
import {
  columnsOf,
  count,
  countDistinct,
  list,
  max,
  quantiles,
  readFigures,
  seconds,
  select,
  sum,
  type ValuesOf,
} from '../figures/figure.js'
import { withRelation } from '../figures/relation.js'
import { identifier, join, raw, type Sql, sql } from '../sql/sql.js'
import type { Bin } from './bins.js'
import { ratio } from './exact.js'
import type { FigureCondition } from './figure-condition.js'
import type { Figures, LengthStatistics } from './figures.js'
import { parseSegmentKey } from './segment-key.js'
import { isOrdered } from './segmented-sessions.js'
import type { Segments } from './summary.js'

const QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99] as const

/** Over the rows of a relation with the columns of `sessions`. */
export async function figuresOf(engine: Engine, from: Sql, bins: readonly Bin[]): Promise<Figures> {
  return toFigures(await select(engine, from, aggregates(bins)), bins)
}

export interface SegmentChoice {
  /** Only the segments of the most sessions. */
  readonly top?: number
  readonly having?: FigureCondition
}

/** Over the relation `segmented`. Segments that were not chosen are the rest, together. */
export async function segmentFigures(
  engine: Engine,
  by: readonly string[],
  bins: readonly Bin[],
  choice: SegmentChoice = {},
): Promise<Segments> {
  const figures = aggregates(bins)
  const keys = join(keysOf(by))
  const rowsOf = async (from: Sql): Promise<Segments['rows']> => {
    const rows = await engine.rows(
      sql`SELECT ${keys}, ${columnsOf(figures)} FROM ${from} GROUP BY ${keys} ORDER BY ${segmentOrder(by)}`,
    )
    return rows.map((row) => ({
      values: keyValues(row, by),
      figures: toFigures(readFigures(row, figures), bins),
    }))
  }
  if (choice.top === undefined && choice.having === undefined) {
    return { dimensions: by, rows: await rowsOf(sql`segmented`), rest: null }
  }
  return withRelation(engine, chosenSegments(by, choice), async (chosen) => {
    const same = keysOf(by).map((key) => sql`chosen.${key} IS NOT DISTINCT FROM segmented.${key}`)
    const matching = sql`JOIN ${chosen} AS chosen ON ${join(same, ' AND ')}`
    return {
      dimensions: by,
      rows: await rowsOf(sql`segmented SEMI ${matching}`),
      rest: await restOf(engine, sql`(SELECT segmented.* FROM segmented ANTI ${matching})`, bins),
    }
  })
}

/** A row's values of the keys. */
export const keyValues = (
  row: Readonly<Record<string, unknown>>,
  by: readonly string[],
): (string | null)[] =>
  by.map((_, i) => {
    const value = row[`key_${i}`]
    return typeof value === 'string' ? value : null
  })

/** `key_0`, ...: the columns that hold the values of a segment. */
export const keysOf = (by: readonly string[]): Sql[] => by.map((_, i) => identifier(`key_${i}`))

/** Most sessions first; but where every key has an order of its own, that order. */
export function segmentOrder(by: readonly string[]): Sql {
  const ranks = by.map((_, i) => sql`min(${identifier(`rank_${i}`)})`)
  const values = by.map((_, i) => sql`${identifier(`key_${i}`)} NULLS LAST`)
  return by.map(parseSegmentKey).every(isOrdered)
    ? join([...ranks, ...values])
    : join([raw('count(*) DESC'), ...values])
}

function chosenSegments(by: readonly string[], { top, having }: SegmentChoice): Sql {
  const keys = keysOf(by)
  const measures = (having?.measures ?? []).map(
    ({ name, aggregate }) => sql`, ${aggregate} AS ${identifier(name)}`,
  )
  const order = join([raw('place_sessions DESC'), ...keys.map((key) => sql`${key} NULLS LAST`)])
  return sql`
    SELECT ${join(keys)} FROM (
      SELECT ${join(keys)}, count(*) AS place_sessions${join(measures, '')}
      FROM segmented GROUP BY ${join(keys)}
    )${having === undefined ? sql`` : sql` WHERE (${having.expression})`}
    ORDER BY ${order}${top === undefined ? sql`` : sql` LIMIT ${top}`}`
}

async function restOf(engine: Engine, rest: Sql, bins: readonly Bin[]): Promise<Segments['rest']> {
  const figures = await figuresOf(engine, rest, bins)
  if (figures.sessions === 0) return null
  const keys = sql`(SELECT DISTINCT COLUMNS('^key_\\d+$') FROM ${rest})`
  return { ...(await select(engine, keys, { segments: count() })), figures }
}

const aggregates = (bins: readonly Bin[]) => ({
  sessions: count(),
  users: countDistinct(sql`user`),
  events: sum(sql`events`),
  bounces: count(sql`bounce`),
  total: sum(sql`length`),
  startCensored: count(sql`start_censored`),
  endCensored: count(sql`end_censored`),
  quantiles: quantiles(sql`length`, QUANTILES),
  quantilesWithoutBounces: quantiles(sql`length`, QUANTILES, sql`NOT bounce`),
  longest: max(sql`length`),
  bins: list(
    bins.map(({ fromMicros }, i) => {
      const to = bins[i + 1]?.fromMicros
      const upper = to === undefined ? sql`` : sql` AND length < ${to}`
      return count(sql`length >= ${fromMicros}${upper}`)
    }),
  ),
})

function toFigures(row: ValuesOf<ReturnType<typeof aggregates>>, bins: readonly Bin[]): Figures {
  const { sessions, users, events, bounces, total, longest, startCensored, endCensored } = row
  // A bounce has length 0, so the total and the longest are the same with and without them.
  const longer = sessions - bounces
  return {
    sessions,
    users,
    events,
    bounces,
    bounceShare: ratio(bounces, sessions),
    totalSeconds: total / 1e6,
    eventsPerSession: ratio(events, sessions),
    sessionsPerUser: ratio(sessions, users),
    length: statistics(sessions, total, row.quantiles, longest),
    lengthWithoutBounces: statistics(
      longer,
      total,
      row.quantilesWithoutBounces,
      longer === 0 ? null : longest,
    ),
    histogram: bins.map(({ label, fromMicros }, i) => ({
      label,
      fromSeconds: fromMicros / 1e6,
      toSeconds: seconds(bins[i + 1]?.fromMicros),
      sessions: row.bins[i] ?? 0,
    })),
    startCensored,
    endCensored,
  }
}

const statistics = (
  sessions: number,
  total: number,
  [p50, p75, p90, p95, p99]: readonly (number | null)[],
  longest: number | null,
): LengthStatistics => ({
  sessions,
  meanSeconds: sessions === 0 ? null : total / sessions / 1e6,
  p50Seconds: seconds(p50),
  p75Seconds: seconds(p75),
  p90Seconds: seconds(p90),
  p95Seconds: seconds(p95),
  p99Seconds: seconds(p99),
  maxSeconds: seconds(longest),
})
