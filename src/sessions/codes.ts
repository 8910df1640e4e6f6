/**
 * Names and property values as integers in their sort order, so that a time and a value pack into
 * one sortable integer: its minimum is the first value, its maximum the last, and ties are broken by
 * value, never by chance.
 */
import type { Dialect } from '../dialects/dialect.js'
import { identifier, join, raw, type Sql, type Stage, small, sql } from '../sql/sql.js'
import type { SessionPlan } from './plan.js'
import { codesNames, collectedSetColumns, mergedSets, setSources } from './sets.js'

/** Codes are below 2^31, and a time within a block is below 2^32: together they fit 63 bits. */
export const CODE_BITS = 31
const CODES = 2 ** CODE_BITS

const codeTableName = (column: string): string => `sz_${column}_codes`
export const codeTable = (column: string): Sql => identifier(codeTableName(column))
export const codeOf = (column: string): Sql => identifier(`${column}_code`)
export const timeOf = (column: string): Sql => identifier(`${column}_at`)

/** Codes follow the sort order of the values; no value sorts before all others. */
export const codeStage = (
  column: string,
  { events, stored, known }: SessionPlan,
  dialect: Dialect,
): Stage => ({
  name: codeTableName(column),
  comment: `One row per value of ${column}, numbered in sort order.`,
  materialized: true,
  body:
    known?.get(column)?.relation ??
    sql`SELECT value, row_number() OVER (ORDER BY ${dialect.bytewise(sql`value`)}) - 1 AS code
FROM (${
      stored === undefined
        ? sql`SELECT DISTINCT coalesce(${identifier(column)}, '') AS value FROM ${events}`
        : sql`SELECT DISTINCT value FROM (${join(
            (['first', 'last'] as const).map(
              (pick) =>
                sql`SELECT coalesce(${storedValue(column, pick)}, '') AS value FROM ${stored}`,
            ),
            ' UNION ALL ',
          )}) AS stored_values`
    }) AS distinct_values`,
})

/** A column of stored blocks: the first or last value of a column of events, or of their name. */
export const storedValue = (column: string, pick: CodedValue['pick']): Sql =>
  identifier(column === 'name' ? `${pick}_event` : `${column}_${pick}`)

/** Columns of `events` that are coded, names first. */
export function codedColumns(plan: SessionPlan, alsoRules = false): string[] {
  return [
    ...new Set([
      ...(plan.names || codesNames(plan) ? ['name'] : []),
      ...plan.attributes.map(({ column }) => column),
      ...(alsoRules ? Object.values(plan.ruleColumns) : []),
    ]),
  ]
}

/** `SELECT` list and `FROM` of events with codes beside their user and time. */
export function codedEvents(
  plan: SessionPlan,
  columns: readonly string[],
  extra: readonly Sql[] = [],
): { select: Sql[]; from: Sql } {
  const select = [
    sql`${small(columns.map(codeTableName))}e."user"`,
    sql`e.t`,
    ...columns.map((column) => {
      const known = plan.known?.get(column)
      if (known !== undefined) {
        const code = known.of(sql`e.${identifier(column)}`)
        return sql`${column === 'name' && known.gaps ? sql`coalesce(${code}, 0)` : code} AS ${codeOf(column)}`
      }
      return column === 'name'
        ? sql`${codeTable(column)}.code AS ${codeOf(column)}`
        : sql`CASE WHEN e.${identifier(column)} IS NOT NULL THEN ${codeTable(column)}.code END AS ${codeOf(column)}`
    }),
    ...setSources(plan).map((column) => sql`e.${column}`),
    ...(plan.eventIds === true ? [sql`e.id`] : []),
    ...plan.measures.map(({ value, as }) => sql`${value} AS ${identifier(as)}`),
    ...extra,
  ]
  const joined = columns.filter((column) => plan.known?.has(column) !== true)
  const joins = joined.map(
    (column) =>
      sql`\n  LEFT JOIN ${codeTable(column)} ON ${codeTable(column)}.value = coalesce(e.${identifier(column)}, '')`,
  )
  return { select, from: sql`FROM ${plan.events} AS e${join(joins, '')}` }
}

/** The columns that `codedEvents` selects, besides the extra ones. */
export const codedEventColumns = (plan: SessionPlan, columns: readonly string[]): Sql[] => [
  raw('"user"'),
  raw('t'),
  ...columns.map(codeOf),
  ...setSources(plan),
  ...(plan.eventIds === true ? [raw('id')] : []),
  ...measureColumns(plan),
]

/** A coded value that sessions carry. */
export interface CodedValue {
  readonly as: string
  readonly pick: 'first' | 'last'
  /** The coded column of `events`. */
  readonly column: string
  /** Whether it is the name of the session's first or last event, and not a property's value. */
  readonly isName: boolean
}

export function codedValues(plan: SessionPlan): CodedValue[] {
  const names: CodedValue[] = [
    { as: 'first_event', pick: 'first', column: 'name', isName: true },
    { as: 'last_event', pick: 'last', column: 'name', isName: true },
  ]
  return [
    ...(plan.names ? names : []),
    ...plan.attributes.map((attribute) => ({ ...attribute, isName: false })),
  ]
}

export const extreme = (pick: CodedValue['pick'], value: Sql): Sql =>
  pick === 'first' ? sql`min(${value})` : sql`max(${value})`

/** Time within a block and code, in 63 bits. */
export const packedOffset = (offset: Sql, code: Sql): Sql => sql`${offset} * ${CODES} + ${code}`

/** Any order and code, in a wide integer. */
export const packedWide = (order: Sql, code: Sql, dialect: Dialect): Sql =>
  sql`${dialect.wide(order)} * ${CODES} + ${code}`

/** The code of the first or last row of a group by `order`. */
export const codeAt = (pick: CodedValue['pick'], order: Sql, code: Sql, dialect: Dialect): Sql =>
  dialect.integer(dialect.lowBits(extreme(pick, packedWide(order, code, dialect)), CODE_BITS))

/** Everything that a session carries besides its times, put together from that of its blocks. */
export const mergedBlocks = (plan: SessionPlan, dialect: Dialect): Sql[] => [
  ...codedValues(plan).map(({ as, pick, isName }) => {
    const at = isName ? raw(pick) : timeOf(as)
    return sql`${codeAt(pick, at, codeOf(as), dialect)} AS ${codeOf(as)}`
  }),
  ...mergedSets(plan, dialect),
  ...summedMeasures(plan),
]

/** Everything that a session carries besides its times and the sets that split its blocks. */
export const valueColumns = (plan: SessionPlan): Sql[] => [
  ...codedValues(plan).map(({ as }) => codeOf(as)),
  ...collectedSetColumns(plan),
  ...measureColumns(plan),
]

export const measureColumns = (plan: SessionPlan): Sql[] =>
  plan.measures.map(({ as }) => identifier(as))

export const summedMeasures = (plan: SessionPlan): Sql[] =>
  measureColumns(plan).map((measure) => sql`sum(${measure}) AS ${measure}`)
