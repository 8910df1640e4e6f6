/**
 * The user's own SQL over `events`, `blocks` and `sessions`. What it names is copied into the
 * engine; then the engine is locked, so that the SQL can read that and nothing else.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { asTimestamp } from '../events/clock.js'
import { isNode, parseSelect } from '../events/parse-select.js'
import { planSessions, sessionTable } from '../sessions/build.js'
import type { Events } from '../sessions/dataset.js'
import { type SessionDefinition, smallestGapMicros } from '../sessions/definition.js'
import type { BlockPlan } from '../sessions/plan.js'
import { raw, type Sql, sql } from '../sql/sql.js'
import { asQuery, enclose, readableEvents, refusedFunction } from './enclosure.js'
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
  const tables: Partial<Record<Relation, Sql>> = {}
  for (const relation of RELATIONS) {
    if (used.has(relation)) tables[relation] = await BODIES[relation](engine, events, options)
  }
  await enclose(engine, tables, options.outputPath)
  return asQuery(statement)
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

/** The relations that are read; a name that is like one of them is a slip. */
async function readTables(engine: Engine, statement: string): Promise<Set<Relation>> {
  const parsed = await parseSelect(engine, statement)
  if (parsed.kind === 'not_one') {
    throw new SessionizeError('usage', 'query runs one SELECT.', {
      hint: 'Leave out what is before or after the semicolon.',
    })
  }
  if (parsed.kind !== 'select') {
    throw new SessionizeError(
      'usage',
      parsed.kind === 'not_select'
        ? 'query runs a SELECT, and nothing else.'
        : `query cannot read the SQL: ${parsed.why}`,
      { hint: 'For example: sessionize query "SELECT count(*) FROM sessions" FILE' },
    )
  }
  const refused = refusedFunction(parsed.tree)
  if (refused !== undefined) {
    throw new SessionizeError('usage', `query has no function \`${refused}\` in FROM.`, {
      hint: 'A query reads the named inputs only, as events, blocks and sessions.',
    })
  }
  const names = new Set<string>()
  const own = new Set<string>()
  collectTables(parsed.tree, names, own)
  const relations = new Set<Relation>()
  for (const name of names) {
    const relation = RELATIONS.find((candidate) => candidate === name)
    if (relation !== undefined) relations.add(relation)
    else if (!own.has(name) && didYouMean(name, RELATIONS) !== '') {
      throw new SessionizeError('usage', `No relation \`${name}\`.${didYouMean(name, RELATIONS)}`, {
        hint: `A query can read ${RELATIONS.join(', ')}.`,
      })
    }
  }
  return relations
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

const BODIES: Readonly<
  Record<Relation, (engine: Engine, events: Events, options: QueryOptions) => Promise<Sql>>
> = {
  events: async (_engine, events, { by }) =>
    readableEvents(events, 'A query of `events`', { properties: by }).query,
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
    return sessionTable(engine, request)
  },
}
