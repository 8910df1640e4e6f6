/**
 * Every spelling of a time that is read without being told which it is: one table and one function,
 * from which columns are told apart (`kind`) and read (`micros`). What detection accepts is read.
 */
import { join, raw, type Sql, sql, text } from '../sql/sql.js'
import { MICROS_PER_HOUR } from '../units/time.js'
import { type EpochUnit, MICROSECOND_PLACES, microsOfNumber } from './epoch.js'

/** What one value cannot tell, found from all values of its column. */
export interface TimeSettings {
  /** Of numbers that no year from 2001 to 2286 has in any unit. */
  readonly unit?: EpochUnit
  /** What comes first in `05/01/2024`. */
  readonly order?: DateOrder
}

export type DateOrder = 'day' | 'month'

/** How a value spells its time. */
export type TimeKind =
  | EpochUnit
  | 'iso'
  | 'compact_iso'
  | 'common_log'
  | 'rfc2822'
  | 'month_name'
  | 'dotted'
  | 'day_first'
  | 'month_first'

/** The years 2001 to 2286 of each unit: a number in one of these ranges is in none of the others. */
const UNITS: readonly { readonly unit: EpochUnit; readonly from: bigint }[] = [
  { unit: 'epoch_s', from: 1_000_000_000n },
  { unit: 'epoch_ms', from: 1_000_000_000_000n },
  { unit: 'epoch_us', from: 1_000_000_000_000_000n },
  { unit: 'epoch_ns', from: 1_000_000_000_000_000_000n },
]
/** The same range in microseconds, whatever the unit was. */
export const PLAIN_MICROS = { from: 1_000_000_000_000_000n, to: 10_000_000_000_000_000n } as const

/** With the blanks that some programs put before AM and PM. */
const B = String.raw`[\s\x{a0}\x{202f}]`
const MONTH = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*'
const WEEKDAY = `(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\\.?,?${B}+)?`
/** Hour, minute, second, fraction, AM or PM. */
const TIME = String.raw`(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,:](\d+))?)?(?:${B}*([ap])\.?m\b\.?)?`
const COMPACT_TIME = String.raw`(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]?(\d+))?)?()`

const spelt = (date: string, gap: string, time: string, end = ''): string =>
  `(?i)^${B}*${date}(?:${gap}${time})?(.*?)${B}*${end}$`

interface Spelling {
  readonly kind: TimeKind
  /** RE2. */
  readonly pattern: string
  /** What its groups hold: year, month, day, hour, minute, second, fraction, half of the day, zone. */
  readonly parts: string
}

/** The first that fits counts. */
const SPELLINGS: readonly Spelling[] = [
  {
    // 2024-05-01T10:00:00Z, 2024/05/01 10:00:00,123 +0000 UTC, 2024-May-01, 2024-05-01-10.00.00.000000
    kind: 'iso',
    pattern: spelt(
      String.raw`(\d{4,5})[-/. ](\d{1,2}|${MONTH})[-/. ](\d{1,2})`,
      `(?:${B}*[T,_]${B}*|${B}+|-)`,
      TIME,
    ),
    parts: 'y mo d h mi s f half z',
  },
  {
    // 20240501T100000Z, 20240501 10:00:00, 20240501100000, 20240501
    kind: 'compact_iso',
    pattern: spelt(String.raw`(\d{4})(\d{2})(\d{2})`, `(?:${B}*[T_-]|${B}+)?`, COMPACT_TIME),
    parts: 'y mo d h mi s f half z',
  },
  {
    // 01.05.2024 10:00, 05/21/2024, 10:00 AM; which of the two is the day is said below
    kind: 'day_first',
    pattern: spelt(
      String.raw`(\d{1,2})([./-])(\d{1,2})[./-](\d{4})`,
      `(?:,?${B}+|T)(?:at${B}+)?`,
      TIME,
    ),
    parts: 'd sep mo y h mi s f half z',
  },
  {
    // 01/May/2024:10:00:00 +0000, Wed, 01 May 2024 10:00:00 GMT, 01-MAY-24 10.00.00.000000 AM
    kind: 'month_name',
    pattern: spelt(
      String.raw`\[?${WEEKDAY}(\d{1,2})(?:st|nd|rd|th)?[\s/.-]+(${MONTH})[\s/.,-]+(\d{4}|\d{2})`,
      `(?:[T:,]${B}*|${B}+)(?:at${B}+)?`,
      TIME,
      String.raw`\]?`,
    ),
    parts: 'd mo y h mi s f half z',
  },
  {
    // Wed May 01 2024 10:00:00 GMT+0000 (Coordinated Universal Time), May  1, 2024 10:00:00 AM
    kind: 'month_name',
    pattern: spelt(
      String.raw`${WEEKDAY}(${MONTH})\.?${B}+(\d{1,2})(?:st|nd|rd|th)?,?${B}+(\d{4})`,
      `,?${B}+(?:at${B}+)?`,
      TIME,
    ),
    parts: 'mo d y h mi s f half z',
  },
  {
    // Wed May  1 10:00:00 UTC 2024
    kind: 'month_name',
    pattern: String.raw`(?i)^${B}*${WEEKDAY}(${MONTH})${B}+(\d{1,2})${B}+${TIME}(?:${B}+(\S+))?${B}+(\d{4})${B}*$`,
    parts: 'mo d h mi s f half z y',
  },
]

/** UTC by one of its names, a distance from it, and what programs add to either. */
const OFFSET = text(
  String.raw`(?i)^${B}*\[?(utc|gmt|ut|z|zulu|uct|etc/(?:utc|gmt|uct|zulu|universal|greenwich))?(?:([+\x{2212}-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?)?(?:${B}*\[[^\]]*\]|${B}*\([^)]*\)|${B}+[a-z]{2,5}|${B}+[+-]\d{2,4})?(?: m=[+-][\d.]+)?${B}*\]?$`,
)
const OFFSET_PARTS = sql`['utc', 'sign', 'h', 'mi', 's']`
const REGION = text(String.raw`^${B}*\[?([A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*)\]?$`)

/** Hours from UTC of abbreviations that have one meaning: those of RFC 2822, and what `date` writes. */
const ABBREVIATIONS: Readonly<Record<string, number>> = {
  ...{ est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7 },
  ...{ akst: -9, akdt: -8, hst: -10, wet: 0, west: 1, cest: 2, eest: 3, msk: 3 },
  ...{ hkt: 8, sgt: 8, awst: 8, jst: 9, kst: 9, aest: 10, aedt: 11, nzst: 12, nzdt: 13 },
}
/** The engine knows them, and others mean something else by them. */
const AMBIGUOUS =
  'act aet agt art ast bet bst cat cnt ctt eat ect iet ist mit net nst plt pnt prt sst vst'.split(
    ' ',
  )

const NUMBER = text(String.raw`^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$`)
/** Digits that spell a date and a time; the shorter ones only where numbers have no unit. */
const DIGITS = text(String.raw`^\s*(?:\d{14}|\d{17}|\d{14}\.\d+)\s*$`)
const ANY_DIGITS = text(String.raw`^\s*(?:\d{8}|\d{12}|\d{14}|\d{17}|\d{14}\.\d+)\s*$`)

/** Evaluates a value once, however often `use` names it. */
const once = (value: Sql, name: string, use: (name: Sql) => Sql): Sql =>
  sql`list_transform([${value}], lambda ${raw(`sz_${name}`)}: ${use(raw(`sz_${name}`))})[1]`

/**
 * `kind` and `micros` since 1970 of one value; NULL for what is no time in any spelling. `kind` is
 * `either` where day and month cannot be told apart, and begins with `far` for a number that needs
 * the column's unit.
 *
 * @param zone of times that name none
 */
export function timeOf(value: Sql, settings: TimeSettings, zone: string): Sql {
  const digits = settings.unit === undefined ? ANY_DIGITS : DIGITS
  const isNumber = (v: Sql): Sql => sql`regexp_matches(${v}, ${NUMBER})`
  const written = (v: Sql): Sql =>
    sql`CASE WHEN NOT ${isNumber(v)} OR regexp_matches(${v}, ${digits}) THEN ${writtenTime(v, settings, zone)} END`
  return once(unwrapped(value), 'v', (v) =>
    once(
      written(v),
      'w',
      (w) =>
        sql`CASE WHEN ${w}.micros IS NULL AND ${isNumber(v)} THEN ${numberTime(v, settings)} ELSE ${w} END`,
    ),
  )
}

/** Without quotes, and what MongoDB and .NET put around a time. */
const unwrapped = (value: Sql): Sql => sql`CASE
    WHEN ${value} LIKE '{%' THEN CASE WHEN json_valid(${value}) THEN coalesce(json_extract_string(${value}, '/$date/$numberLong'), json_extract_string(${value}, '/$date')) END
    WHEN regexp_matches(${value}, '^\\\\?/Date\\(') THEN regexp_extract(${value}, '-?\\d+')
    WHEN regexp_matches(${value}, '^(?:(?:ISO)?Date\\()?["'']') THEN regexp_extract(${value}, '["''](.*)["'']', 1)
    ELSE ${value} END`

function numberTime(v: Sql, { unit }: TimeSettings): Sql {
  const magnitude = sql`abs(TRY_CAST(${v} AS DOUBLE))`
  const ranges = [
    ...UNITS.map(({ unit: own, from }) => ({ kind: own, from, places: MICROSECOND_PLACES[own] })),
    ...UNITS.map(({ unit: own, from }) => ({ kind: `far_${own}`, from: from / 10n, places: null })),
  ]
  const others = unit === undefined ? raw('NULL') : sql`${MICROSECOND_PLACES[unit]}`
  const found = sql`CASE ${join(
    ranges.map(
      ({ kind, from, places }) =>
        sql`WHEN ${magnitude} >= ${from} AND ${magnitude} < ${from * 10n} THEN {'kind': ${text(kind)}, 'places': ${places === null ? others : sql`${places}`}}`,
    ),
    ' ',
  )} WHEN ${magnitude} = 0 THEN {'kind': 'far_zero', 'places': ${others}} WHEN ${magnitude} > 0 THEN {'kind': 'far', 'places': ${others}} END`
  return once(
    found,
    'n',
    (n) => sql`{'kind': ${n}.kind, 'micros': ${microsOfNumber(v, sql`${n}.places`)}}`,
  )
}

function writtenTime(v: Sql, settings: TimeSettings, zone: string): Sql {
  const found = SPELLINGS.map(({ kind, pattern, parts }) => {
    const names = join(parts.split(' ').map(text))
    const struct = sql`regexp_extract(${v}, ${text(pattern)}, [${names}])`
    const own = (p: Sql): Sql =>
      parts.includes('sep') ? numbersOf(p, settings) : partsOf(p, { kind: text(kind) })
    return sql`WHEN regexp_matches(${v}, ${text(pattern)}) THEN ${once(struct, 'p', own)}`
  })
  return once(
    sql`CASE ${join(found, ' ')} END`,
    'q',
    (q) => sql`{'kind': ${q}.kind, 'micros': ${instant(q, zone)}}`,
  )
}

/** All spellings' parts in one order, so that what follows is written once. */
function partsOf(
  p: Sql,
  { kind, month = sql`${p}.mo`, day = sql`${p}.d` }: { kind: Sql; month?: Sql; day?: Sql },
): Sql {
  const others = ['h', 'mi', 's', 'f', 'half', 'z'].map(
    (name) => sql`'${raw(name)}': ${p}.${raw(name)}`,
  )
  return sql`{'kind': ${kind}, 'y': ${p}.y, 'mo': ${month}, 'd': ${day}, ${join(others)}}`
}

/** Dots are day first; a number over 12 is a day; else the column's other values say it. */
function numbersOf(p: Sql, { order }: TimeSettings): Sql {
  const over12 = (part: Sql): Sql => sql`CAST(${part} AS INTEGER) > 12`
  const kind = sql`CASE WHEN ${p}.sep = '.' THEN 'dotted' WHEN ${over12(sql`${p}.d`)} THEN 'day_first' WHEN ${over12(sql`${p}.mo`)} THEN 'month_first' ELSE 'either' END`
  const pick = (first: Sql, second: Sql): Sql => {
    const either = {
      day: first,
      month: second,
      unknown: sql`CASE WHEN ${first} = ${second} THEN ${first} END`,
    }
    return sql`CASE ${kind} WHEN 'month_first' THEN ${second} WHEN 'either' THEN ${either[order ?? 'unknown']} ELSE ${first} END`
  }
  return partsOf(p, {
    kind,
    month: pick(sql`${p}.mo`, sql`${p}.d`),
    day: pick(sql`${p}.d`, sql`${p}.mo`),
  })
}

const whole = (part: Sql): Sql => sql`CAST(coalesce(nullif(${part}, ''), '0') AS INTEGER)`

const clockOf = (parts: Sql): readonly [h: Sql, mi: Sql, s: Sql] => [
  whole(sql`${parts}.h`),
  whole(sql`${parts}.mi`),
  whole(sql`${parts}.s`),
]

/** A leap second counts as the second after it, as in POSIX time; 24:00 is the next day's beginning. */
function localMicros(q: Sql): Sql {
  const year = sql`CASE WHEN strlen(${q}.y) > 2 THEN ${q}.y WHEN ${q}.y < '69' THEN '20' || ${q}.y ELSE '19' || ${q}.y END`
  const month = sql`CASE WHEN ${q}.mo < ':' THEN ${q}.mo ELSE CAST((strpos('janfebmaraprmayjunjulaugsepoctnovdec', lower(left(${q}.mo, 3))) + 2) // 3 AS VARCHAR) END`
  const midnight = sql`epoch_us(TRY_CAST(${year} || '-' || ${month} || '-' || ${q}.d AS TIMESTAMP))`
  const [h, mi, s] = clockOf(q)
  const hour = sql`CASE lower(${q}.half) WHEN '' THEN ${h} WHEN 'a' THEN ${h} % 12 ELSE ${h} % 12 + 12 END`
  const possible = sql`${mi} < 60 AND (${s} < 60 OR ${s} = 60 AND ${mi} = 59)
    AND CASE WHEN ${q}.half = '' THEN ${h} < 24 OR ${h} = 24 AND ${mi} = 0 AND ${s} = 0 ELSE ${h} BETWEEN 1 AND 12 END`
  const fraction = sql`CAST(left(${q}.f || '000000', 6) AS BIGINT)`
  return sql`CASE WHEN ${possible} THEN ${midnight} + (CAST(${hour} AS BIGINT) * 3600 + ${mi} * 60 + ${s}) * 1000000 + ${fraction} END`
}

function instant(q: Sql, zone: string): Sql {
  const local = raw('sz_r.local')
  const offset = raw('sz_r.zone')
  const [h, mi, s] = clockOf(offset)
  const seconds = sql`(CAST(${h} AS BIGINT) * 3600 + ${mi} * 60 + ${s})`
  const naive =
    zone === 'UTC' ? local : sql`epoch_us(TRY(timezone(${text(zone)}, make_timestamp(${local}))))`
  const name = sql`regexp_extract(${q}.z, ${REGION}, 1)`
  const known = Object.entries(ABBREVIATIONS).map(
    ([word, hours]) => sql`WHEN ${text(word)} THEN ${local} - ${hours * MICROS_PER_HOUR}`,
  )
  // Only text that names its zone is cast together: the engine keeps one for the rows that name none.
  const region = sql`epoch_us(TRY(TRY_CAST(CAST(make_timestamp(${local}) AS VARCHAR) || ' ' || nullif(${name}, '') AS TIMESTAMPTZ)))`
  return once(
    sql`{'local': ${localMicros(q)}, 'zone': regexp_extract(${q}.z, ${OFFSET}, ${OFFSET_PARTS})}`,
    'r',
    () => sql`CASE
      WHEN ${local} IS NULL THEN NULL
      WHEN trim(${q}.z) = '' THEN ${naive}
      WHEN ${offset}.sign <> '' AND NOT ${offset}.utc ILIKE 'etc/%' THEN
        CASE WHEN ${h} < 16 AND ${mi} < 60 AND ${s} < 60 THEN ${local} + CASE ${offset}.sign WHEN '+' THEN -1 ELSE 1 END * ${seconds} * 1000000 END
      WHEN ${offset}.utc <> '' AND ${offset}.sign = '' THEN ${local}
      WHEN lower(${name}) IN (${join(AMBIGUOUS.map(text))}) THEN NULL
      ELSE CASE lower(${name}) ${join(known, ' ')} ELSE ${region} END END`,
  )
}
