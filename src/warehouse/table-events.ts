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

/** The stage, which like all stages has a name that no table of one's own has. */
export const MAPPED_EVENTS = 'sz_events'

/** @throws SessionizeError `usage` for a table that a stage could hide */
export function assertNoStage(parts: readonly string[]): void {
  const [only = ''] = parts
  if (parts.length > 1 || !/^sz_/i.test(only)) return
  throw new SessionizeError('usage', `A stage of the query could be called \`${only}\` too.`, {
    hint: `Write the table with its schema: --from-table SCHEMA.${only}.`,
  })
}

/**
 * @param table where the rows are
 * @param properties the table's columns with properties, and what `events` calls them
 * @param since a condition on `t`; rows that do not meet it are left out
 */
export function tableEvents(
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
    name: MAPPED_EVENTS,
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

/** A column of the stage for each property, which no column of another stage is called. */
export const propertyColumns = (properties: readonly string[]): Map<string, string> =>
  new Map(
    properties.map((name, i) => [
      name,
      /^[a-z][a-z0-9_]*$/.test(name) ? `p_${name}` : `p_${i + 1}`,
    ]),
  )
