/**
 * The user's own SQL over `events`, `blocks` and `sessions`. What it names is copied into the
 * engine; then the engine is locked, so that the SQL can read that and nothing else.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { asTimestamp } from '../events/clock.js'
import type { Events } from '../events/open.js'
import { planSessions, sessionTable } from '../sessions/build.js'
import { type SessionDefinition, smallestGapMicros } from '../sessions/definition.js'
import type { BlockPlan } from '../sessions/plan.js'
import { identifier, join, list, raw, type Sql, sql, text } from '../sql/sql.js'
import { requireEvents } from './event-access.js'

export interface QueryOptions {
  readonly definition: SessionDefinition
  /** Properties of events that are columns of `events`, and of `sessions` by their first value. */
  readonly by: readonly string[]
  readonly plan?: BlockPlan
  /** The only file that may be written afterwards: the result. */
  readonly outputPath?: string
}

const RELATIONS = ['events', 'blocks', 'sessions'] as const
type Relation = (typeof RELATIONS)[number]

/**
 * Checks the SQL, prepares the relations that it names, and locks the engine for good.
 *
 * @returns the SQL as a query that can be run, described or written.
 * @throws SessionizeError `usage` when it is not one SELECT over the three relations.
 */
export async function prepareQuery(
  engine: Engine,
  events: Events,
  statement: string,
  options: QueryOptions,
): Promise<Sql> {
  const used = await readTables(engine, statement)
  for (const relation of RELATIONS) {
    if (!used.has(relation)) continue
    const body = await BODIES[relation](engine, events, options)
    await engine.run(sql`CREATE OR REPLACE TABLE ${identifier(`query_${relation}`)} AS ${body}`)
  }
  await dropEverythingElse(engine)
  for (const relation of RELATIONS) {
    if (!used.has(relation)) continue
    await engine.run(
      sql`ALTER TABLE ${identifier(`query_${relation}`)} RENAME TO ${identifier(relation)}`,
    )
  }
  await lock(engine, options.outputPath)
  // On lines of its own, so that a comment at its end ends there. DESCRIBE and SUMMARIZE can be read
  // from, but not described themselves.
  const own = `\n${statement.trim().replace(/;\s*$/, '')}\n`
  return raw(/^\s*(DESCRIBE|SUMMARIZE|SHOW)\b/i.test(statement) ? `SELECT * FROM (${own})` : own)
}

/** A failure of the user's SQL is the user's to mend: it is told with the engine's own words. */
export async function runQuery<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof SessionizeError) || !USERS_FAULT.test(error.message)) throw error
    const refused = /^Permission Error/.test(error.message)
    throw new SessionizeError('usage', error.message, {
      hint: refused
        ? 'A query reads the named inputs only, as events, blocks and sessions.'
        : "See the columns with: sessionize query 'DESCRIBE sessions' FILE",
      cause: error,
    })
  }
}

const USERS_FAULT =
  /^(Binder|Parser|Catalog|Conversion|Invalid Input|Out of Range|Permission|Not implemented|Syntax) Error/

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** `DESCRIBE sessions` is a SELECT to the parser, and so allowed. */
async function readTables(engine: Engine, statement: string): Promise<Set<Relation>> {
  const { tree } = await engine.row<{ tree: string }>(
    sql`SELECT json_serialize_sql(${text(statement)}) AS tree`,
  )
  const parsed: unknown = JSON.parse(tree)
  if (!isNode(parsed) || parsed['error'] === true) {
    const message = isNode(parsed) ? String(parsed['error_message']) : ''
    throw new SessionizeError(
      'usage',
      /only select/i.test(message)
        ? 'query runs a SELECT, and nothing else.'
        : `query cannot read the SQL: ${message.split('\n')[0]}`,
      { hint: 'For example: sessionize query "SELECT count(*) FROM sessions" FILE' },
    )
  }
  const statements = parsed['statements']
  if (!Array.isArray(statements) || statements.length !== 1) {
    throw new SessionizeError('usage', 'query runs one SELECT.', {
      hint: 'Leave out what is before or after the semicolon.',
    })
  }
  const names = new Set<string>()
  const own = new Set<string>()
  collectTables(statements[0], names, own)
  const found = new Set<Relation>()
  for (const name of names) {
    const relation = RELATIONS.find((candidate) => candidate === name)
    if (relation !== undefined) found.add(relation)
    else if (!own.has(name) && didYouMean(name, RELATIONS) !== '') {
      throw new SessionizeError('usage', `No relation \`${name}\`.${didYouMean(name, RELATIONS)}`, {
        hint: `A query can read ${RELATIONS.join(', ')}.`,
      })
    }
  }
  return found
}

/** `names` are read from; `own` are the names of common table expressions. */
function collectTables(node: unknown, names: Set<string>, own: Set<string>): void {
  if (Array.isArray(node)) {
    for (const child of node) collectTables(child, names, own)
    return
  }
  if (!isNode(node)) return
  if (typeof node['table_name'] === 'string') names.add(node['table_name'].toLowerCase())
  const ctes = node['cte_map']
  if (isNode(ctes) && Array.isArray(ctes['map'])) {
    for (const entry of ctes['map']) {
      if (isNode(entry) && typeof entry['key'] === 'string') own.add(entry['key'].toLowerCase())
    }
  }
  for (const child of Object.values(node)) collectTables(child, names, own)
}

const EVENT_COLUMNS = ['user', 'time', 'event', 'recorded_session']

const BODIES: Readonly<
  Record<Relation, (engine: Engine, events: Events, options: QueryOptions) => Promise<Sql>>
> = {
  events: async (_engine, events, { by }) => {
    requireEvents(events, 'A query of `events`')
    const properties = events.dimensions
      .filter(({ name }) => by.includes(name))
      .map(({ name, column }) => {
        const free = EVENT_COLUMNS.includes(name) ? `${name}_property` : name
        return sql`${identifier(column)} AS ${identifier(free)}`
      })
    return sql`SELECT ${join([
      raw('user'),
      sql`${asTimestamp(raw('t'))} AS time`,
      raw('name AS event'),
      raw('session AS recorded_session'),
      ...properties,
    ])} FROM events ORDER BY user, t`
  },
  blocks: async (_engine, events, { definition }) => {
    requireEvents(events, 'A query of `blocks`')
    return sql`SELECT user, ${asTimestamp(raw('min(t)'))} AS first, ${asTimestamp(raw('max(t)'))} AS last, count(*) AS events
        FROM events GROUP BY user, t // ${smallestGapMicros(definition)} ORDER BY user, first`
  },
  sessions: async (engine, events, { definition, by, plan }) => {
    const request = await planSessions(engine, events, {
      definition,
      dimensions: by,
      properties: [],
      ...(plan === undefined ? {} : { plan }),
    })
    return sessionTable(request)
  },
}

/** Views over the inputs would be refused anyway, and tables of stages are nobody's business. */
async function dropEverythingElse(engine: Engine): Promise<void> {
  const relations = await engine.rows<{ kind: string; name: string }>(sql`
    SELECT 'VIEW' AS kind, view_name AS name FROM duckdb_views() WHERE NOT internal AND temporary
    UNION ALL
    SELECT 'TABLE', table_name FROM duckdb_tables() WHERE NOT internal AND temporary`)
  for (const { kind, name } of relations) {
    await engine.run(sql`DROP ${raw(kind)} IF EXISTS temp.${identifier(name)}`)
  }
}

async function lock(engine: Engine, outputPath: string | undefined): Promise<void> {
  if (outputPath !== undefined) {
    await engine.run(sql`SET allowed_paths = ${list([outputPath])}`)
  }
  await engine.run(sql`SET autoload_known_extensions = false`)
  await engine.run(sql`SET enable_external_access = false`)
  await engine.run(sql`SET lock_configuration = true`)
}
