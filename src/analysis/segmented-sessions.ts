/**
 * Sessions with the values that they are grouped by: the relation `segmented` has the columns of
 * `sessions` and per key a text `key_N` and its place in order, `rank_N` (NULL: by value).
 */
import type { Engine } from '../engines/duckdb.js'
import { option } from '../errors/option.js'
import { asTimestamp } from '../events/clock.js'
import type { Ledger } from '../events/ledger.js'
import { assertTimeZone } from '../events/time-column.js'
import { measureSessions, planSessions, settleLedger } from '../sessions/build.js'
import type { Events } from '../sessions/dataset.js'
import type { SessionDefinition } from '../sessions/definition.js'
import type { BlockPlan } from '../sessions/plan.js'
import type { SessionRequest } from '../sessions/request.js'
import { identifier, join, raw, type Sql, sql, text } from '../sql/sql.js'
import { PRODUCT_BINS } from './bins.js'
import { requireEvents } from './event-access.js'
import { eventsInSessions } from './event-sessions.js'
import { type CalendarPart, type Pick, parseSegmentKey, type SegmentKey } from './segment-key.js'

export interface SegmentOptions {
  readonly definition: SessionDefinition
  /** As `--by` takes them. */
  readonly by: readonly string[]
  /** For calendar parts; UTC by default. */
  readonly reportTimeZone?: string
  readonly plan?: BlockPlan
}

/**
 * Creates the table `sessions` and the relation `segmented`.
 *
 * @returns the row ledger, with what the session definition left out.
 */
export async function measureSegments(
  engine: Engine,
  events: Events,
  options: SegmentOptions,
): Promise<Ledger> {
  const keys = options.by.map(parseSegmentKey)
  const firsts = [
    ...new Set(
      keys.flatMap((key) => (key.kind === 'property' && key.pick === 'first' ? key.property : [])),
    ),
  ]
  const zone = options.reportTimeZone ?? 'UTC'
  await assertTimeZone(engine, zone, option('reportTimezone'))
  const request = await planSessions(engine, events, {
    definition: options.definition,
    dimensions: firsts,
    properties: [],
    ...(options.plan === undefined ? {} : { plan: options.plan }),
  })
  await measureSessions(engine, request)
  const columns: Sql[] = []
  const joins: Sql[] = []
  for (const [i, key] of keys.entries()) {
    const table = identifier(`picked_${i}`)
    if (key.kind === 'property' && key.pick !== 'first') {
      await pickValues(engine, events, request, key.property, key.pick, table)
      joins.push(
        key.pick === 'user'
          ? sql` LEFT JOIN ${table} ON ${table}.user = s.user`
          : sql` LEFT JOIN ${table} ON ${table}.id = s.rowid`,
      )
    }
    const { value, rank } = expression(key, firsts, table, zone)
    columns.push(sql`${value} AS ${identifier(`key_${i}`)}`)
    columns.push(sql`CAST(${rank} AS BIGINT) AS ${identifier(`rank_${i}`)}`)
  }
  await engine.run(
    sql`CREATE OR REPLACE TEMP VIEW segmented AS SELECT s.*${join(
      columns.map((column) => sql`, ${column}`),
      '',
    )} FROM sessions AS s${join(joins, '')}`,
  )
  return settleLedger(engine, events, request)
}

/** Whether the key's values have an order of their own, as hours do and platforms do not. */
export const isOrdered = (key: SegmentKey): boolean =>
  key.kind === 'calendar' || key.kind === 'length'

/** Local wall-clock time of an instant that is counted in microseconds since year 1. */
export const localTime = (micros: Sql, zone: string): Sql =>
  sql`timezone(${text(zone)}, ${asTimestamp(micros)})`

function expression(
  key: SegmentKey,
  firsts: readonly string[],
  table: Sql,
  zone: string,
): { value: Sql; rank: Sql } {
  const none = raw('NULL')
  switch (key.kind) {
    case 'property':
      return {
        value:
          key.pick === 'first'
            ? sql`s.${identifier(`segment_${firsts.indexOf(key.property)}`)}`
            : sql`${table}.value`,
        rank: none,
      }
    case 'calendar':
      return calendar(key.part, localTime(sql`s.start`, zone))
    case 'length':
      return {
        value: byLength(({ label }) => text(label)),
        rank: byLength((_, i) => sql`${i}`),
      }
    case 'visitor':
      return {
        value: raw(`CASE WHEN s.previous_end IS NULL THEN 'new' ELSE 'returning' END`),
        rank: none,
      }
  }
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

function calendar(part: CalendarPart, local: Sql): { value: Sql; rank: Sql } {
  const start = (unit: string): Sql => sql`epoch_us(date_trunc(${text(unit)}, ${local}))`
  switch (part) {
    case 'hour':
      return { value: sql`strftime(${local}, '%H')`, rank: sql`hour(${local})` }
    case 'weekday':
      return {
        value: sql`[${join(WEEKDAYS.map(text))}][isodow(${local})]`,
        rank: sql`isodow(${local})`,
      }
    case 'day':
      return { value: sql`strftime(${local}, '%Y-%m-%d')`, rank: start('day') }
    case 'week':
      return { value: sql`strftime(${local}, '%G-W%V')`, rank: start('week') }
    case 'month':
      return { value: sql`strftime(${local}, '%Y-%m')`, rank: start('month') }
  }
}

function byLength(of: (bin: (typeof PRODUCT_BINS)[number], at: number) => Sql): Sql {
  const cases = PRODUCT_BINS.map(
    (bin, i) => sql`WHEN s.length >= ${bin.fromMicros} THEN ${of(bin, i)}`,
  )
  return sql`CASE ${join(cases.reverse(), ' ')} END`
}

/** Values that need more than a session's first: the last, the most frequent, or the user's last. */
async function pickValues(
  engine: Engine,
  events: Events,
  request: SessionRequest,
  property: string,
  pick: Exclude<Pick, 'first'>,
  table: Sql,
): Promise<void> {
  requireEvents(events, `${option('by')} ${property}:${pick}`)
  const dimension = events.dimensions.find(({ name }) => name === property)
  if (dimension === undefined) throw new RangeError(`${property} was not read from the events`)
  const value = identifier(dimension.column)
  // Ties are broken by value, never by chance.
  const latest = sql`max({t: t, value: ${value}}).value`
  const filled = sql`${value} IS NOT NULL`
  const body = async (): Promise<Sql> => {
    if (pick === 'user') {
      return sql`SELECT user, ${latest} AS value FROM events WHERE ${filled} GROUP BY user`
    }
    const source = { table: 'sessions', columns: ['rowid'] }
    const inSession = sql`
      SELECT rowid AS id, t, ${value} FROM (${await eventsInSessions(engine, events, request, source)})
      WHERE rowid IS NOT NULL AND ${filled}`
    if (pick === 'last') return sql`SELECT id, ${latest} AS value FROM (${inSession}) GROUP BY id`
    return sql`
      SELECT id, min({n: -n, value: ${value}}).value AS value
      FROM (SELECT id, ${value}, count(*) AS n FROM (${inSession}) GROUP BY id, ${value})
      GROUP BY id`
  }
  await engine.run(sql`CREATE OR REPLACE TEMP TABLE ${table} AS ${await body()}`)
}
