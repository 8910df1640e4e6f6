/**
 * One row of input as one row of the `rows` stage: who, when, what, and its fate.
 *
 * A fate of NULL means that the row is an event; any other says why it is not.
 */
import {
  type Field,
  fieldText,
  fieldValue,
  fileNumber,
  findField,
  type NumberedFile,
  readFields,
  readNumbered,
  type SourceGroup,
} from '../sources/scan.js'
import { identifier, join, raw, type Sql, sql, text } from '../sql/sql.js'
import { epochMicros, fromYearOne, YEAR_10000_MICROS, YEAR_ONE_MICROS } from './clock.js'
import type { Condition } from './condition.js'
import { REJECT_REASONS } from './ledger.js'
import type { Mapping } from './mapping.js'
import { matchesPattern } from './pattern.js'

export interface Dimension {
  /** As the user named it, and as output columns are called. */
  readonly name: string
  /** Columns or paths; the first that a file has is used. */
  readonly sources: readonly string[]
  /** In the `rows` and `events` stages. */
  readonly column: string
}

export interface RowPlan {
  readonly mapping: Mapping
  readonly dimensions: readonly Dimension[]
  readonly condition: Condition | undefined
  /** Microseconds since 1970; from inclusive, to exclusive. */
  readonly fromMicros: bigint | undefined
  readonly toMicros: bigint | undefined
  readonly timeZone: string
  /** Patterns of event names that are left out. */
  readonly ignore: readonly string[]
  /** Rows without a recorded session id are out of session. */
  readonly recordedOnly: boolean
}

/** All files' rows: `file`, `user`, `t` (microseconds since year 1), `name`, `session`, `key`, dimensions, `fate`. */
export function rowsQuery(plan: RowPlan, groups: readonly SourceGroup[]): Sql {
  return join(
    groups.map((group) => {
      const source = readFields(group, neededFields(plan, group))
      return classify(plan, readRow(plan, group, source, fileNumber(group, sql`file_index`)))
    }),
    '\nUNION ALL\n',
  )
}

/** Direct reading of typed columns that are known to hold no bad row: nothing left to check. */
export function cleanRowsQuery(plan: RowPlan, groups: readonly SourceGroup[]): Sql {
  return join(
    groups.map((group) => {
      const user = userValue(plan.mapping, group, false)
      return sql`SELECT ${join(
        [
          sql`${fileNumber(group, sql`file_index`)} AS file`,
          sql`${user} AS user`,
          sql`${fromYearOne(cleanMicros(plan, group))} AS t`,
          sql`${optionalText(group, plan.mapping.event)} AS name`,
          sql`${optionalText(group, plan.mapping.session)} AS session`,
          ...plan.dimensions.map(
            (dimension) =>
              sql`${dimensionText(group, dimension)} AS ${identifier(dimension.column)}`,
          ),
        ],
        ', ',
      )} FROM ${readFields(group, neededFields(plan, group))}`
    }),
    '\nUNION ALL\n',
  )
}

/** The rows of one file that were rejected, in order: `row`, `fate`, `value`, `record`. */
export function rejectsQuery(plan: RowPlan, group: SourceGroup, file: NumberedFile): Sql {
  const source = readNumbered(group, file, neededFields(plan, group))
  const located = readRow(plan, group, source, sql`${file.number}`, [
    sql`__row`,
    sql`__record`,
    sql`__malformed`,
    sql`${rawTime(plan, group)} AS __value`,
  ])
  const own = [sql`__row`, sql`__record`, sql`__malformed`, sql`__value`]
  return sql`
    SELECT __row AS row, CASE WHEN __malformed THEN 'malformed' ELSE fate END AS fate, __value AS value, __record AS record
    FROM (${classify(plan, located, own)})
    WHERE __malformed OR fate IN (${join(Object.keys(REJECT_REASONS).map(text))})
    ORDER BY row`
}

/** Own columns start with two underscores, so that a condition's columns keep their names. */
function readRow(
  plan: RowPlan,
  group: SourceGroup,
  source: Sql,
  file: Sql,
  extra: readonly Sql[] = [],
): Sql {
  const { mapping } = plan
  const columns = [
    sql`${file} AS __file`,
    sql`${userValue(mapping, group, true)} AS __user`,
    sql`${isTimeless(plan, group)} AS __timeless`,
    sql`${timeMicros(plan, group)} AS __micros`,
    sql`${optionalText(group, mapping.event)} AS __name`,
    sql`${optionalText(group, mapping.session)} AS __session`,
    sql`${dedupeKey(mapping, group)} AS __key`,
    ...plan.dimensions.map(
      (dimension) => sql`${dimensionText(group, dimension)} AS ${own(dimension.column)}`,
    ),
    sql`${malformed(group)} AS __unreadable`,
    ...extra,
    ...conditionColumns(plan, group),
  ]
  return sql`SELECT ${join(columns)} FROM ${source}`
}

const own = (column: string): Sql => identifier(`__${column}`)

function classify(plan: RowPlan, rows: Sql, extra: readonly Sql[] = []): Sql {
  const { condition, fromMicros, toMicros } = plan
  const filters = [
    ...(condition === undefined
      ? []
      : [sql`NOT coalesce(CAST((${condition.expression}) AS BOOLEAN), false)`]),
    ...(fromMicros === undefined ? [] : [sql`__micros < ${fromMicros}`]),
    ...(toMicros === undefined ? [] : [sql`__micros >= ${toMicros}`]),
  ]
  const inRange = sql`__micros >= ${-YEAR_ONE_MICROS} AND __micros < ${YEAR_10000_MICROS}`
  const fates = [
    sql`WHEN __unreadable THEN 'malformed'`,
    sql`WHEN __user IS NULL THEN 'no_user'`,
    sql`WHEN __timeless THEN 'no_time'`,
    sql`WHEN __micros IS NULL THEN 'bad_time'`,
    sql`WHEN NOT (${inRange}) THEN 'time_out_of_range'`,
    ...(filters.length === 0 ? [] : [sql`WHEN ${join(filters, ' OR ')} THEN 'filtered'`]),
    ...outOfSession(plan),
    ...(plan.ignore.length === 0
      ? []
      : [sql`WHEN ${matchesPattern(sql`__name`, plan.ignore)} THEN 'ignored'`]),
  ]
  const columns = [
    sql`__file AS file`,
    sql`__user AS user`,
    sql`CASE WHEN ${inRange} THEN ${fromYearOne(sql`__micros`)} END AS t`,
    sql`__name AS name`,
    sql`__session AS session`,
    sql`__key AS key`,
    ...plan.dimensions.map(({ column }) => sql`${own(column)} AS ${identifier(column)}`),
    ...extra,
    sql`CASE ${join(fates, ' ')} END AS fate`,
  ]
  return sql`SELECT ${join(columns)} FROM (${rows})`
}

function outOfSession({ mapping, recordedOnly }: RowPlan): Sql[] {
  const tests = [
    ...(mapping.outOfSession === null ? [] : [sql`__session = ${text(mapping.outOfSession)}`]),
    ...(recordedOnly ? [sql`coalesce(__session, '') = ''`] : []),
  ]
  return tests.length === 0 ? [] : [sql`WHEN ${join(tests, ' OR ')} THEN 'out_of_session'`]
}

function conditionColumns(plan: RowPlan, group: SourceGroup): Sql[] {
  return (plan.condition?.columns ?? []).map(({ name, source }) => {
    const field = findField(group, source)
    return field === undefined
      ? sql`NULL AS ${identifier(name)}`
      : sql`${fieldValue(group, field)} AS ${identifier(name)}`
  })
}

function neededFields(plan: RowPlan, group: SourceGroup): Field[] {
  const { mapping } = plan
  const names = [
    ...mapping.user,
    mapping.time,
    ...(mapping.event === null ? [] : [mapping.event]),
    ...(mapping.session === null ? [] : [mapping.session]),
    ...mapping.dedupe,
    ...plan.dimensions.flatMap((dimension) => dimensionSource(group, dimension) ?? []),
    ...(plan.condition?.columns ?? []).map(({ source }) => source),
  ]
  return names.flatMap((name) => findField(group, name) ?? [])
}

function userValue(mapping: Mapping, group: SourceGroup, checked: boolean): Sql {
  const values = mapping.user.map((name) => {
    const value = optionalText(group, name)
    return checked || mapping.user.length > 1 ? filled(value) : value
  })
  return values.length === 1 ? (values[0] ?? raw('NULL')) : sql`coalesce(${join(values)})`
}

const rawTime = (plan: RowPlan, group: SourceGroup): Sql => optionalText(group, plan.mapping.time)

/** A time column that the engine reads as a time, so that nothing has to be parsed. */
function typedTime(plan: RowPlan, group: SourceGroup): Sql | undefined {
  const { time, timeFormat } = plan.mapping
  const field = findField(group, time)
  const typed = timeFormat === 'timestamp' || timeFormat === 'timestamptz'
  return typed && group.format === 'parquet' && field !== undefined
    ? identifier(field.column.name)
    : undefined
}

function timeMicros(plan: RowPlan, group: SourceGroup): Sql {
  const typed = typedTime(plan, group)
  if (typed !== undefined) return epochMicros(typed, plan.mapping.timeFormat, plan.timeZone)
  const field = findField(group, plan.mapping.time)
  if (field === undefined) return raw('CAST(NULL AS BIGINT)')
  const { timeFormat } = plan.mapping
  const spelt = timeFormat === 'timestamp' || timeFormat === 'timestamptz' ? 'iso' : timeFormat
  return epochMicros(fieldText(group, field), spelt, plan.timeZone)
}

/** When every row was seen to be fine, infinity need not be looked for again. */
function cleanMicros(plan: RowPlan, group: SourceGroup): Sql {
  const typed = typedTime(plan, group)
  return typed === undefined ? timeMicros(plan, group) : sql`epoch_us(CAST(${typed} AS TIMESTAMP))`
}

function isTimeless(plan: RowPlan, group: SourceGroup): Sql {
  const typed = typedTime(plan, group)
  return typed === undefined ? sql`${filled(rawTime(plan, group))} IS NULL` : sql`${typed} IS NULL`
}

/** NULL for blank text. Text that starts after the space is never trimmed: that is four times faster. */
const filled = (value: Sql): Sql =>
  sql`CASE WHEN ${value} >= '!' THEN ${value} WHEN trim(${value}) <> '' THEN ${value} END`

/** Empty text is no value. */
function optionalText(group: SourceGroup, name: string | null): Sql {
  const field = name === null ? undefined : findField(group, name)
  return field === undefined ? raw('CAST(NULL AS VARCHAR)') : fieldText(group, field)
}

const dimensionSource = (group: SourceGroup, { sources }: Dimension): string | undefined =>
  sources.find((source) => findField(group, source) !== undefined)

function dimensionText(group: SourceGroup, dimension: Dimension): Sql {
  const source = dimensionSource(group, dimension)
  return source === undefined
    ? raw('CAST(NULL AS VARCHAR)')
    : sql`nullif(${optionalText(group, source)}, '')`
}

/** All key columns must be filled; a row without a key is never a duplicate. */
function dedupeKey(mapping: Mapping, group: SourceGroup): Sql {
  const parts = mapping.dedupe.map((name) => sql`nullif(${optionalText(group, name)}, '')`)
  if (parts.length === 0) return raw('CAST(NULL AS VARCHAR)')
  // Lengths keep ('a', 'bc') apart from ('ab', 'c').
  return parts.length === 1
    ? (parts[0] ?? raw('NULL'))
    : join(
        parts.map((part) => sql`length(${part}) || ':' || ${part}`),
        ' || ',
      )
}

const malformed = (group: SourceGroup): Sql =>
  group.format === 'log' ? sql`ip = ''` : raw('false')
