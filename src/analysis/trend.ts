/** Sessions over time, per calendar period of a zone. A session counts where it starts or ends. */

import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { isoTime } from '../events/open.js'
import {
  columnsOf,
  count,
  countDistinct,
  quantiles,
  readFigures,
  seconds,
  select,
  sum,
} from '../figures/figure.js'
import { withRelation } from '../figures/relation.js'
import type { Events } from '../sessions/dataset.js'
import { identifier, join, raw, type Sql, sql, text } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import { MICROS_PER_DAY, MICROS_PER_WEEK } from '../units/time.js'
import { type AnswerContext, answerContext } from './context.js'
import { ratio } from './exact.js'
import { keysOf, keyValues, segmentOrder } from './segment-figures.js'
import { localTime, measureSegments, type SegmentOptions } from './segmented-sessions.js'

export const PERIODS = ['hour', 'day', 'week', 'month', 'hour-of-week'] as const
/** Length of a period; weeks begin on Monday. */
export type PeriodUnit = (typeof PERIODS)[number]

export interface TrendOptions extends SegmentOptions {
  /** Length of a period. */
  readonly per: PeriodUnit
  /** Where a session counts; its start by default. */
  readonly attribute?: 'start' | 'end'
}

/** The answer of `trend`. */
export interface Trend extends AnswerContext {
  readonly schema: 'sessionize/trend/v1'
  readonly per: PeriodUnit
  readonly timeZone: string
  readonly attribute: 'start' | 'end'
  readonly dimensions: readonly string[]
  /** One without dimensions; else one per segment, most sessions first. */
  readonly series: readonly TrendSeries[]
}

/** One segment over time. */
export interface TrendSeries {
  readonly values: readonly (string | null)[]
  /** Every period from the first to the last of the data, also those without a session. */
  readonly periods: readonly TrendPeriod[]
  /** With `hour-of-week`, all 168 of them from Monday 0 h; else none. */
  readonly hoursOfWeek: readonly HourOfWeek[]
}

/** Sessions of a period in figures. */
export interface PeriodFigures {
  readonly sessions: number
  readonly users: number
  readonly events: number
  readonly bounces: number
  readonly bounceShare: number | null
  readonly totalSeconds: number
  readonly meanSeconds: number | null
  readonly p50Seconds: number | null
  readonly p90Seconds: number | null
}

/** A period of the calendar. */
export interface TrendPeriod extends PeriodFigures {
  /** `2024-01-31 18:00`, `2024-01-31`, `2024-W05`, `2024-01`, in the zone. */
  readonly label: string
  /** When it begins, ISO 8601 UTC. */
  readonly start: string
  /** The data begin or end inside it. */
  readonly partial: boolean
  /** Against the period before: 0.1 is 10 % more. Null where either is partial or there is none. */
  readonly sessionsChange: number | null
  readonly meanChange: number | null
}

/** An hour of the week, over all weeks. */
export interface HourOfWeek extends PeriodFigures {
  /** 1 is Monday. */
  readonly weekday: number
  readonly hour: number
  /** How often this hour occurs between the first and the last event. */
  readonly occurrences: number
}

/** More rows than anyone reads, and than memory should hold. */
const MOST_PERIODS = 200_000
const MOST_ROWS = 1_000_000

export async function trend(engine: Engine, events: Events, options: TrendOptions): Promise<Trend> {
  const zone = options.reportTimeZone ?? 'UTC'
  const attribute = options.attribute ?? 'start'
  const ledger = await measureSegments(engine, events, options)
  return {
    schema: 'sessionize/trend/v1',
    ...answerContext(events, options.definition, ledger),
    per: options.per,
    timeZone: zone,
    attribute,
    dimensions: options.by,
    series:
      options.per === 'hour-of-week'
        ? await heatmaps(engine, events, options.by, zone, attribute)
        : await seriesOf(engine, events, options, options.per, zone, attribute),
  }
}

type CalendarUnit = Exclude<PeriodUnit, 'hour-of-week'>

const LONGEST_MICROS: Readonly<Record<CalendarUnit, number>> = {
  hour: 3_600e6,
  day: MICROS_PER_DAY,
  week: MICROS_PER_WEEK,
  month: 28 * MICROS_PER_DAY,
}

/** The start of the period that holds an instant, both in microseconds since year 1. */
function periodStart(unit: CalendarUnit, at: Sql, zone: string): Sql {
  const local = localTime(at, zone)
  // An hour that the change from summer time repeats is two hours, so hours are cut on instants.
  return unit === 'hour'
    ? sql`${at} - epoch_us(${local}) % 3600000000 - CASE WHEN epoch_us(${local}) % 3600000000 < 0 THEN 3600000000 ELSE 0 END`
    : sql`epoch_us(timezone(${text(zone)}, date_trunc(${text(unit)}, ${local}))) + ${YEAR_ONE_MICROS}`
}

const LABELS: Readonly<Record<CalendarUnit, string>> = {
  hour: '%Y-%m-%d %H:%M',
  day: '%Y-%m-%d',
  week: '%G-W%V',
  month: '%Y-%m',
}

/** Every period between the first and the last event, by `start`, `finish` and `label`. */
function periodsOf(
  events: Pick<Events, 'firstMicros' | 'lastMicros'>,
  unit: CalendarUnit,
  zone: string,
): Sql {
  const { firstMicros, lastMicros } = events
  const first = firstMicros ?? 0n
  const last = lastMicros ?? 0n
  const count = Number(last - first) / LONGEST_MICROS[unit]
  if (count > MOST_PERIODS) {
    throw new SessionizeError(
      'usage',
      `From ${isoTime(first)} to ${isoTime(last)} there are too many periods per ${unit}.`,
      {
        hint: `Use ${option('per')} month, or a shorter time with ${option('from')} and ${option('to')}.`,
      },
    )
  }
  const step = raw(unit === 'hour' ? `INTERVAL 15 MINUTE` : `INTERVAL 1 ${unit}`)
  const local = (at: bigint): Sql => localTime(sql`${at}`, zone)
  const starts =
    unit === 'hour'
      ? sql`SELECT DISTINCT ${periodStart('hour', sql`moment`, zone)} AS start
            FROM (SELECT unnest(range(${first}, ${last + 1n}, 900000000)) AS moment UNION ALL SELECT ${last})`
      : sql`SELECT epoch_us(timezone(${text(zone)}, day)) + ${YEAR_ONE_MICROS} AS start
            FROM (SELECT unnest(generate_series(date_trunc(${text(unit)}, ${local(first)}), date_trunc(${text(unit)}, ${local(last)}), ${step})) AS day)`
  const next =
    unit === 'hour'
      ? sql`start + 3600000000`
      : sql`epoch_us(timezone(${text(zone)}, date_trunc(${text(unit)}, ${localTime(sql`start`, zone)}) + ${step})) + ${YEAR_ONE_MICROS}`
  return sql`
    SELECT start, ${next} AS finish, strftime(${localTime(sql`start`, zone)}, ${text(LABELS[unit])}) AS label
    FROM (${starts}) WHERE ${raw(firstMicros === null ? 'false' : 'true')}`
}

const FIGURES = {
  sessions: count(),
  users: countDistinct(sql`user`),
  events: sum(sql`events`),
  bounces: count(sql`bounce`),
  total: sum(sql`length`),
  quantiles: quantiles(sql`length`, [0.5, 0.9]),
} as const

type FigureRow = Readonly<Record<string, unknown>>

function figures(row: FigureRow): PeriodFigures {
  const { sessions, users, events, bounces, total, quantiles } = readFigures(row, FIGURES)
  const totalSeconds = total / 1e6
  return {
    sessions,
    users,
    events,
    bounces,
    bounceShare: ratio(bounces, sessions),
    totalSeconds,
    meanSeconds: sessions === 0 ? null : totalSeconds / sessions,
    p50Seconds: seconds(quantiles[0]),
    p90Seconds: seconds(quantiles[1]),
  }
}

const attributed = (attribute: 'start' | 'end'): Sql => identifier(attribute)

/** Every segment with its `place`, one row without dimensions. */
const segmentsOf = (by: readonly string[]): Sql =>
  by.length === 0
    ? sql`SELECT 1 AS place`
    : sql`
      SELECT ${join(keysOf(by))}, row_number() OVER (ORDER BY ${segmentOrder(by)}) AS place
      FROM segmented GROUP BY ${join(keysOf(by))}`

/** Every segment has a row in every period. */
async function assertReadable(
  engine: Engine,
  unit: CalendarUnit,
  segments: Sql,
  periods: Sql,
): Promise<void> {
  const { rows: many } = await select(engine, segments, { rows: count() })
  const { rows: long } = await select(engine, periods, { rows: count() })
  if (many * long <= MOST_ROWS) return
  throw new SessionizeError(
    'usage',
    `${many} segments in ${long} periods per ${unit} are more than anyone reads.`,
    { hint: `Use ${option('per')} month, or segments of fewer values: ${option('by')} platform` },
  )
}

const sameKeys = (by: readonly string[], a: string, b: string): Sql =>
  join(
    [
      raw('true'),
      ...keysOf(by).map((key) => sql`${raw(a)}.${key} IS NOT DISTINCT FROM ${raw(b)}.${key}`),
    ],
    ' AND ',
  )

async function seriesOf(
  engine: Engine,
  events: Events,
  { by, definition }: TrendOptions,
  unit: CalendarUnit,
  zone: string,
  attribute: 'start' | 'end',
): Promise<TrendSeries[]> {
  const keys = keysOf(by)
  const start = periodStart(unit, attributed(attribute), zone)
  const grouped = sql`
    SELECT ${join([...keys, sql`${start} AS period`, columnsOf(FIGURES)])}
    FROM segmented GROUP BY ${join([...keys, raw('period')])}`
  type PeriodRow = FigureRow & { start: bigint; finish: bigint; label: string; place: bigint }
  const rows = await withRelation(engine, segmentsOf(by), (segments) =>
    withRelation(engine, periodsOf(events, unit, zone), async (periods) => {
      await assertReadable(engine, unit, segments, periods)
      return engine.rows<PeriodRow>(sql`
        SELECT listed.*, periods.start, periods.finish, periods.label, measured.* EXCLUDE (${join([...keys, raw('period')])})
        FROM ${segments} AS listed CROSS JOIN ${periods} AS periods
        LEFT JOIN (${grouped}) AS measured ON measured.period = periods.start AND ${sameKeys(by, 'measured', 'listed')}
        ORDER BY listed.place, periods.start`)
    }),
  )
  const series = inSeries(rows, by, (row, before: TrendPeriod | undefined) =>
    withChange(row, isPartial(events, row.start, row.finish, definition.gapMicros), before),
  )
  return series.map(({ values, items }) => ({ values, periods: items, hoursOfWeek: [] }))
}

/** Rows that come segment by segment, each after the one before it in its segment. */
function inSeries<Row extends FigureRow & { readonly place: bigint }, Item>(
  rows: readonly Row[],
  by: readonly string[],
  itemOf: (row: Row, before: Item | undefined) => Item,
): { values: (string | null)[]; items: Item[] }[] {
  const series = new Map<bigint, { values: (string | null)[]; items: Item[] }>()
  for (const row of rows) {
    const one = series.get(row.place) ?? { values: keyValues(row, by), items: [] }
    series.set(row.place, one)
    one.items.push(itemOf(row, one.items.at(-1)))
  }
  return [...series.values()]
}

/** Without an event for this share of a period at an edge of the data, the period is not whole. */
const UNSEEN_SHARE = 0.1

/** As for sessions, what is within one gap of the edge of the data is not held against them. */
function isPartial(events: Events, start: bigint, finish: bigint, gapMicros: number): boolean {
  const { firstMicros, lastMicros } = events
  const slack = BigInt(Math.round(Math.min(gapMicros, Number(finish - start) * UNSEEN_SHARE)))
  return (
    (firstMicros !== null && firstMicros > start + slack) ||
    (lastMicros !== null && lastMicros < finish - slack)
  )
}

function withChange(
  row: FigureRow & { start: bigint; label: string },
  partial: boolean,
  before: TrendPeriod | undefined,
): TrendPeriod {
  const now = figures(row)
  const comparable = before !== undefined && !before.partial && !partial
  return {
    label: row.label,
    start: isoTime(row.start),
    partial,
    ...now,
    sessionsChange: comparable ? relative(now.sessions, before.sessions) : null,
    meanChange: comparable ? relative(now.meanSeconds, before.meanSeconds) : null,
  }
}

const relative = (now: number | null, before: number | null): number | null =>
  now === null || before === null || before === 0 ? null : (now - before) / before

const WEEK_MICROS = BigInt(MICROS_PER_WEEK)

/**
 * Of more hours than can be listed the whole weeks, in which each hour of the week occurs once, and
 * what is left: there are 168 cells however far a wrong clock lies. (Over decades a change of the
 * clocks is no matter.)
 */
function wholeWeeks(events: Events): {
  weeks: number
  rest: Pick<Events, 'firstMicros' | 'lastMicros'>
} {
  const { firstMicros, lastMicros } = events
  const span = (lastMicros ?? 0n) - (firstMicros ?? 0n)
  if (lastMicros === null || Number(span) / LONGEST_MICROS.hour <= MOST_PERIODS) {
    return { weeks: 0, rest: events }
  }
  const weeks = span / WEEK_MICROS
  return {
    weeks: Number(weeks),
    rest: { firstMicros, lastMicros: lastMicros - weeks * WEEK_MICROS },
  }
}

async function heatmaps(
  engine: Engine,
  events: Events,
  by: readonly string[],
  zone: string,
  attribute: 'start' | 'end',
): Promise<TrendSeries[]> {
  const { weeks, rest } = wholeWeeks(events)
  const keys = keysOf(by)
  const hourOfWeek = (at: Sql): Sql => {
    const local = localTime(at, zone)
    return sql`(isodow(${local}) - 1) * 24 + hour(${local})`
  }
  const rows = await engine.rows<FigureRow & { place: bigint; cell: bigint; hours: bigint | null }>(
    sql`
    SELECT listed.*, cells.cell, occurring.hours, measured.* EXCLUDE (${join([...keys, raw('cell')])})
    FROM (${segmentsOf(by)}) AS listed CROSS JOIN (SELECT unnest(range(168)) AS cell) AS cells
    LEFT JOIN (SELECT ${hourOfWeek(sql`start`)} AS cell, count(*) AS hours FROM (${periodsOf(rest, 'hour', zone)}) GROUP BY cell) AS occurring
      ON occurring.cell = cells.cell
    LEFT JOIN (
      SELECT ${join([...keys, sql`${hourOfWeek(attributed(attribute))} AS cell`, columnsOf(FIGURES)])}
      FROM segmented WHERE ${attributed(attribute)} BETWEEN ${events.firstMicros ?? 0n} AND ${events.lastMicros ?? 0n}
      GROUP BY ${join([...keys, raw('cell')])}
    ) AS measured ON measured.cell = cells.cell AND ${sameKeys(by, 'measured', 'listed')}
    ORDER BY listed.place, cells.cell`,
  )
  const series = inSeries(rows, by, (row): HourOfWeek => {
    const cell = Number(row.cell)
    return {
      weekday: Math.floor(cell / 24) + 1,
      hour: cell % 24,
      occurrences: Number(row.hours ?? 0n) + weeks,
      ...figures(row),
    }
  })
  return series.map(({ values, items }) => ({ values, periods: [], hoursOfWeek: items }))
}
