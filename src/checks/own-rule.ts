/**
 * Rules that a user writes in SQL over `events` and `sessions`. They see tables in memory and
 * nothing else: files and the network are closed to them, and so are the settings.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { asTimestamp } from '../events/clock.js'
import type { Events } from '../events/open.js'
import { identifier, join, raw, type Sql, sql, text } from '../sql/sql.js'
import { readExamples } from './examples.js'
import type { CheckResult } from './result.js'
import { EXAMPLES_SHOWN } from './rule.js'
import type { Scene } from './scene.js'

export interface OwnRule {
  readonly id: string
  readonly meaning: string
  /** Rows that should not be there; or, with `min` or `max`, one number. */
  readonly sql: string
  readonly min?: number
  readonly max?: number
  /** What a row too many, or a number out of bounds, is. */
  readonly severity: 'warn' | 'error'
  /** As in `sessionize.config.yaml:12:5`, for messages. */
  readonly place: string
}

/**
 * Puts readers' tables in the place of the stages, and closes the engine. Nothing else can be
 * computed after this.
 */
export async function closeOver(engine: Engine, events: Events, sessionTable: Sql): Promise<void> {
  const properties = events.dimensions.map(
    ({ name, column }) => sql`e.${identifier(column)} AS ${identifier(propertyName(name))}`,
  )
  const files = events.ledger.files.map(({ label }) => text(label))
  const readable = sql`
    SELECT ${join([
      sql`[${join(files)}][e.file + 1] AS file`,
      raw('e.user'),
      sql`${asTimestamp(raw('e.t'))} AS time`,
      raw('e.name AS event'),
      raw('e.session AS recorded_session'),
      ...properties,
    ])} FROM events AS e`
  await engine.run(sql`CREATE OR REPLACE TEMP TABLE own_events AS ${readable}`)
  await engine.run(sql`CREATE OR REPLACE TEMP TABLE own_sessions AS ${sessionTable}`)
  const old = await engine.rows<{ name: string; type: string }>(sql`
    SELECT view_name AS name, 'VIEW' AS type FROM duckdb_views() WHERE temporary AND NOT internal
    UNION ALL SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE temporary AND table_name NOT LIKE 'own\\_%' ESCAPE '\\'`)
  for (const { name, type } of old) {
    await engine.run(
      sql`DROP ${raw(type === 'VIEW' ? 'VIEW' : 'TABLE')} IF EXISTS ${identifier(name)}`,
    )
  }
  await engine.run(sql`ALTER TABLE own_events RENAME TO events`)
  await engine.run(sql`ALTER TABLE own_sessions RENAME TO sessions`)
  await engine.run(sql`SET enable_external_access = false`)
  await engine.run(sql`SET lock_configuration = true`)
}

const OWN_NAMES = ['file', 'user', 'time', 'event', 'recorded_session']

/** A property called as a column of events keeps its name behind a prefix. */
const propertyName = (name: string): string =>
  OWN_NAMES.includes(name.toLowerCase()) ? `property_${name}` : name

export async function measureOwnRule(scene: Scene, rule: OwnRule): Promise<CheckResult> {
  const { engine } = scene
  const query = await asQuery(engine, rule)
  const bounded = rule.min !== undefined || rule.max !== undefined
  try {
    const value = bounded ? await numberOf(engine, query, rule) : await rowsOf(engine, query)
    const bad = bounded
      ? value < (rule.min ?? Number.NEGATIVE_INFINITY) ||
        value > (rule.max ?? Number.POSITIVE_INFINITY)
      : value > 0
    const most = bounded ? (rule.max ?? null) : 0
    return {
      id: rule.id,
      meaning: rule.meaning,
      origin: 'own',
      verdict: bad ? (rule.severity === 'error' ? 'fail' : 'warn') : 'pass',
      unit: bounded ? 'number' : 'count',
      value,
      found: bounded ? null : value,
      of: null,
      warn: rule.severity === 'warn' ? most : null,
      error: rule.severity === 'error' ? most : null,
      least: rule.min ?? null,
      why: null,
      hint: bad ? `It is the rule at ${rule.place}.` : null,
      examples: bad && !bounded ? await readExamples(scene, query) : [],
    }
  } catch (error) {
    throw explained(error, rule)
  }
}

/** @throws SessionizeError `usage` for anything but one SELECT. */
async function asQuery(engine: Engine, rule: OwnRule): Promise<Sql> {
  const { tree } = await engine.row<{ tree: string }>(
    sql`SELECT json_serialize_sql(${text(rule.sql)}) AS tree`,
  )
  const parsed: unknown = JSON.parse(tree)
  const isRecord = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null
  const refuse = (why: string): SessionizeError =>
    new SessionizeError('usage', `${rule.place}: the SQL of rule \`${rule.id}\` ${why}.`, {
      hint: 'Write one SELECT over `events` and `sessions`.',
    })
  if (!isRecord(parsed) || parsed['error'] === true) {
    const message = isRecord(parsed) ? String(parsed['error_message']) : ''
    throw refuse(`cannot be run: ${message.split('\n')[0] ?? ''}`)
  }
  const statements = parsed['statements']
  if (!Array.isArray(statements) || statements.length !== 1) throw refuse('must be one statement')
  // A line comment at its end must not swallow what follows.
  return raw(`${rule.sql.replace(/;\s*$/, '')}\n`)
}

const rowsOf = async (engine: Engine, query: Sql): Promise<number> =>
  Number((await engine.row<{ n: bigint }>(sql`SELECT count(*) AS n FROM (${query})`)).n)

async function numberOf(engine: Engine, query: Sql, rule: OwnRule): Promise<number> {
  const rows = await engine.rows<Record<string, unknown>>(
    sql`SELECT CAST(COLUMNS(*) AS DOUBLE) FROM (${query}) LIMIT 2`,
  )
  const values = rows.flatMap((row) => Object.values(row))
  const [value] = values
  if (rows.length === 1 && values.length === 1 && typeof value === 'number') return value
  throw new SessionizeError(
    'usage',
    `${rule.place}: rule \`${rule.id}\` has bounds, so its SQL must give one number; it gave ${rows.length === 0 ? 'no row' : values.length === 1 ? 'no number' : 'more than one value'}.`,
    { hint: 'Write it as: SELECT count(*) FROM sessions WHERE ...' },
  )
}

function explained(error: unknown, rule: OwnRule): unknown {
  if (!(error instanceof SessionizeError) || error.code === 'usage') return error
  const resources = ['out_of_memory', 'disk_full', 'interrupted']
  if (resources.includes(error.code)) return error
  return new SessionizeError('usage', `${rule.place}: rule \`${rule.id}\`: ${error.message}`, {
    hint: `\`events\` has ${OWN_NAMES.join(', ')} and the properties that were read; \`sessions\` is what \`sessionize sessions\` writes; at most ${EXAMPLES_SHOWN} rows are shown.`,
    cause: error,
  })
}
