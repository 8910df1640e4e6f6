/** Lines of web servers' logs as rows. */
import { join, list, raw, type Sql, sql, text } from '../sql/sql.js'
import { type Column, inOrder, type LogLayout, readAs } from './group.js'

const REQUEST_COLUMNS = [
  'auth_user',
  'time',
  'method',
  'path',
  'status',
  'bytes',
  'referer',
  'user_agent',
] as const
const ACCESS_COLUMNS = ['ip', ...REQUEST_COLUMNS] as const

/** Text in quotes in which quotes are escaped. */
const QUOTED = '((?:[^"\\\\]|\\\\.)*)'

interface LogPattern {
  readonly pattern: string
  /** What its groups hold, in order. */
  readonly groups: readonly string[]
}

/** Logs of requests, a line each, whose columns are those of an access log. */
export const LOG_PATTERNS = {
  /**
   * Common and combined, as Apache's mod_log_config and nginx write them: whatever stands in front of
   * the two names (a virtual host, forwarded addresses), and behind the user agent a forwarded address.
   */
  access: {
    pattern: `^(\\S.*?) \\S+ (\\S+) \\[([^\\]]+)\\] "(?:([A-Z]+) )?((?:[^"\\\\]|\\\\.)*?)(?: HTTP/[0-9.]+)?" (\\d{3}|-) (\\d+|-)(?: "${QUOTED}" "${QUOTED}"(?: "([^"]*)")?)?`,
    groups: ['front', ...REQUEST_COLUMNS, 'forwarded'],
  },
  /** AWS' load balancers, application and classic, from "Access logs" of either. */
  balancer: {
    pattern: `^(?:[a-z0-9]+ )?(\\d{4}-\\d{2}-\\d{2}T\\S+) \\S+ (\\S+):\\d+ \\S+ \\S+ \\S+ \\S+ (\\d{3}|-) \\S+ \\S+ (\\d+|-) "([A-Z]+) (?:[a-z]+://[^/ "]*)?([^ "]*)[^"]*"(?: "${QUOTED}")?`,
    groups: ['time', 'front', 'status', 'bytes', 'method', 'path', 'user_agent'],
  },
  /** Amazon S3 server access logs, from "Amazon S3 server access log format". */
  s3: {
    pattern: `^\\S+ \\S+ \\[([^\\]]+)\\] (\\S+) (\\S+) \\S+ \\S+ \\S+ (?:"([A-Z]+) ([^ "]*)[^"]*"|-) (\\d{3}|-) \\S+ (\\d+|-) \\S+ \\S+ \\S+(?: "${QUOTED}" "${QUOTED}")?`,
    groups: [
      'time',
      'front',
      'auth_user',
      'method',
      'path',
      'status',
      'bytes',
      'referer',
      'user_agent',
    ],
  },
} as const satisfies Readonly<Record<string, LogPattern>>

export type LogKind = keyof typeof LOG_PATTERNS

/** The kind of log that most of the lines are of; undefined where they are of none. */
export function logKind(lines: readonly string[]): LogKind | undefined {
  const rows = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const kinds: readonly LogKind[] = ['access', 'balancer', 's3']
  return kinds.find((kind) => {
    const pattern = new RegExp(LOG_PATTERNS[kind].pattern)
    const found = rows.filter((line) => pattern.test(line.slice(0, LONGEST_SEEN))).length
    // A classic balancer's connections that are no requests stand between them.
    return found > 0 && (kind === 'access' ? found * 2 > rows.length : found * 2 >= rows.length)
  })
}

const LONGEST_SEEN = 8_192

/** Made of others: who, what, and in W3C logs when. */
const ACCESS_DERIVED = ['visitor', 'request']
const W3C_DERIVED = ['visitor', 'request', 'timestamp']

export function logColumns(layout: LogLayout): Column[] {
  const names =
    layout.kind !== 'w3c'
      ? [...ACCESS_COLUMNS, ...ACCESS_DERIVED]
      : [...layout.fields, ...W3C_DERIVED]
  return inOrder(names.map((name) => ({ name, type: 'VARCHAR' })))
}

/** The layout by the first lines; undefined where a W3C log does not name its fields. */
export function logLayout(lines: readonly string[]): LogLayout {
  const directive = lines.find((line) => /^#Fields:/i.test(line))
  if (directive === undefined) return { kind: logKind(lines) ?? 'access' }
  const fields = fieldsOf(directive)
  const row = lines.find((line) => line.trim() !== '' && !line.startsWith('#')) ?? ''
  return { kind: 'w3c', fields, separator: row.includes('\t') ? '\t' : ' ' }
}

export const fieldsOf = (directive: string): string[] =>
  uniqueNames(
    directive
      .replace(/^#Fields:/i, '')
      .trim()
      .split(/\s+/),
  )

/** A second column of one name gets a number. SQL cannot hold NUL. */
export function uniqueNames(names: readonly string[]): string[] {
  const seen = new Set<string>()
  return names.map((name, i) => {
    const base = name.replaceAll('\0', '') || `column${i + 1}`
    let free = base
    for (let n = 1; seen.has(free) || (n > 1 && names.includes(free)); n++) free = `${base}_${n}`
    seen.add(free)
    return free
  })
}

/** Whether a line is a row: blank lines and W3C directives are not. */
export const isLogRow = (layout: LogLayout): Sql =>
  layout.kind === 'access'
    ? sql`trim(line) <> ''`
    : sql`trim(line) <> '' AND NOT starts_with(line, '#')`

/** Columns of the layout in order, and `__sz_refused`, from rows with `line`. */
export function parsedLines(layout: LogLayout, lines: Sql): Sql {
  return layout.kind === 'w3c' ? w3cLines(layout, lines) : requestLines(layout.kind, lines)
}

const named = (values: readonly Sql[]): Sql =>
  join(values.map((value, i) => sql`${value} AS ${raw(readAs(i))}`))

/** An address, and no name of a host, and no address with a port. */
const ADDRESS = '^(?:\\d{1,3}(?:\\.\\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*)$'

/** The client: of several addresses the first, which is the one that was forwarded. */
const client = (value: Sql): Sql => sql`CASE
    WHEN NOT regexp_matches(${value}, '[ ,]') THEN ${value}
    ELSE coalesce(
      list_filter(regexp_split_to_array(${value}, '[ ,]+'), one -> regexp_matches(one, ${text(ADDRESS)}))[1],
      regexp_split_to_array(${value}, ' +')[-1])
  END`

function requestLines(kind: LogKind, lines: Sql): Sql {
  const { pattern, groups }: LogPattern = LOG_PATTERNS[kind]
  const part = (name: string): Sql =>
    groups.includes(name) ? sql`parsed.${raw(name)}` : raw('CAST(NULL AS VARCHAR)')
  const forwarded = groups.includes('forwarded')
    ? sql`CASE WHEN regexp_matches(parsed.forwarded, '^[0-9a-fA-F.:]') THEN ${client(sql`parsed.forwarded`)} END`
    : undefined
  const front = client(sql`parsed.front`)
  const columns = [
    ...ACCESS_COLUMNS.map((name) => (name === 'ip' ? raw('ip') : part(name))),
    sql`ip || ' ' || coalesce(${part('user_agent')}, '')`,
    sql`concat_ws(' ', nullif(${part('method')}, ''), ${part('path')})`,
  ]
  const ip = forwarded === undefined ? front : sql`coalesce(${forwarded}, ${front})`
  return sql`(
    SELECT * EXCLUDE (parsed, ip), ${named(columns)}, CASE WHEN parsed.front = '' THEN 'malformed' END AS __sz_refused
    FROM (
      SELECT *, ${ip} AS ip
      FROM (SELECT *, regexp_extract(line, ${text(pattern)}, ${list([...groups])}) AS parsed FROM ${lines})
    )
  )`
}

function w3cLines({ fields, separator }: LogLayout & { kind: 'w3c' }, lines: Sql): Sql {
  const part = (name: string): Sql | undefined => {
    const at = fields.findIndex((field) => field.toLowerCase() === name)
    return at < 0 ? undefined : sql`nullif(parts[${at + 1}], '-')`
  }
  const first = (...names: string[]): Sql =>
    names.map(part).find((found) => found !== undefined) ?? raw('CAST(NULL AS VARCHAR)')
  const xff = first('x-forwarded-for', 'cs(x-forwarded-for)', 's-xff')
  const ip = sql`coalesce(nullif(regexp_extract(${xff}, '[0-9a-fA-F.:]+'), ''), ${first('c-ip', 'cs-ip')})`
  const agent = first('cs(user-agent)')
  const columns = [
    ...fields.map((_, i) => sql`nullif(parts[${i + 1}], '-')`),
    // Either alone tells visitors apart somewhat.
    sql`CASE WHEN ${ip} IS NOT NULL OR ${agent} IS NOT NULL THEN coalesce(${ip}, '-') || ' ' || coalesce(${agent}, '') END`,
    sql`concat_ws(' ', ${first('cs-method')}, ${first('cs-uri-stem', 'cs-uri')})`,
    sql`${first('date', 'date-local')} || ' ' || ${first('time', 'time-local')}`,
  ]
  const bare = sql`rtrim(line, chr(13))`
  const plain = sql`string_split(${bare}, ${text(separator)})`
  // Values with blanks are in quotes, within which a quote is doubled.
  const quoted = sql`list_transform(regexp_extract_all(${bare}, '"(?:[^"]|"")*"|[^ ]+'), one -> CASE WHEN starts_with(one, '"') AND len(one) > 1 THEN replace(one[2:-2], '""', '"') ELSE one END)`
  const parts =
    separator === '\t'
      ? plain
      : sql`CASE WHEN contains(${bare}, '"') OR contains(${bare}, '  ') THEN ${quoted} ELSE ${plain} END`
  return sql`(
    SELECT * EXCLUDE (parts), ${named(columns)}, CASE WHEN len(parts) <> ${fields.length} THEN 'malformed' END AS __sz_refused
    FROM (SELECT *, ${parts} AS parts FROM ${lines})
  )`
}
