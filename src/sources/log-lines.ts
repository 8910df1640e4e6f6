/** Lines of web servers' logs as rows. */
import { join, list, raw, type Sql, sql, text } from '../sql/sql.js'
import { type Column, inOrder, type LogLayout, readAs } from './group.js'

const ACCESS_COLUMNS = [
  'ip',
  'auth_user',
  'time',
  'method',
  'path',
  'status',
  'bytes',
  'referer',
  'user_agent',
] as const

/** Common and combined log format, with or without a virtual host in front; the request line may be anything. */
const ACCESS_PATTERN =
  '^(?:\\S+:\\d+ )?(\\S+) \\S+ (\\S+) \\[([^\\]]+)\\] "(?:([A-Z]+) )?((?:[^"\\\\]|\\\\.)*?)(?: HTTP/[0-9.]+)?" (\\d{3}|-) (\\d+|-)(?: "((?:[^"\\\\]|\\\\.)*)" "((?:[^"\\\\]|\\\\.)*)")?'

/** Made of others: who, what, and in W3C logs when. */
const ACCESS_DERIVED = ['visitor', 'request']
const W3C_DERIVED = ['visitor', 'request', 'timestamp']

export function logColumns(layout: LogLayout): Column[] {
  const names =
    layout.kind === 'access'
      ? [...ACCESS_COLUMNS, ...ACCESS_DERIVED]
      : [...layout.fields, ...W3C_DERIVED]
  return inOrder(names.map((name) => ({ name, type: 'VARCHAR' })))
}

/** The layout by the first lines; undefined where a W3C log does not name its fields. */
export function logLayout(lines: readonly string[]): LogLayout {
  const directive = lines.find((line) => /^#Fields:/i.test(line))
  if (directive === undefined) return { kind: 'access' }
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
  layout.kind === 'w3c'
    ? sql`trim(line) <> '' AND NOT starts_with(line, '#')`
    : sql`trim(line) <> ''`

/** Columns of the layout in order, and `__sz_refused`, from rows with `line`. */
export function parsedLines(layout: LogLayout, lines: Sql): Sql {
  return layout.kind === 'access' ? accessLines(lines) : w3cLines(layout, lines)
}

const named = (values: readonly Sql[]): Sql =>
  join(values.map((value, i) => sql`${value} AS ${raw(readAs(i))}`))

function accessLines(lines: Sql): Sql {
  const columns = [
    ...ACCESS_COLUMNS.map((name) => sql`parsed.${raw(name)}`),
    sql`parsed.ip || ' ' || coalesce(parsed.user_agent, '')`,
    sql`concat_ws(' ', nullif(parsed.method, ''), parsed.path)`,
  ]
  return sql`(
    SELECT * EXCLUDE (parsed), ${named(columns)}, CASE WHEN parsed.ip = '' THEN 'malformed' END AS __sz_refused
    FROM (SELECT *, regexp_extract(line, ${text(ACCESS_PATTERN)}, ${list([...ACCESS_COLUMNS])}) AS parsed FROM ${lines})
  )`
}

function w3cLines({ fields, separator }: LogLayout & { kind: 'w3c' }, lines: Sql): Sql {
  const part = (name: string): Sql | undefined => {
    const at = fields.findIndex((field) => field.toLowerCase() === name)
    return at < 0 ? undefined : sql`nullif(parts[${at + 1}], '-')`
  }
  const first = (...names: string[]): Sql =>
    names.map(part).find((found) => found !== undefined) ?? raw('NULL')
  const columns = [
    ...fields.map((_, i) => sql`nullif(parts[${i + 1}], '-')`),
    sql`${first('c-ip', 'cs-ip', 'x-forwarded-for')} || ' ' || coalesce(${first('cs(user-agent)')}, '')`,
    sql`concat_ws(' ', ${first('cs-method')}, ${first('cs-uri-stem', 'cs-uri')})`,
    sql`${first('date')} || ' ' || ${first('time')}`,
  ]
  return sql`(
    SELECT * EXCLUDE (parts), ${named(columns)}, CASE WHEN len(parts) <> ${fields.length} THEN 'malformed' END AS __sz_refused
    FROM (SELECT *, string_split(rtrim(line, chr(13)), ${text(separator)}) AS parts FROM ${lines})
  )`
}
