/**
 * One row of input as one row of the `rows` stage: who, when, what, and its fate.
 *
 * A fate of NULL means that the row is an event; any other says why it is not.
 */
import { type Field, findField, valueBelow } from '../sources/field.js'
import type { NumberedFile, SourceGroup } from '../sources/group.js'
import { readGroup, readNumbered, readObjects, rowNumber } from '../sources/reading.js'
import type { Reading } from '../sources/row-relation.js'
import { partsOf } from '../sources/source.js'
import { identifier, join, raw, type Sql, sql, text } from '../sql/sql.js'
import { YEAR_10000_MICROS, YEAR_ONE_MICROS } from '../units/instant.js'
import { columnMicros, epochMicros, fromYearOne, type TimeFormat } from './clock.js'
import { type Condition, type ConditionColumn, isText, misfits } from './condition.js'
import { dedupeKey } from './duplicates.js'
import { idColumn } from './identity.js'
import { filled, keyFields, keyText, meant, meantOrEmpty, saysNothing, timeText } from './key.js'
import { REJECT_REASONS } from './ledger.js'
import type { Mapping } from './mapping.js'
import { nothing } from './null-like.js'
import { type PassthroughColumn, passthroughValue } from './passthrough.js'
import { matchesPattern } from './pattern.js'
import { isTyped, singleField, type TimeColumn } from './time-column.js'

export interface Dimension {
  /** As the user named it, and as output columns are called. */
  readonly name: string
  /** Keys; the first that a file has is used. */
  readonly sources: readonly string[]
  /** In the `rows` and `events` stages. */
  readonly column: string
}

/** What of a mapping says how a row is read. */
export type RowMapping = Pick<
  Mapping,
  'user' | 'event' | 'session' | 'outOfSession' | 'dedupe' | 'exact' | 'clock' | 'nulls'
>

export interface RowPlan {
  readonly mapping: RowMapping
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
  /** Also each user key of its own, for joining identities. */
  readonly ids: boolean
  /** Columns of the files that stay with their rows. */
  readonly passthrough: readonly PassthroughColumn[]
}

/**
 * All files' rows: `file`, `user`, `t` (microseconds since year 1), `name`, `session`, `key`,
 * dimensions, `fate`; where asked for, `skew` (microseconds that the server was ahead) and ids.
 */
export function rowsQuery(plan: RowPlan, groups: readonly SourceGroup[]): Sql {
  return join(
    groups.map((group, at) => {
      const reading = readGroup(group, neededFields(plan, group), { whole: plan.mapping.exact })
      return classify(plan, readRow(plan, { group, at, reading }))
    }),
    '\nUNION ALL\n',
  )
}

/** The rows of one file in order, each with its columns as one JSON object: `record`. */
export function objectsQuery(plan: RowPlan, group: SourceGroup, file: NumberedFile): Sql {
  const reading = readObjects(group, file, neededFields(plan, group))
  const rows = readRow(plan, { group, at: 0, reading }, [sql`__sz_record`])
  return classify(plan, rows, [sql`__sz_record AS record`])
}

/**
 * Direct reading of typed columns that are known to hold no bad row: nothing left to check.
 *
 * @param neverEmpty columns of the result whose text is known never to be empty
 * @param numbered rows also have an `id`, in the order of their files
 */
export function cleanRowsQuery(
  plan: RowPlan,
  groups: readonly SourceGroup[],
  neverEmpty: ReadonlySet<string>,
  numbered: boolean,
): Sql {
  const { mapping } = plan
  let partsBefore = 0
  return join(
    groups.map((group, at) => {
      const reading = readGroup(group, neededFields(plan, group))
      const id = rowNumber(partsBefore)
      partsBefore += group.files.flatMap(partsOf).length
      const place = { group, at, reading }
      return sql`SELECT ${join(
        [
          sql`${reading.file} AS file`,
          sql`${userValue(mapping, place, false)} AS user`,
          sql`${fromYearOne(eventMicros(plan, place))} AS t`,
          sql`${optionalText(place, mapping.event, neverEmpty.has('name'))} AS name`,
          sql`${sessionText(place, mapping)} AS session`,
          ...plan.dimensions.map(
            (dimension) =>
              sql`${dimensionText(place, dimension, neverEmpty.has(dimension.column))} AS ${identifier(dimension.column)}`,
          ),
          ...plan.passthrough.map(
            (one) => sql`${passthroughValue(one, group, reading)} AS ${identifier(one.column)}`,
          ),
          ...(numbered ? [sql`${id} AS id`] : []),
        ],
        ', ',
      )} FROM ${reading.from}`
    }),
    '\nUNION ALL\n',
  )
}

/**
 * The rows of one file that were rejected: `row`, `fate`, `value`, `record`.
 *
 * @param broken of JSON: a relation of `row` and `text`, lines that are no JSON as they stand
 */
export function rejectsQuery(
  plan: RowPlan,
  group: SourceGroup,
  at: number,
  file: NumberedFile,
  broken: Sql | undefined,
): Sql {
  const reading = readNumbered(group, file, neededFields(plan, group), broken)
  const place = { group, at, reading }
  const bare = { ...plan, passthrough: [], mapping: { ...plan.mapping, dedupe: [], exact: false } }
  const value = columnText(place, plan.mapping, plan.mapping.clock.time)
  const located = readRow(bare, place, [
    sql`__sz_row`,
    sql`__sz_record`,
    sql`${value} AS __sz_value`,
  ])
  const own = [sql`__sz_row`, sql`__sz_record`, sql`__sz_value`]
  return sql`
    SELECT __sz_row AS row, fate, __sz_value AS value, __sz_record AS record
    FROM (${classify(bare, located, own)})
    WHERE fate IN (${join(Object.keys(REJECT_REASONS).map(text))})`
}

/** A group, its position among the groups, and how it is read. */
export interface Place {
  readonly group: SourceGroup
  readonly at: number
  readonly reading: Reading
}

/** Columns of the files are called by their position here, and those of a condition likewise. */
const own = (column: string): Sql => identifier(`__sz_${column}`)

function readRow(plan: RowPlan, place: Place, extra: readonly Sql[] = []): Sql {
  const { mapping } = plan
  const { group, reading } = place
  const columns = [
    sql`${reading.file} AS __sz_file`,
    sql`${userValue(mapping, place, true)} AS __sz_user`,
    sql`${timeless(place, mapping)} AS __sz_timeless`,
    sql`${eventMicros(plan, place)} AS __sz_micros`,
    sql`${optionalText(place, mapping.event)} AS __sz_name`,
    sql`${sessionText(place, mapping)} AS __sz_session`,
    sql`${dedupeKey(mapping, reading, group)} AS __sz_key`,
    ...(mapping.clock.skew === undefined ? [] : [sql`${skewMicros(plan, place)} AS __sz_skew`]),
    ...idColumns(plan).map(
      ({ key, column }) =>
        sql`${meant(keyText(reading, group, key, mapping.nulls), mapping.nulls)} AS ${own(column)}`,
    ),
    ...plan.dimensions.map(
      (dimension) => sql`${dimensionText(place, dimension)} AS ${own(dimension.column)}`,
    ),
    ...plan.passthrough.map(
      (one) => sql`${passthroughValue(one, group, reading)} AS ${own(one.column)}`,
    ),
    sql`${reading.refused} AS __sz_refused`,
    ...extra,
    ...conditionColumns(plan, place),
  ]
  return sql`SELECT ${join(columns)} FROM ${reading.from}`
}

const idColumns = ({ ids, mapping }: RowPlan): { key: string; column: string }[] =>
  ids ? mapping.user.map((key, i) => ({ key, column: idColumn(i) })) : []

function classify(plan: RowPlan, rows: Sql, extra: readonly Sql[] = []): Sql {
  const { condition, fromMicros, toMicros } = plan
  const filters = [
    ...(fromMicros === undefined ? [] : [sql`__sz_micros < ${fromMicros}`]),
    ...(toMicros === undefined ? [] : [sql`__sz_micros >= ${toMicros}`]),
  ]
  const inRange = sql`__sz_micros >= ${-YEAR_ONE_MICROS} AND __sz_micros < ${YEAR_10000_MICROS}`
  const fates = [
    ...(condition === undefined ? [] : [sql`WHEN __sz_misfit THEN ${text(MISFIT)}`]),
    sql`WHEN __sz_refused IS NOT NULL THEN __sz_refused`,
    sql`WHEN __sz_user IS NULL THEN 'no_user'`,
    sql`WHEN __sz_user = '' THEN 'null_text'`,
    sql`WHEN __sz_timeless IS NOT NULL THEN __sz_timeless`,
    sql`WHEN __sz_micros IS NULL THEN 'bad_time'`,
    sql`WHEN NOT (${inRange}) THEN 'time_out_of_range'`,
    ...(filters.length === 0 ? [] : [sql`WHEN ${join(filters, ' OR ')} THEN 'filtered'`]),
    ...(condition === undefined
      ? []
      : [
          sql`WHEN __sz_verdict IS NULL AND NOT __sz_blank THEN ${text(UNCOMPUTABLE)}`,
          sql`WHEN NOT coalesce(__sz_verdict, false) THEN 'filtered'`,
        ]),
    ...outOfSession(plan),
    ...(plan.ignore.length === 0
      ? []
      : [sql`WHEN ${matchesPattern(sql`__sz_name`, plan.ignore)} THEN 'ignored'`]),
  ]
  const columns = [
    sql`__sz_file AS file`,
    sql`__sz_user AS user`,
    sql`CASE WHEN ${inRange} THEN ${fromYearOne(sql`__sz_micros`)} END AS t`,
    sql`__sz_name AS name`,
    sql`__sz_session AS session`,
    sql`__sz_key AS key`,
    ...(plan.mapping.clock.skew === undefined ? [] : [sql`__sz_skew AS skew`]),
    ...idColumns(plan).map(({ column }) => sql`${own(column)} AS ${identifier(column)}`),
    ...[...plan.dimensions, ...plan.passthrough].map(
      ({ column }) => sql`${own(column)} AS ${identifier(column)}`,
    ),
    ...extra,
    sql`CASE ${join(fates, ' ')} END AS fate`,
  ]
  // In a list, as the engine takes what is never NULL for never NULL in TRY either.
  const judged =
    condition === undefined
      ? rows
      : sql`SELECT *, CASE WHEN NOT __sz_torn THEN TRY([coalesce(CAST((${condition.expression}) AS BOOLEAN), false)][1]) END AS __sz_verdict FROM (${rows})`
  return sql`SELECT ${join(columns)} FROM (${judged})`
}

/** Fates of rows that no run ends with: see `settleCondition`. */
export const MISFIT = 'misfit'
export const UNCOMPUTABLE = 'uncomputable'

function outOfSession({ mapping, recordedOnly }: RowPlan): Sql[] {
  const tests = [
    ...(mapping.outOfSession === null ? [] : [sql`__sz_session = ${text(mapping.outOfSession)}`]),
    ...(recordedOnly ? [sql`coalesce(__sz_session, '') = ''`] : []),
  ]
  return tests.length === 0 ? [] : [sql`WHEN ${join(tests, ' OR ')} THEN 'out_of_session'`]
}

function conditionColumns(plan: RowPlan, place: Place): Sql[] {
  const { condition } = plan
  if (condition === undefined) return []
  const values = condition.columns.map((column) => conditionValue(column, place))
  const any = (tests: readonly Sql[]): Sql => join([raw('false'), ...tests], ' OR ')
  return [
    ...values.flatMap(({ as, asText, value, text }) => [
      sql`${value} AS ${raw(as)}`,
      sql`${text} AS ${raw(asText)}`,
    ]),
    sql`coalesce(${any(values.flatMap(({ misfit }) => misfit ?? []))}, false) AS __sz_misfit`,
    sql`coalesce(${any(values.flatMap(({ torn }) => torn ?? []))}, false) AS __sz_torn`,
    sql`coalesce(${any(values.map(({ text }) => sql`trim(${text}) = ''`))}, false) AS __sz_blank`,
  ]
}

interface ConditionValue {
  readonly as: string
  readonly asText: string
  readonly value: Sql
  readonly text: Sql
  /** Filled, and not of the type that the values before it have. */
  readonly misfit?: Sql
  /** Filled, and not of the shape that the first values have. */
  readonly torn?: Sql
}

function conditionValue(column: ConditionColumn, { group, reading }: Place): ConditionValue {
  const { source, isRole, as, asText, type, strict } = column
  const field = isRole ? undefined : findField(group, source)
  if (field === undefined) {
    const text = column.name === 'time' ? timeText : keyText
    const value = isRole && source !== '' ? text(reading, group, source) : noText
    return { as, asText, value, text: value }
  }
  const value = reading.text(field)
  if (!isText(group, field)) return { as, asText, value: valueBelow(field), text: value }
  if (/^(STRUCT|MAP)|\[\]$/.test(field.column.type) && field.path.length === 0) {
    const whole = reading.value(field)
    return {
      as,
      asText,
      value: whole,
      text: value,
      torn: sql`(trim(${value}) <> '' AND ${whole} IS NULL)`,
    }
  }
  if (type === undefined) return { as, asText, value, text: value }
  const misfit = misfits(value, type)
  return {
    as,
    asText,
    value: sql`TRY_CAST(${value} AS ${raw(type)})`,
    text: value,
    ...(strict === true
      ? { torn: sql`(trim(${value}) <> '' AND TRY_CAST(${value} AS ${raw(type)}) IS NULL)` }
      : { misfit }),
  }
}

const noText = raw('CAST(NULL AS VARCHAR)')

/** `column0`, `column1`, ...: whether some value of a condition's column is none of its type. */
export function misfitsQuery(plan: RowPlan, group: SourceGroup, at: number): Sql {
  const reading = readGroup(group, neededFields(plan, group), { whole: plan.mapping.exact })
  const found = (plan.condition?.columns ?? []).map((column, i) => {
    const { misfit } = conditionValue(column, { group, at, reading })
    return sql`coalesce(bool_or(${misfit ?? raw('false')}), false) AS ${raw(`column${i}`)}`
  })
  return sql`SELECT ${join(found)} FROM ${reading.from}`
}

/**
 * The first row of a file for which the condition cannot be computed: `row`, and the texts of its
 * columns as `asText`.
 *
 * @param broken of JSON: a relation of `row` and `text`, lines that are no JSON as they stand
 */
export function uncomputableQuery(
  plan: RowPlan,
  group: SourceGroup,
  at: number,
  file: NumberedFile,
  broken: Sql | undefined,
): Sql {
  const place = { group, at, reading: readNumbered(group, file, neededFields(plan, group), broken) }
  const bare = { ...plan, passthrough: [], mapping: { ...plan.mapping, dedupe: [], exact: false } }
  const own = [
    sql`__sz_row`,
    ...(plan.condition?.columns ?? []).flatMap(({ as, asText }) => [raw(as), raw(asText)]),
  ]
  return sql`SELECT * FROM (${classify(bare, readRow(bare, place, [sql`__sz_row`]), own)}) WHERE fate = ${text(UNCOMPUTABLE)} ORDER BY __sz_row LIMIT 1`
}

export function neededFields(plan: RowPlan, group: SourceGroup): Field[] {
  const { mapping } = plan
  const { time, correction, skew } = mapping.clock
  const keys = [
    ...mapping.user,
    ...(mapping.event === null ? [] : [mapping.event]),
    ...(mapping.session === null ? [] : [mapping.session]),
    ...(mapping.exact ? [] : mapping.dedupe),
    ...plan.dimensions.flatMap((dimension) => dimensionSource(group, dimension) ?? []),
    ...(plan.condition?.columns ?? []).flatMap(({ source, isRole }) => (isRole ? [source] : [])),
  ]
  const times = [time, correction?.server, correction?.sent, skew?.client, skew?.server]
  return [
    ...plan.passthrough.flatMap(({ name }) => findField(group, name) ?? []),
    ...(plan.condition?.columns ?? []).flatMap(({ source, isRole }) =>
      isRole ? [] : (findField(group, source) ?? []),
    ),
    ...keys.flatMap((key) => keyFields(group, key)),
    ...times.flatMap((column) => (column === undefined ? [] : keyFields(group, column.name))),
  ]
}

/** Empty where a text says that there is none. */
function userValue(mapping: RowMapping, { group, reading }: Place, checked: boolean): Sql {
  const { user, nulls } = mapping
  const [only = '', ...others] = user
  if (checked && others.length === 0 && keyFields(group, only).length === 1) {
    return meantOrEmpty(keyText(reading, group, only, nulls), nulls)
  }
  const values = user.map((key) => {
    const value = keyText(reading, group, key, nulls)
    return checked || user.length > 1 ? meant(value, nulls) : value
  })
  if (!checked && values.length === 1) return values[0] ?? raw('NULL')
  return sql`coalesce(${join([...values, ...(checked ? [saysNothing(reading, group, user, nulls)] : [])])})`
}

/** A time column that the engine reads as a time, so that nothing has to be parsed. */
export function typedTime({ group, at }: Place, { name, formats }: TimeColumn): Sql | undefined {
  const field = singleField(group, name)
  const format = formats[at]
  return isTimestamp(format) && isTyped(group) && field !== undefined && field.path.length === 0
    ? raw(field.column.readAs)
    : undefined
}

const isTimestamp = (format: TimeFormat | undefined): boolean =>
  format === 'timestamp' || format === 'timestamp_ns' || format === 'timestamptz'

const columnText = ({ group, reading }: Place, { nulls }: RowMapping, { name }: TimeColumn): Sql =>
  timeText(reading, group, name, nulls)

/** Microseconds since 1970 of one of a row's times. */
function microsOf({ timeZone, mapping }: RowPlan, place: Place, column: TimeColumn): Sql {
  const format = column.formats[place.at] ?? 'iso'
  const typed = typedTime(place, column)
  if (typed !== undefined) return epochMicros(typed, format, timeZone)
  const value = columnText(place, mapping, column)
  const written = isTimestamp(format) ? 'iso' : format
  return column.detected || written !== format
    ? columnMicros(value, written, column.settings, timeZone)
    : epochMicros(value, format, timeZone)
}

/** When it happened; of a device's clock, corrected by how far it was off. */
function eventMicros(plan: RowPlan, place: Place): Sql {
  const { time, correction } = plan.mapping.clock
  const micros = microsOf(plan, place, time)
  if (correction === undefined) return micros
  const { server, sent, toleranceMicros } = correction
  const off = sql`(${wide(microsOf(plan, place, server))} - ${wide(microsOf(plan, place, sent))})`
  return sql`TRY_CAST(${wide(micros)} + CASE WHEN abs(${off}) >= ${toleranceMicros} THEN ${off} ELSE 0 END AS BIGINT)`
}

function skewMicros(plan: RowPlan, place: Place): Sql {
  const { skew } = plan.mapping.clock
  if (skew === undefined) return raw('CAST(NULL AS BIGINT)')
  const micros = (column: TimeColumn): Sql => wide(microsOf(plan, place, column))
  return sql`TRY_CAST(${micros(skew.server)} - ${micros(skew.client)} AS BIGINT)`
}

/** Nonsense times must not overflow. */
const wide = (micros: Sql): Sql => sql`CAST(${micros} AS HUGEINT)`

/** Why a row has no time: `no_time`, or `null_text` where a text says that there is none. */
function timeless(place: Place, mapping: RowMapping): Sql {
  const { time } = mapping.clock
  const typed = typedTime(place, time)
  if (typed !== undefined) return sql`CASE WHEN ${typed} IS NULL THEN 'no_time' END`
  const { group, reading } = place
  const value = columnText(place, mapping, time)
  const alone = keyFields(group, time.name).length === 1
  return sql`CASE WHEN ${filled(value)} IS NULL THEN ${alone ? sql`'no_time'` : sql`coalesce('null_text' || ${saysNothing(reading, group, [time.name], mapping.nulls)}, 'no_time')`} WHEN ${nothing(value, mapping.nulls)} THEN 'null_text' END`
}

/** Empty text is no value, and neither is what dumps of databases write for none. */
function optionalText({ group, reading }: Place, key: string | null, neverEmpty = false): Sql {
  if (key === null) return raw('CAST(NULL AS VARCHAR)')
  const value = keyText(reading, group, key)
  if (neverEmpty) return value
  return isTyped(group)
    ? sql`nullif(${value}, '')`
    : sql`CASE WHEN ${value} <> '' AND ${value} <> '\\N' THEN ${value} END`
}

function sessionText({ group, reading }: Place, { session, nulls }: RowMapping): Sql {
  if (session === null) return raw('CAST(NULL AS VARCHAR)')
  const value = keyText(reading, group, session, nulls)
  return sql`CASE WHEN ${value} <> '' AND NOT ${nothing(value, nulls)} THEN ${value} END`
}

const dimensionSource = (group: SourceGroup, { sources }: Dimension): string | undefined =>
  sources.find((source) => keyFields(group, source).length > 0)

function dimensionText(place: Place, dimension: Dimension, neverEmpty = false): Sql {
  const source = dimensionSource(place.group, dimension)
  return source === undefined
    ? raw('CAST(NULL AS VARCHAR)')
    : optionalText(place, source, neverEmpty)
}
