/**
 * Times as integer microseconds. How a column's values spell a time is found from samples, then
 * applied to every row; a value that is spelt otherwise is rejected and counted.
 */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { type Sql, sql, text } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import { microsOfEpoch } from './epoch.js'

/** How a time is spelt. */
export type TimeFormat =
  | 'timestamp'
  | 'timestamptz'
  | 'epoch_s'
  | 'epoch_ms'
  | 'epoch_us'
  | 'epoch_ns'
  | 'iso'
  /** A column of nanoseconds without a zone. */
  | 'timestamp_ns'
  | 'compact_iso'
  | 'common_log'
  | 'rfc2822'
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
    case 'iso':
      return sql`coalesce(${castMicros(value)}, ${withoutSeconds(value)}, ${leapSecond(value)})`
    case 'rfc2822':
      return micros(
        sql`try_strptime(regexp_replace(${value}, '\\s+(GMT|UTC?|Z)$', ' +0000'), ${text(PATTERNS[format])})`,
      )
    case 'compact_iso':
    case 'common_log':
      return micros(
        inZone(sql`try_strptime(${value}, ${text(PATTERNS[format])})`, PATTERNS[format], zone),
      )
  }
}

/** NULL for what is infinite. */
const micros = (timestamp: Sql): Sql => sql`epoch_us(${timestamp})`

/** Rounded down, as a cast would cut towards 1970. */
const microsOfNanos = (timestamp: Sql): Sql =>
  sql`CASE WHEN isfinite(${timestamp}) THEN epoch_ns(${timestamp}) // 1000 - CAST(epoch_ns(${timestamp}) % 1000 < 0 AS BIGINT) END`

/** What names a zone has a blank between its time and the name. */
const BLANK_AFTER_TIME = text('%:% %')
const NAMED_ZONE = text(':.* \\S')

/**
 * ISO 8601 as the engine casts it. Naive text is read in the session's zone, which is the data's.
 *
 * The engine keeps the zone that one row names for the rows behind it that name none, so those are
 * never cast together: each cast sees only rows of its kind, and is skipped where there are none.
 */
function castMicros(value: Sql): Sql {
  const cast = (condition: Sql): Sql =>
    micros(sql`TRY(TRY_CAST(CASE WHEN ${condition} THEN ${value} END AS TIMESTAMPTZ))`)
  const blank = sql`${value} LIKE ${BLANK_AFTER_TIME}`
  const named = sql`regexp_matches(${value}, ${NAMED_ZONE})`
  return sql`coalesce(${cast(sql`NOT (${blank})`)}, ${cast(sql`${blank} AND ${named}`)}, ${cast(sql`${blank} AND NOT ${named}`)})`
}

/** A pattern with `%z` yields an instant; one without yields local time. */
const inZone = (timestamp: Sql, pattern: string, zone: string): Sql =>
  zone === 'UTC' || /%z/i.test(pattern) || pattern.endsWith('Z')
    ? timestamp
    : sql`TRY(timezone(${text(zone)}, ${timestamp}))`

/** The engine wants seconds before a zone: 10:00Z is 10:00:00Z. */
const withoutSeconds = (value: Sql): Sql =>
  sql`CASE WHEN regexp_matches(${value}, '\\d[ T]\\d{1,2}:\\d{2}\\s*(Z|[+-])') THEN ${castMicros(sql`regexp_replace(${value}, '(\\d[ T]\\d{1,2}:\\d{2})', '\\1:00')`)} END`

const leapSecond = (value: Sql): Sql =>
  sql`CASE WHEN regexp_matches(${value}, ':59:60') THEN ${castMicros(sql`replace(${value}, ':59:60', ':59:59')`)} + 1000000 END`

/** The format that a typed column has by itself; undefined when its values must be looked at. */
export function formatOfType(type: string): TimeFormat | undefined {
  if (type === 'TIMESTAMP WITH TIME ZONE') return 'timestamptz'
  if (type === 'TIMESTAMP_NS') return 'timestamp_ns'
  if (/^(TIMESTAMP|DATE)/.test(type)) return 'timestamp'
  return undefined
}

/** Formats to try on samples, and how to recognise text in each. */
const SPELLINGS: readonly { format: TimeFormat; pattern: RegExp }[] = [
  { format: 'compact_iso', pattern: /^\d{8}T\d{6}Z$/ },
  {
    format: 'iso',
    pattern:
      /^\s*\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?(\s*(Z|UTC|[+-]\d{2}(:?\d{2})?))?\s*$/i,
  },
  { format: 'common_log', pattern: /^\d{2}\/[A-Za-z]{3}\/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}$/ },
  { format: 'rfc2822', pattern: /^[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} / },
]

/**
 * Epoch units by magnitude: each covers 1973 to 2286, and no value fits two.
 */
const UNITS: readonly { format: TimeFormat; from: number; to: number }[] = [
  { format: 'epoch_s', from: 1e8, to: 1e10 },
  { format: 'epoch_ms', from: 1e11, to: 1e13 },
  { format: 'epoch_us', from: 1e14, to: 1e16 },
  { format: 'epoch_ns', from: 1e17, to: 1e19 },
]

/**
 * Microseconds in which a number of a larger unit ends up that was read as this one: seconds among
 * milliseconds would be in 1970. Such a value is more likely a mistake than a time of that year.
 */
export function smallerUnits(format: TimeFormat): readonly { from: bigint; to: bigint }[] {
  const at = UNITS.findIndex((unit) => unit.format === format)
  const nanosPerUnit = [1_000_000_000n, 1_000_000n, 1_000n, 1n][at] ?? 1n
  return UNITS.slice(0, Math.max(0, at)).map(({ from, to }) => ({
    from: (BigInt(from) * nanosPerUnit) / 1_000n,
    to: (BigInt(to) * nanosPerUnit) / 1_000n,
  }))
}

/** The format of most samples with the share of samples that have it; undefined when none fits. */
export function detectFormat(
  samples: readonly string[],
): { format: TimeFormat; share: number; others: number } | undefined {
  const counts = new Map<TimeFormat, number>()
  for (const sample of samples) {
    const format = spelling(sample)
    if (format !== undefined) counts.set(format, (counts.get(format) ?? 0) + 1)
  }
  const [best] = [...counts].sort((a, b) => b[1] - a[1])
  return best === undefined
    ? undefined
    : {
        format: best[0],
        share: best[1] / samples.length,
        /** Samples that are times in another format. */
        others: [...counts.values()].reduce((sum, n) => sum + n, 0) - best[1],
      }
}

function spelling(sample: string): TimeFormat | undefined {
  if (/^\s*[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\s*$/.test(sample)) {
    const magnitude = Math.abs(Number(sample))
    return UNITS.find(({ from, to }) => magnitude >= from && magnitude < to)?.format
  }
  return SPELLINGS.find(({ pattern }) => pattern.test(sample))?.format
}

const NAMED: readonly TimeFormat[] = [
  'epoch_s',
  'epoch_ms',
  'epoch_us',
  'epoch_ns',
  'iso',
  'compact_iso',
  'common_log',
  'rfc2822',
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
