/**
 * Times as integer microseconds. How a column's values spell a time is found from samples, then
 * applied to every row; a value that is spelt otherwise is rejected and counted.
 */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { join, raw, type Sql, sql, text } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import { EPOCH_UNITS, microsOfEpoch, plainMicrosOfEpoch } from './epoch.js'
import { type TimeKind, type TimeSettings, timeOf } from './time-spellings.js'

/** How a time is spelt. */
export type TimeFormat =
  | TimeKind
  | 'timestamp'
  | 'timestamptz'
  /** A column of nanoseconds without a zone. */
  | 'timestamp_ns'
  /** A strptime pattern given by the user. */
  | { readonly pattern: string }

const PATTERNS = {
  compact_iso: '%Y%m%dT%H%M%SZ',
  common_log: '%d/%b/%Y:%H:%M:%S %z',
  rfc2822: '%a, %d %b %Y %H:%M:%S %z',
} as const

/**
 * Microseconds since 1970 (UTC) as BIGINT; NULL where the value cannot be read as this format. What is
 * finer is cut: the microsecond is the one in which it happened, before 1970 as after it.
 *
 * Naive times are read in `zone`. As ICU does it: a local time that a change to summer time skips
 * moves forward by the skipped hour; one that the change back repeats is the later, standard-time
 * instant. A leap second 23:59:60 counts as the second after it, as in POSIX time. The engine ends a query at a time
 * that no zone's calendar reaches; TRY makes it no time.
 */
export function epochMicros(value: Sql, format: TimeFormat, zone: string): Sql {
  if (typeof format === 'object') {
    return micros(
      inZone(
        sql`try_strptime(CAST(${value} AS VARCHAR), ${text(format.pattern)})`,
        format.pattern,
        zone,
      ),
    )
  }
  switch (format) {
    case 'timestamp':
      return micros(
        zone === 'UTC'
          ? sql`TRY(CAST(${value} AS TIMESTAMP))`
          : sql`TRY(timezone(${text(zone)}, CAST(${value} AS TIMESTAMP)))`,
      )
    case 'timestamptz':
      return micros(value)
    case 'timestamp_ns':
      return zone === 'UTC'
        ? microsOfNanos(value)
        : micros(sql`TRY(timezone(${text(zone)}, make_timestamp(${microsOfNanos(value)})))`)
    case 'epoch_s':
    case 'epoch_ms':
    case 'epoch_us':
    case 'epoch_ns':
      return microsOfEpoch(value, format)
    default:
      return sql`coalesce(${fastMicros(value, format, zone) ?? raw('NULL')}, ${ofKind(value, format, zone)})`
  }
}

/**
 * The same of a column in which most values are of one format, and each is read by itself: what the
 * quick way of that format does not read goes through all spellings.
 */
export function columnMicros(
  value: Sql,
  format: TimeFormat,
  settings: TimeSettings,
  zone: string,
): Sql {
  const fast = fastMicros(value, format, zone)
  const any = sql`(${timeOf(value, settings, zone)}).micros`
  return fast === undefined ? any : sql`coalesce(${fast}, ${any})`
}

/** What a format that is given also stands for among the kinds of values. */
const ALSO: Readonly<Partial<Record<TimeKind, readonly string[]>>> = {
  common_log: ['month_name'],
  rfc2822: ['month_name'],
  day_first: ['day_first', 'either'],
  month_first: ['month_first', 'either'],
}

/** Only what is spelt in this one way. */
function ofKind(value: Sql, format: TimeKind, zone: string): Sql {
  const order = format === 'month_first' ? 'month' : 'day'
  const kinds = join((ALSO[format] ?? [format]).map(text))
  return sql`(list_filter([${timeOf(value, { order }, zone)}], lambda sz_t: sz_t.kind IN (${kinds}))[1]).micros`
}

/** The engine's own way of reading a format, NULL where it does not; undefined where it has none. */
function fastMicros(value: Sql, format: TimeFormat, zone: string): Sql | undefined {
  switch (format) {
    case 'iso':
      return castMicros(value)
    case 'epoch_s':
    case 'epoch_ms':
    case 'epoch_us':
    case 'epoch_ns':
      return plainMicrosOfEpoch(value, format)
    case 'rfc2822':
      return withPossibleOffset(
        value,
        micros(
          sql`try_strptime(regexp_replace(${value}, '\\s+(GMT|UTC?|Z)$', ' +0000'), ${text(PATTERNS[format])})`,
        ),
      )
    case 'compact_iso':
      return micros(sql`try_strptime(${value}, ${text(PATTERNS[format])})`)
    case 'common_log':
      return withPossibleOffset(
        value,
        micros(
          inZone(sql`try_strptime(${value}, ${text(PATTERNS[format])})`, PATTERNS[format], zone),
        ),
      )
    default:
      return undefined
  }
}

/** The engine takes -9900 for hours from UTC. */
const withPossibleOffset = (value: Sql, found: Sql): Sql => {
  const end = sql`right(${value}, 5)`
  return sql`CASE WHEN ${end} >= '.' OR (${end} < '+16' OR ${end} >= '-0' AND ${end} < '-16') AND right(${value}, 2) < '60' THEN ${found} END`
}

/** NULL for what is infinite. */
const micros = (timestamp: Sql): Sql => sql`epoch_us(${timestamp})`

/** Rounded down, as a cast would cut towards 1970. */
const microsOfNanos = (timestamp: Sql): Sql =>
  sql`CASE WHEN isfinite(${timestamp}) THEN epoch_ns(${timestamp}) // 1000 - CAST(epoch_ns(${timestamp}) % 1000 < 0 AS BIGINT) END`

/** What names a zone has a blank between its time and the name. */
const BLANK_AFTER_TIME = text('%:% %')
/** ISO 8601 with an offset that there can be. */
const WITH_OFFSET = text(
  String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?[+-](0\d|1[0-5])(:?[0-5]\d)?`,
)
/**
 * ISO 8601 as the engine casts it, where it does so well. Naive text is read in the session's zone,
 * which is the data's.
 *
 * The engine keeps the zone that one row names for the rows behind it that name none, takes `24-05-01`
 * for the year 24, and believes in 99 hours from UTC: none of these is cast here.
 */
function castMicros(value: Sql): Sql {
  const end = sql`right(${value}, 6)`
  const noOffset = sql`(${value} LIKE '%Z' OR strlen(${value}) = 19 OR NOT (contains(${end}, '-') OR contains(${end}, '+')))`
  const plain = sql`${value} LIKE '____-__-__%' AND NOT ${value} LIKE ${BLANK_AFTER_TIME} AND (${noOffset} OR regexp_full_match(${value}, ${WITH_OFFSET}))`
  return micros(sql`TRY(TRY_CAST(CASE WHEN ${plain} THEN ${value} END AS TIMESTAMPTZ))`)
}

/** A pattern with `%z` yields an instant; one without yields local time. */
const inZone = (timestamp: Sql, pattern: string, zone: string): Sql =>
  zone === 'UTC' || /%z/i.test(pattern) || pattern.endsWith('Z')
    ? timestamp
    : sql`TRY(timezone(${text(zone)}, ${timestamp}))`

/** The format that a typed column has by itself; undefined when its values must be looked at. */
export function formatOfType(type: string): TimeFormat | undefined {
  if (type === 'TIMESTAMP WITH TIME ZONE') return 'timestamptz'
  if (type === 'TIMESTAMP_NS') return 'timestamp_ns'
  if (/^(TIMESTAMP|DATE)/.test(type)) return 'timestamp'
  return undefined
}

const NAMED: readonly TimeFormat[] = [
  ...EPOCH_UNITS,
  'iso',
  'compact_iso',
  'common_log',
  'rfc2822',
  'month_name',
  'dotted',
  'day_first',
  'month_first',
]
const SHORT: Readonly<Record<string, TimeFormat>> = {
  s: 'epoch_s',
  ms: 'epoch_ms',
  us: 'epoch_us',
  ns: 'epoch_ns',
}

/** Reads `--time-format`: a unit (`s`, `ms`, `us`, `ns`), a name (`iso`), or a strptime pattern. */
export function parseTimeFormat(text: string): TimeFormat {
  const named = SHORT[text] ?? NAMED.find((format) => format === text)
  if (named !== undefined) return named
  if (text.includes('%')) return { pattern: text }
  throw new SessionizeError('usage', `${option('timeFormat')} ${text} is not known.`, {
    hint: `Use s, ms, us, ns, iso, common_log, rfc2822, or a pattern such as '%d.%m.%Y %H:%M:%S'.`,
  })
}

export const formatName = (format: TimeFormat): string =>
  typeof format === 'object' ? format.pattern : format

/** `T` shifted to the origin that the stages count from. */
export const fromYearOne = (epoch: Sql): Sql => sql`${epoch} + ${YEAR_ONE_MICROS}`

/** The inverse, as a UTC timestamp with zone. */
export const asTimestamp = (shifted: Sql): Sql =>
  sql`make_timestamptz(${shifted} - ${YEAR_ONE_MICROS})`
