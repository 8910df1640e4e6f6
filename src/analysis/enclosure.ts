/**
 * SQL that a user wrote: it is one SELECT over tables that are made for it, in an engine that is
 * closed to everything else. Files, the network and the settings are out of its reach.
 */
import type { Engine } from '../engines/duckdb.js'
import { asTimestamp } from '../events/clock.js'
import { isNode } from '../events/parse-select.js'
import type { Events } from '../sessions/dataset.js'
import { identifier, join, list, raw, type Sql, sql, text } from '../sql/sql.js'
import { requireEvents } from './event-access.js'

/** A statement that `parseSelect` took, to be run, described or read from. */
export function asQuery(statement: string): Sql {
  // On lines of its own, so that a comment at its end ends there. DESCRIBE and SUMMARIZE can be read
  // from, but not described themselves.
  const own = `\n${statement.trim().replace(/;\s*$/, '')}\n`
  return raw(/^\s*(DESCRIBE|SUMMARIZE|SHOW)\b/i.test(statement) ? `SELECT * FROM (${own})` : own)
}

/**
 * Functions that make rows and do nothing else. Others read files, change what the engine prints and
 * where to (`enable_logging`, `enable_profiling`), or run SQL that nobody has looked at (`query`).
 */
const ROW_MAKERS = new Set([
  'unnest',
  'range',
  'generate_series',
  'repeat',
  'repeat_row',
  'json_each',
  'json_tree',
  'summary',
  'histogram',
  'histogram_values',
  'pg_timezone_names',
])
/** What the engine tells of itself and of the tables in it. */
const INTROSPECTION = /^(duckdb|pragma)_/

/** The first function in a statement's FROM that is not for a user's SQL; a list of other names is never complete. */
export function refusedFunction(tree: unknown): string | undefined {
  if (Array.isArray(tree)) {
    for (const child of tree) {
      const refused = refusedFunction(child)
      if (refused !== undefined) return refused
    }
    return undefined
  }
  if (!isNode(tree)) return undefined
  if (tree['type'] === 'TABLE_FUNCTION') {
    const call = tree['function']
    const name = String(isNode(call) ? call['function_name'] : '').toLowerCase()
    if (!ROW_MAKERS.has(name) && !INTROSPECTION.test(name)) return name
  }
  return refusedFunction(Object.values(tree))
}

/**
 * The relation `events` as users read it: `user`, `time`, `event`, `recorded_session`, and the
 * properties by their names; before them `file`, where it is asked for.
 *
 * @throws SessionizeError `unsupported` where only blocks are left of the events.
 */
export function readableEvents(
  events: Events,
  question: string,
  { properties, withFile = false }: { properties?: readonly string[]; withFile?: boolean } = {},
): { query: Sql; columns: string[] } {
  requireEvents(events, question)
  const files = events.ledger.files.map(({ label }) => text(label))
  const own: [string, Sql][] = [
    ...(withFile ? [['file', sql`[${join(files)}][file + 1]`] satisfies [string, Sql]] : []),
    ['user', raw('user')],
    ['time', asTimestamp(raw('t'))],
    ['event', raw('name')],
    ['recorded_session', raw('session')],
  ]
  const taken = new Set(own.map(([name]) => name))
  for (const { name, column } of events.dimensions) {
    if (properties?.includes(name) === false) continue
    let free = name
    // Names differ by more than their case.
    while (taken.has(free.toLowerCase())) free = `${free}_property`
    taken.add(free.toLowerCase())
    own.push([free, identifier(column)])
  }
  return {
    query: sql`SELECT ${join(own.map(([name, value]) => sql`${value} AS ${identifier(name)}`))} FROM events ORDER BY user, t`,
    columns: own.map(([name]) => name),
  }
}

/**
 * Puts these tables in the place of everything else in the engine, and locks it for good.
 *
 * @param writable the only file that may be written afterwards
 */
export async function enclose(
  engine: Engine,
  tables: Readonly<Record<string, Sql>>,
  writable?: string,
): Promise<void> {
  const names = Object.keys(tables)
  const made = (name: string): Sql => identifier(`enclosed_${name}`)
  for (const [name, body] of Object.entries(tables)) {
    await engine.run(sql`CREATE OR REPLACE TABLE ${made(name)} AS ${body}`)
  }
  // Views over the inputs would be refused anyway, and tables of stages are nobody's business.
  const others = await engine.rows<{ kind: 'VIEW' | 'TABLE'; name: string }>(sql`
    SELECT 'VIEW' AS kind, view_name AS name FROM duckdb_views() WHERE NOT internal AND temporary
    UNION ALL
    SELECT 'TABLE', table_name FROM duckdb_tables() WHERE NOT internal AND temporary`)
  for (const { kind, name } of others) {
    await engine.run(sql`DROP ${raw(kind)} IF EXISTS temp.${identifier(name)}`)
  }
  for (const name of names) {
    await engine.run(sql`ALTER TABLE ${made(name)} RENAME TO ${identifier(name)}`)
  }
  if (writable !== undefined) await engine.run(sql`SET allowed_paths = ${list([writable])}`)
  await engine.run(sql`SET autoload_known_extensions = false`)
  await engine.run(sql`SET enable_external_access = false`)
  await engine.run(sql`SET lock_configuration = true`)
}
