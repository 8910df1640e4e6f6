/**
 * The stage `events` over a table that somebody else made: its columns as user, time, name, recorded
 * session and properties, in the types that the later stages take for granted. Rows without a user
 * or a time are no events, as in files.
 */
import type { Dialect } from '../dialects/dialect.js'
import { SessionizeError } from '../errors/errors.js'
import { identifier, join, type Sql, type Stage, sql } from '../sql/sql.js'
import { YEAR_10000_MICROS, YEAR_ONE_MICROS } from '../units/instant.js'

export const TIME_UNITS = ['s', 'ms', 'us', 'ns'] as const
export type TimeUnit = (typeof TIME_UNITS)[number]

export interface TableMapping {
  /** Of several columns the first that is filled. */
  readonly user: readonly string[]
  readonly time: string
  /** Of an integer since 1970; undefined for a timestamp. */
  readonly unit?: TimeUnit
  readonly event?: string
  readonly session?: string
}

/** Names of stages, which hide a table that is called so. */
const STAGES = new Set(
  `alone based based_blocks blocks coded cut_parts decoded distinct_names grouped heard instants joined
  jumps linked lived_instants long_sessions long_steps marked numbered numbered_blocks openers parts
  placed recorded_ids runs sessions steps successors ties walked`.split(/\s+/),
)

/**
 * What the stage is called over this table: `events`, unless that is the table's own name.
 *
 * @throws SessionizeError `usage` where another stage has it
 */
export function stageOver(parts: readonly string[]): string {
  const [only = ''] = parts
  const name = only.toLowerCase()
  if (parts.length > 1) return 'events'
  if (STAGES.has(name) || /^assigned$|_codes$/.test(name)) {
    throw new SessionizeError('usage', `A stage of the query is called \`${only}\` too.`, {
      hint: `Write the table with its schema: --from-table SCHEMA.${only}.`,
    })
  }
  return name === 'events' ? 'event_rows' : 'events'
}

/**
 * @param stage the name of the stage
 * @param table where the rows are
 * @param properties the table's columns with properties, and what `events` calls them
 * @param since a condition on `t`; rows that do not meet it are left out
 */
export function tableEvents(
  stage: string,
  table: Sql,
  mapping: TableMapping,
  properties: readonly { readonly name: string; readonly column: string }[],
  dialect: Dialect,
  since: Sql = sql``,
): Stage {
  const text = (column: string): Sql => dialect.asText(identifier(column))
  const value = (column: string | undefined): Sql =>
    column === undefined ? dialect.asText(sql`NULL`) : sql`nullif(${text(column)}, '')`
  const users = mapping.user.map(
    (column) => sql`CASE WHEN trim(${text(column)}) <> '' THEN ${text(column)} END`,
  )
  const columns = [
    sql`${users.length === 1 ? (users[0] ?? sql`NULL`) : sql`coalesce(${join(users)})`} AS "user"`,
    sql`${microsOf(identifier(mapping.time), mapping.unit, dialect)} + ${YEAR_ONE_MICROS} AS t`,
    sql`${value(mapping.event)} AS name`,
    sql`${value(mapping.session)} AS session`,
    ...properties.map(({ name, column }) => sql`${value(name)} AS ${identifier(column)}`),
  ]
  return {
    name: stage,
    comment: 'One row per event; t is in microseconds since the year 1.',
    body: sql`SELECT *, 0 AS file
FROM (
  SELECT ${join(columns, ',\n    ')}
  FROM ${table}
) AS mapped
WHERE "user" IS NOT NULL AND t >= 0 AND t < ${YEAR_10000_MICROS + YEAR_ONE_MICROS}${since}`,
  }
}

/** Microseconds since 1970, rounded down; NULL where there is no time. */
function microsOf(time: Sql, unit: TimeUnit | undefined, dialect: Dialect): Sql {
  const integer = dialect.integer(time)
  switch (unit) {
    case undefined:
      return dialect.epochMicros(time)
    case 's':
      return scaled(integer, 1_000_000n)
    case 'ms':
      return scaled(integer, 1_000n)
    case 'us':
      return integer
    case 'ns':
      // Quotients are of numbers that are not negative.
      return sql`CASE WHEN ${integer} < 0 THEN -${dialect.quotient(sql`999 - ${integer}`, 1000)} ELSE ${dialect.quotient(integer, 1000)} END`
  }
}

/** Nonsense times must not overflow. */
function scaled(time: Sql, micros: bigint): Sql {
  const [first, end] = [-YEAR_ONE_MICROS / micros, YEAR_10000_MICROS / micros]
  return sql`CASE WHEN ${time} >= ${first} AND ${time} < ${end} THEN ${time} * ${micros} END`
}

/** Names that stages give to columns of their own. */
const OWN = new Set(
  `active alive alive_seen base block changed code d day end ended events file first first_event gap_rank
  id is_end is_last is_passive is_start kept last last_event last_seen name names next next_day node nth
  opens ord piece place previous_end reason recorded run session start started step t user value`.split(
    /\s+/,
  ),
)

/** A column of `events` for each property: called like it where no stage minds. */
export function propertyColumns(properties: readonly string[]): Map<string, string> {
  const plain = (name: string): boolean =>
    /^[a-z][a-z0-9_]*$/.test(name) &&
    !OWN.has(name) &&
    !/^(a|m|names_)\d+$|_(at|code|codes|event|first|key|last|value)$/.test(name)
  return new Map(
    properties.map((name, i) => [name, plain(name) ? name : `property_${i + 1}`] as const),
  )
}
