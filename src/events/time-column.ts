/**
 * Columns that hold times: how most values of each group of files spell them, which is read quickest,
 * and what no value tells by itself.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { findField } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import { readGroup } from '../sources/reading.js'
import { join, type Sql, sql, text } from '../sql/sql.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { MICROS_PER_DAY } from '../units/time.js'
import { formatName, formatOfType, parseTimeFormat, type TimeFormat } from './clock.js'
import { EPOCH_UNITS, type EpochUnit } from './epoch.js'
import { groupLabel, keyFields, keyNames, timeText } from './key.js'
import { SAMPLE_ROWS, type Samples } from './samples.js'
import { type TimeSettings, timeOf } from './time-spellings.js'

export interface TimeColumn {
  /** A column, or several as a key: `date+time` joined, `a,b` the first that is filled. */
  readonly name: string
  /** By position of the group; where a group does not have the column, as in the others. */
  readonly formats: readonly TimeFormat[]
  /** The format was found from samples, so that each value is read by itself. */
  readonly detected: boolean
  readonly settings: TimeSettings
  /** No sampled value has a time of day. */
  readonly wholeDays: boolean
  /** Values were seen that do not tell day from month. */
  readonly unordered: boolean
  /** A sampled value that is neither plain ISO 8601 nor a number, which engines elsewhere cannot read. */
  readonly odd?: string
  readonly why: string
}

/** How many values are of each kind. */
export type TimeCounts = ReadonlyMap<string, number>

/** Undefined when no spelling fits what is in the column. */
export async function timeColumn(
  engine: Engine,
  groups: readonly SourceGroup[],
  name: string,
  samples: Samples,
  asked?: string,
): Promise<TimeColumn | undefined> {
  if (asked !== undefined) {
    const format = parseTimeFormat(asked)
    return {
      name,
      formats: groups.map(() => format),
      detected: false,
      settings: {},
      wholeDays: false,
      unordered: false,
      why: 'format given by --time-format',
    }
  }
  const found: (GroupFormat | undefined)[] = []
  for (const [i, group] of groups.entries()) {
    found.push(await formatInGroup(engine, group, i, name, samples))
  }
  const main = found.find((format) => format !== undefined)
  if (main === undefined) return undefined
  const counts = added(found.flatMap((format) => format?.counts ?? []))
  return {
    name,
    formats: found.map((format) => (format ?? main).format),
    detected: found.some((format) => format?.typed === false),
    settings: settingsOf(counts),
    wholeDays: found.every((format) => format?.wholeDays !== false),
    unordered: [...ORDERED].some((kind) => counts.has(kind)),
    ...omitUndefined({ odd: found.find((format) => format?.odd !== undefined)?.odd }),
    why: main.why,
  }
}

interface GroupFormat {
  readonly format: TimeFormat
  readonly typed: boolean
  readonly wholeDays: boolean
  readonly counts: TimeCounts
  readonly odd?: string | undefined
  readonly why: string
}

async function formatInGroup(
  engine: Engine,
  group: SourceGroup,
  position: number,
  name: string,
  samples: Samples,
): Promise<GroupFormat | undefined> {
  const fields = keyFields(group, name)
  const [field] = fields
  if (field === undefined) return undefined
  const { type } = field.column
  const alone = fields.length === 1 && field.path.length === 0
  const native = isTyped(group) && alone ? formatOfType(type) : undefined
  if (native !== undefined) {
    const wholeDays = type === 'DATE'
    return { format: native, typed: true, wholeDays, counts: new Map(), why: `a ${type} column` }
  }
  const values = samples.timesInGroup(position, group, name).slice(0, SAMPLE_ROWS)
  const kinds = await kindsOf(engine, values)
  const { counts, wholeDays } = kinds
  const found = formatOf(kinds, values.length)
  if (found === undefined) return undefined
  const { format, alike, others } = found
  const percent = (n: number): number => Math.round((n / values.length) * 100)
  const rest = others === 0 ? '' : `, ${percent(others)} % in other spellings`
  return {
    format,
    typed: false,
    wholeDays,
    counts,
    odd: values.find((value) => !ISO_OR_NUMBER.test(value)),
    why: `${percent(alike)} % of sampled values read as ${formatName(format)}${rest}`,
  }
}

/** The format of most values; undefined where fewer than half of so many are times. */
export function formatOf(
  { counts, shaped }: Kinds,
  values: number,
): { format: TimeFormat; alike: number; others: number } | undefined {
  const times = [...counts].filter(([kind]) => isTime(kind)).sort((a, b) => b[1] - a[1])
  const readable = times.reduce((sum, [, n]) => sum + n, 0)
  const [best] = times
  if (best === undefined || shaped < values / 2) return undefined
  const [kind, alike] = best
  return { format: formatOfKind(kind), alike, others: readable - alike }
}

/** A number that is no plain time of any unit is one only where others say the unit. */
const isTime = (kind: string): boolean => !kind.startsWith('far') || kind.startsWith('far_epoch')

const formatOfKind = (kind: string): TimeFormat =>
  kind === 'either' ? 'day_first' : parseTimeFormat(kind.replace(/^far_/, ''))

/** A time in the format that nearly all files have: nothing has to be asked of the engine. */
const PLAIN_ISO =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-]0\d:[0-5]\d)?$/
const ISO_OR_NUMBER =
  /^\s*(?:[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\d{4}-\d{1,2}-\d{1,2}(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:\s?UTC|Z|[+-]\d{2}(?::?\d{2})?)?)\s*$/
const MIDNIGHT = /[T ]00:00:00(?:\.0+)?(?:Z|[+-]\d\d:\d\d)?$/

export interface Kinds {
  readonly counts: TimeCounts
  /** How many look like a time, though some may be the 30th of February. */
  readonly shaped: number
  readonly wholeDays: boolean
}

interface KindCount {
  readonly kind: string
  readonly n: bigint
}

const readCounts = (rows: readonly KindCount[]): TimeCounts =>
  new Map(rows.flatMap(({ kind, n }) => (n === 0n ? [] : [[kind, Number(n)] as const])))

export async function kindsOf(engine: Engine, values: readonly string[]): Promise<Kinds> {
  if (values.length === 0) return { counts: new Map(), shaped: 0, wholeDays: false }
  if (values.every((value) => PLAIN_ISO.test(value))) {
    const wholeDays = values.every((value) => MIDNIGHT.test(value))
    return { counts: new Map([['iso', values.length]]), shaped: values.length, wholeDays }
  }
  const rows = await engine.rows<KindCount & { shaped: bigint; fine: bigint }>(
    countKinds(sql`(SELECT unnest([${join(values.map(text))}]) AS v)`),
  )
  return {
    counts: readCounts(rows),
    shaped: rows.reduce((sum, { kind, shaped }) => (isTime(kind) ? sum + Number(shaped) : sum), 0),
    wholeDays: rows.length > 0 && rows.every(({ fine }) => fine === 0n),
  }
}

/** `kind`, `n` that are read, how many have that shape at least, and how many a time of day, of the column `v`. */
const countKinds = (from: Sql): Sql => sql`
  SELECT kind, count(*) FILTER (WHERE micros IS NOT NULL OR starts_with(kind, 'far')) AS n, count(*) AS shaped, count(*) FILTER (WHERE micros % ${MICROS_PER_DAY} <> 0) AS fine
  FROM (
    SELECT t.micros AS micros, CASE
        WHEN t.kind = 'month_name' AND regexp_matches(v, '^\\d{2}/[A-Za-z]{3}/\\d{4}:\\d{2}:\\d{2}:\\d{2} [+-]\\d{4}$') THEN 'common_log'
        WHEN t.kind = 'month_name' AND regexp_matches(v, '^[A-Za-z]{3}, \\d{1,2} [A-Za-z]{3} \\d{4} \\d{2}:\\d{2}:\\d{2} ') THEN 'rfc2822'
        ELSE t.kind END AS kind
    FROM (SELECT v, ${timeOf(sql`v`, { order: 'day' }, 'UTC')} AS t FROM ${from})
  )
  WHERE kind IS NOT NULL
  GROUP BY kind ORDER BY n DESC, kind`

const added = (all: readonly TimeCounts[]): TimeCounts => {
  const sum = new Map<string, number>()
  for (const counts of all) {
    for (const [kind, n] of counts) sum.set(kind, (sum.get(kind) ?? 0) + n)
  }
  return sum
}

const ORDERED: ReadonlySet<string> = new Set(['day_first', 'month_first', 'either'])

/** Units by how many numbers are surely of them; where none is, by those that may be. */
function votes(counts: TimeCounts): { unit: EpochUnit; n: number }[] {
  const of = (prefix: string) =>
    EPOCH_UNITS.map((unit) => ({ unit, n: counts.get(prefix + unit) ?? 0 }))
      .filter(({ n }) => n > 0)
      .sort((a, b) => b.n - a.n)
  const sure = of('')
  return sure.length > 0 ? sure : of('far_')
}

export function settingsOf(counts: TimeCounts): TimeSettings {
  const unit = votes(counts)[0]?.unit
  const [day, month] = [counts.get('day_first') ?? 0, counts.get('month_first') ?? 0]
  const order = day > 0 === month > 0 ? undefined : day > 0 ? 'day' : 'month'
  return { ...(unit === undefined ? {} : { unit }), ...(order === undefined ? {} : { order }) }
}

/**
 * What all values of the column say together.
 *
 * @throws SessionizeError `bad_times` where they say nothing, or as much for one as for the other.
 */
export async function settledColumn(
  engine: Engine,
  groups: readonly SourceGroup[],
  column: TimeColumn,
): Promise<TimeColumn> {
  if (!column.detected) return column
  const all: TimeCounts[] = []
  for (const group of groups) {
    const fields = keyFields(group, column.name)
    if (fields.length === 0) continue
    const reading = readGroup(group, fields)
    const rows = await engine.rows<KindCount>(
      countKinds(sql`(SELECT ${timeText(reading, group, column.name)} AS v FROM ${reading.from})`),
    )
    all.push(readCounts(rows))
  }
  const counts = added(all)
  const settings = settingsOf(counts)
  const example = (kinds: readonly string[]) => exampleOf(engine, groups, column, kinds)
  if (settings.order === undefined && counts.has('either')) {
    const value = await example(['either'])
    if (value !== undefined) throw unordered(groups, column, value)
  }
  const [first, second] = votes(counts)
  const far = [...counts.keys()].filter((kind) => kind.startsWith('far') && kind !== 'far_zero')
  if (far.length > 0 && first !== undefined && first.n === second?.n) {
    throw tied(groups, column, await example(far), [first.unit, second.unit])
  }
  return { ...column, settings }
}

/** A value of one of these kinds that the column's settings do not read. */
async function exampleOf(
  engine: Engine,
  groups: readonly SourceGroup[],
  { name }: TimeColumn,
  kinds: readonly string[],
): Promise<string | undefined> {
  for (const group of groups) {
    const fields = keyFields(group, name)
    if (fields.length === 0) continue
    const reading = readGroup(group, fields)
    const [row] = await engine.rows<{ v: string }>(
      sql`SELECT min(v) AS v FROM (SELECT ${timeText(reading, group, name)} AS v FROM ${reading.from})
        WHERE (list_filter([${timeOf(sql`v`, {}, 'UTC')}], lambda sz_t: sz_t.micros IS NULL AND sz_t.kind IN (${join(kinds.map(text))}))[1]).kind IS NOT NULL`,
    )
    if (row?.v != null) return row.v.slice(0, 100)
  }
  return undefined
}

function unordered(
  groups: readonly SourceGroup[],
  { name }: TimeColumn,
  value: string,
): SessionizeError {
  const rest = /^\s*\d+([/-])\d+[/-]\d{4}(.*)$/.exec(value)
  const time = (rest?.[2] ?? '')
    .replace(/\d{1,2}:\d{1,2}:\d{1,2}[.,]\d{1,9}/, '%H:%M:%S.%f')
    .replace(/\d{1,2}:\d{1,2}:\d{1,2}/, '%H:%M:%S')
    .replace(/\d{1,2}:\d{1,2}/, '%H:%M')
    .replace(/%H(.*[AaPp][Mm])/, '%I$1')
    .replace(/[AaPp][Mm]/, '%p')
  const by = rest?.[1] ?? '/'
  const pattern = (first: string, second: string): string =>
    `${option('timeFormat')} '%${first}${by}%${second}${by}%Y${time}'`
  return new SessionizeError(
    'bad_times',
    `Cannot tell the day from the month in \`${name}\` of ${groupLabel(groups)}: "${value}".`,
    {
      hint: `Say which comes first: ${pattern('d', 'm')} or ${pattern('m', 'd')}`,
    },
  )
}

const UNIT_NAMES: Readonly<Record<EpochUnit, readonly [name: string, flag: string]>> = {
  epoch_s: ['seconds', 's'],
  epoch_ms: ['milliseconds', 'ms'],
  epoch_us: ['microseconds', 'us'],
  epoch_ns: ['nanoseconds', 'ns'],
}

function tied(
  groups: readonly SourceGroup[],
  { name }: TimeColumn,
  value: string | undefined,
  units: readonly EpochUnit[],
): SessionizeError {
  const named = units.map((unit) => UNIT_NAMES[unit])
  return new SessionizeError(
    'bad_times',
    `Cannot tell the unit of ${value ?? 'some numbers'} in \`${name}\` of ${groupLabel(groups)}: as many of the others are ${named.map(([unit]) => unit).join(' as ')}.`,
    {
      hint: `Say it with ${named.map(([, flag]) => `${option('timeFormat')} ${flag}`).join(' or ')}, which reads all as that unit, or leave such rows out with ${option('where')}.`,
    },
  )
}

/** Formats whose columns the engine reads as what they are. */
export const isTyped = ({ format }: SourceGroup): boolean =>
  format === 'parquet' || format === 'arrow'

/** A single column of the group that the engine reads as a time. */
export const singleField = (group: SourceGroup, name: string) =>
  keyNames([group], name).length === 1 ? findField(group, name) : undefined

/** @throws SessionizeError `usage` */
export async function assertTimeZone(engine: Engine, zone: string, flag: string): Promise<void> {
  try {
    await engine.run(sql`SELECT timezone(${text(zone)}, TIMESTAMP '2000-01-01')`)
  } catch (error) {
    throw new SessionizeError('usage', `${flag} ${zone} is not a time zone.`, {
      hint: 'Use a name of the IANA database, such as Europe/Berlin, or UTC.',
      cause: error,
    })
  }
}
