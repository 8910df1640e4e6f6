/**
 * One row of a remote table as an event, or the reason why it is none: what `events/rows.ts` says
 * of files, in the words of another engine.
 */

import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { formatName, fromYearOne, type TimeFormat } from '../events/clock.js'
import { dedupeKey } from '../events/duplicates.js'
import { EPOCH_UNITS } from '../events/epoch.js'
import { keyFields, keyNames, keyText, meant, saysNothing } from '../events/key.js'
import { REJECT_REASONS } from '../events/ledger.js'
import { matchesPattern } from '../events/pattern.js'
import type { RowPlan } from '../events/rows.js'
import type { TimeColumn } from '../events/time-column.js'
import { PLAIN_MICROS } from '../events/time-spellings.js'
import { type Field, findField } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import type { Reading } from '../sources/row-relation.js'
import { identifier, join, raw, type Sql, type Stage, sql, text } from '../sql/sql.js'
import { YEAR_10000_MICROS, YEAR_ONE_MICROS } from '../units/instant.js'
import { translateCondition } from './condition.js'
import type { RemoteColumn, RemoteEngine, RemoteTimeFormat } from './engine.js'
import type { PlainEvents } from './plain-events.js'

export interface RemoteRows {
  readonly remote: RemoteEngine
  readonly relation: Sql
  /** As that engine describes the table. */
  readonly columns: readonly RemoteColumn[]
  /** The table as the local engine sees its sample. */
  readonly group: SourceGroup
  readonly plan: RowPlan
}

/** All that later queries need: rows with their fate, and the events among them. */
export interface CompiledRows {
  readonly plain: PlainEvents
  /** Over `plain.from`. */
  readonly fate: Sql
  /** The stage `events`, and those before it. */
  readonly stages: readonly Stage[]
}

export function compileRows(rows: RemoteRows): CompiledRows {
  const { plan, relation, remote } = rows
  const values = rowValues(rows)
  const names = ['user', 't', 'name', 'session', ...plan.dimensions.map(({ column }) => column)]
  const table = sql`${relation} AS r`
  if (plan.mapping.dedupe.length === 0) {
    const column = (name: string): Sql => values.get(name) ?? raw('NULL')
    const fate = column('fate')
    const plain = { stages: [], from: table, kept: sql`(${fate}) IS NULL`, column }
    return { plain, fate, stages: [eventsStage(names, plain)] }
  }
  const stages = dedupeStages(names, values, table, remote)
  const column = (name: string): Sql => sql`r.${identifier(name)}`
  const plain = { stages, from: raw('sz_deduplicated AS r'), kept: raw('r.fate IS NULL'), column }
  return { plain, fate: raw('r.fate'), stages: [...stages, eventsStage(names, plain)] }
}

const eventsStage = (names: readonly string[], { from, kept, column }: PlainEvents): Stage => ({
  name: 'events',
  comment: 'One row per event.',
  body: sql`SELECT 0 AS file, ${join(names.map((name) => sql`${column(name)} AS ${identifier(name)}`))}
FROM ${from}
WHERE ${kept}`,
})

/** Of rows with one key the first by time, then by content, stays an event. */
function dedupeStages(
  names: readonly string[],
  values: ReadonlyMap<string, Sql>,
  table: Sql,
  { dialect }: RemoteEngine,
): Stage[] {
  const all = [...names, 'key', 'fate']
  const listed = join(all.map(identifier))
  const order = [
    sql`t NULLS LAST`,
    ...names
      .filter((name) => name !== 't')
      .map((name) => sql`${dialect.bytewise(identifier(name))} NULLS LAST`),
    sql`CASE WHEN fate IS NULL THEN 0 ELSE 1 END`,
    sql`fate`,
  ]
  const rejected = join(Object.keys(REJECT_REASONS).map(text))
  const candidate = sql`key IS NOT NULL AND coalesce(fate, '') NOT IN (${rejected})`
  return [
    {
      name: 'sz_mapped',
      comment: 'One row per row of the table, with its fate.',
      body: sql`SELECT ${join(all.map((name) => sql`${values.get(name) ?? raw('NULL')} AS ${identifier(name)}`))}
FROM ${table}`,
    },
    {
      name: 'sz_deduplicated',
      comment: 'The same, with duplicates told.',
      body: sql`SELECT ${join(names.map(identifier))}, CASE WHEN nth > 1 THEN 'duplicate' ELSE fate END AS fate
FROM (
  SELECT ${listed}, row_number() OVER (PARTITION BY key ORDER BY ${join(order)}) AS nth FROM sz_mapped WHERE ${candidate}
) AS keyed
UNION ALL
SELECT ${join(names.map(identifier))}, fate FROM sz_mapped WHERE NOT (${candidate})`,
    },
  ]
}

/** Columns of `events`, `key` and `fate`, over the table `AS r`. */
function rowValues(rows: RemoteRows): Map<string, Sql> {
  const { plan, group } = rows
  const { mapping } = plan
  const reading = remoteReading(rows)
  const optional = (key: string | null): Sql =>
    key === null ? NO_TEXT : sql`nullif(${keyText(reading, group, key)}, '')`
  const { nulls } = mapping
  const users = mapping.user.map((key) => meant(keyText(reading, group, key, nulls), nulls))
  const user = users.length === 1 ? (users[0] ?? NO_TEXT) : sql`coalesce(${join(users)})`
  const name = optional(mapping.event)
  const session =
    mapping.session === null
      ? NO_TEXT
      : meant(keyText(reading, group, mapping.session, nulls), nulls)
  const micros = eventMicros(rows)
  const inRange = sql`${micros} >= ${-YEAR_ONE_MICROS} AND ${micros} < ${YEAR_10000_MICROS}`
  const filters = [
    ...(plan.condition === undefined
      ? []
      : [sql`NOT coalesce(${condition(rows, { user, name, session })}, false)`]),
    ...(plan.fromMicros === undefined ? [] : [sql`${micros} < ${plan.fromMicros}`]),
    ...(plan.toMicros === undefined ? [] : [sql`${micros} >= ${plan.toMicros}`]),
  ]
  const apart = [
    ...(mapping.outOfSession === null ? [] : [sql`${session} = ${text(mapping.outOfSession)}`]),
    ...(plan.recordedOnly ? [sql`coalesce(${session}, '') = ''`] : []),
  ]
  const fates = [
    sql`WHEN ${user} IS NULL AND ${saysNothing(reading, group, mapping.user, nulls)} IS NOT NULL THEN 'null_text'`,
    sql`WHEN ${user} IS NULL THEN 'no_user'`,
    sql`WHEN ${timeless(rows)} THEN 'no_time'`,
    ...(isTimeText(rows)
      ? [
          sql`WHEN ${micros} IS NULL AND ${saysNothing(reading, group, [mapping.clock.time.name], nulls)} IS NOT NULL THEN 'null_text'`,
        ]
      : []),
    sql`WHEN ${micros} IS NULL THEN 'bad_time'`,
    sql`WHEN NOT (${inRange}) THEN 'time_out_of_range'`,
    ...(filters.length === 0 ? [] : [sql`WHEN ${join(filters, ' OR ')} THEN 'filtered'`]),
    ...(apart.length === 0 ? [] : [sql`WHEN ${join(apart, ' OR ')} THEN 'out_of_session'`]),
    ...(plan.ignore.length === 0
      ? []
      : [sql`WHEN ${matchesPattern(name, plan.ignore)} THEN 'ignored'`]),
  ]
  return new Map([
    ['user', sql`coalesce(${user}, '')`],
    ['t', sql`CASE WHEN ${inRange} THEN ${fromYearOne(micros)} END`],
    ['name', name],
    ['session', session],
    ...plan.dimensions.map(({ column, sources }): [string, Sql] => {
      const [source] = sources.filter((key) => keyFields(group, key).length > 0)
      return [column, optional(source ?? null)]
    }),
    ['key', dedupeKey(mapping, reading, group)],
    ['fate', sql`CASE ${join(fates, ' ')} END`],
  ])
}

const NO_TEXT = sql`nullif('', '')`

/** NULL for blank text. */
const filled = (value: Sql): Sql => sql`CASE WHEN trim(${value}) <> '' THEN ${value} END`

/** What keys are read by: the other engine's text in the place of the local one's. */
const remoteReading = (rows: RemoteRows): Reading => ({
  from: rows.relation,
  file: raw('0'),
  refused: NO_TEXT,
  digest: rows.plan.mapping.exact ? rows.remote.values.digest(rows.columns) : NO_TEXT,
  text: ({ column, path }) => rows.remote.values.text(columnOf(rows, column.name), path),
  exact: ({ column, path }) => rows.remote.values.text(columnOf(rows, column.name), path),
  value: ({ column }) => rows.remote.values.value(columnOf(rows, column.name)),
})

function columnOf({ columns }: RemoteRows, name: string): RemoteColumn {
  const found = columns.find((column) => column.name === name)
  if (found === undefined) throw new RangeError(`${name} is no column of the table`)
  return found
}

function timeField({ group, remote }: RemoteRows, { name }: TimeColumn): Field {
  if (keyNames([group], name).length > 1) throw unreadable(`in ${name}`, remote.name)
  const field = findField(group, name)
  if (field === undefined) throw new RangeError(`${name} is no column of the sample`)
  return field
}

function eventMicros(rows: RemoteRows): Sql {
  const { remote, plan } = rows
  const { time } = plan.mapping.clock
  const { column, path } = timeField(rows, time)
  const format = time.formats[0] ?? 'iso'
  const at = (as: RemoteTimeFormat): Sql =>
    remote.values.micros(columnOf(rows, column.name), path, as, plan.timeZone)
  const known = knownFormat(rows, time, format)
  if (!time.detected || !known.startsWith('epoch')) return at(known)
  // As in files each number is of the unit in which its year is one of 2001 to 2286; a larger unit would overflow.
  const units = EPOCH_UNITS.toReversed().map(
    (unit) =>
      sql`WHEN abs(${at(unit)}) >= ${PLAIN_MICROS.from} AND abs(${at(unit)}) < ${PLAIN_MICROS.to} THEN ${at(unit)}`,
  )
  const number = sql`CASE ${join(units, ' ')} ELSE ${at(known)} END`
  return isTimeText(rows) ? sql`coalesce(${number}, ${at('iso')})` : number
}

const unreadable = (what: string, engine: string): SessionizeError =>
  new SessionizeError('unsupported', `Times such as those ${what} cannot be read in ${engine}.`, {
    hint: 'Make a view of the table in which the time is a timestamp, and name it with --table.',
  })

function knownFormat(
  { remote }: RemoteRows,
  { name, odd }: TimeColumn,
  format: TimeFormat,
): RemoteTimeFormat {
  if (odd !== undefined) throw unreadable(`in \`${name}\` ("${odd}")`, remote.name)
  if (format === 'timestamp_ns') return 'timestamp'
  const known = READABLE.find((one) => one === format)
  if (known !== undefined) return known
  throw unreadable(`in \`${name}\` (${formatName(format)})`, remote.name)
}

const READABLE: readonly RemoteTimeFormat[] = ['timestamp', 'timestamptz', 'iso', ...EPOCH_UNITS]

/** Instants of the engine's own are no text. */
function isTimeText(rows: RemoteRows): boolean {
  const { column, path } = timeField(rows, rows.plan.mapping.clock.time)
  return path.length > 0 || /^(VARCHAR|JSON)/.test(column.type)
}

function timeless(rows: RemoteRows): Sql {
  const { remote, plan } = rows
  const { column, path } = timeField(rows, plan.mapping.clock.time)
  const there = columnOf(rows, column.name)
  if (!isTimeText(rows)) return sql`${remote.values.value(there)} IS NULL`
  return sql`${filled(remote.values.text(there, path))} IS NULL`
}

function condition(
  rows: RemoteRows,
  roles: Readonly<Record<'user' | 'name' | 'session', Sql>>,
): Sql {
  const { remote, group, plan } = rows
  const named = new Map(
    plan.condition?.columns.map((column) => [column.name.toLowerCase(), column]),
  )
  return translateCondition(plan.condition?.tree, {
    engine: remote.name,
    dialect: remote.dialect,
    column(path) {
      const [first = '', ...below] = path
      const role = named.get(first.toLowerCase())
      if (role?.isRole === true) {
        if (first === 'user') return roles.user
        if (first === 'session') return roles.session
        return first === 'event' ? roles.name : sql`${timeRole(rows)}`
      }
      const field = findField(group, first)
      if (field === undefined) {
        throw new SessionizeError(
          'unsupported',
          `${option('where')} with ${first} cannot be done in ${remote.name}.`,
          { hint: 'Write the date itself.' },
        )
      }
      const column = columnOf(rows, field.column.name)
      return below.length === 0 && field.path.length === 0
        ? remote.values.value(column)
        : remote.values.text(column, [...field.path, ...below])
    },
  })
}

const timeRole = (rows: RemoteRows): Sql => {
  const { column, path } = timeField(rows, rows.plan.mapping.clock.time)
  return rows.remote.values.text(columnOf(rows, column.name), path)
}
