/**
 * Runs the compiled stages: measures which plan suits the data, then builds.
 */
import { duckdb } from '../dialects/duckdb.js'
import type { Engine } from '../engines/duckdb.js'
import type { Events } from '../events/open.js'
import { type Sql, sql } from '../sql/sql.js'
import type { SessionRequest } from './compile.js'
import { chooseColumns, compileMeasures, compileSessions } from './compile.js'
import type { SessionDefinition } from './definition.js'
import { type BlockPlan, blockWidthMicros } from './stages.js'

export interface BuildOptions {
  readonly definition: SessionDefinition
  /** Names among `events.dimensions`. */
  readonly dimensions: readonly string[]
  readonly properties: readonly string[]
  /** Forces a plan; measured by default. The results are the same. */
  readonly plan?: BlockPlan
}

/** Above this many events per block, grouping them first pays. */
const WORTHWHILE_DENSITY = 1.5
const SAMPLED_EVENTS = 100_000

export async function planSessions(
  engine: Engine,
  events: Events,
  options: BuildOptions,
): Promise<SessionRequest> {
  const property = (name: string) => {
    const found = events.dimensions.find((dimension) => dimension.name === name)
    if (found === undefined) throw new RangeError(`${name} was not read from the events`)
    return { name, column: found.column }
  }
  return {
    definition: options.definition,
    plan: options.plan ?? (await measurePlan(engine, events, options.definition)),
    edges: {
      first: sql`${events.firstMicros ?? 0n}`,
      last: sql`${events.lastMicros ?? 0n}`,
    },
    dimensions: options.dimensions.map(property),
    properties: options.properties.map(property),
  }
}

/** Events per block among a sample of the users, taken by hash so that it is always the same. */
async function measurePlan(
  engine: Engine,
  events: Events,
  definition: SessionDefinition,
): Promise<BlockPlan> {
  const every = Math.max(1, Math.floor(events.ledger.kept / SAMPLED_EVENTS))
  const { n, blocks } = await engine.row<{ n: bigint; blocks: bigint }>(sql`
    SELECT count(*) AS n, count(DISTINCT (user, t // ${blockWidthMicros(definition)})) AS blocks
    FROM events WHERE hash(user) % ${every} = 0`)
  return Number(n) >= WORTHWHILE_DENSITY * Number(blocks) ? 'blocks' : 'events'
}

/** The session table as a query. */
export function sessionTable(request: SessionRequest, columns?: readonly string[]): Sql {
  return compileSessions(request, chooseColumns(request, columns), duckdb)
}

/** Creates the table `sessions` with integer times and lengths, and `segment_N` columns. */
export async function measureSessions(engine: Engine, request: SessionRequest): Promise<void> {
  await engine.run(
    sql`CREATE OR REPLACE TEMP TABLE sessions AS ${compileMeasures(request, duckdb)}`,
  )
}
