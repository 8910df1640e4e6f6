/**
 * Sessions of events that stay in an engine elsewhere: the stages run there, and only sessions come
 * here. Where blocks merge they are made by one plain SELECT, so that an engine of many machines
 * makes them where the events are, and only blocks travel between its machines.
 */
import { duckdb } from '../dialects/duckdb.js'
import type { Engine } from '../engines/duckdb.js'
import type { DistantEvents } from '../events/distant.js'
import { given } from '../given.js'
import { identifier, join, raw, type Sql, type Stage, sql, withStages } from '../sql/sql.js'
import { blockWidthMicros } from './blocks.js'
import { packedOffset, storedValue } from './codes.js'
import { compileSessions, measureName, type SessionRequest, sessionPlan } from './compile.js'
import { hasGapRules, isGapOnly } from './definition.js'
import { aliveUntil, gapRank, localDay } from './liveness.js'
import type { DataEdges, SessionPlan } from './plan.js'
import { hasLimit } from './recut.js'
import { sessionStages } from './stages.js'
import { storedTime } from './stored-blocks.js'

/** The request with `made`: the stage `sessions` with what these columns need, here. */
export async function bringSessions(
  engine: Engine,
  request: SessionRequest,
  distant: DistantEvents,
  columns: readonly string[],
): Promise<SessionRequest> {
  const plan = sessionPlan(request, columns)
  const query = await sessionQuery(request, plan, distant)
  const shape = await shapeOf(engine, plan, request.edges)
  const fetched = await distant.fetch(
    sql`SELECT ${join(shape.map(({ name }) => identifier(name)))} FROM (${query}) AS made`,
  )
  // Engines differ in the types of counts and flags, and in the order within sets.
  const typed = shape.map(({ name, type }) => {
    const value = sql`CAST(${identifier(name)} AS ${raw(type)})`
    return sql`${type.endsWith('[]') ? sql`list_sort(${value})` : value} AS ${identifier(name)}`
  })
  return { ...request, made: sql`(SELECT ${join(typed)} FROM ${fetched})` }
}

/** The session table as a table there. */
export async function createSessionTable(
  name: string,
  request: SessionRequest,
  distant: DistantEvents,
  columns: readonly string[],
): Promise<void> {
  const { plan, stages } = await distantPlan(sessionPlan(request, columns), distant)
  const measured = new Map(plan.measures.map(({ as, value }) => [as, value]))
  const there: SessionRequest = {
    ...request,
    ...given({ stored: plan.stored }),
    leading: stages,
    ruleColumns: plan.ruleColumns,
    measures: request.measures.map((measure, i) => ({
      ...measure,
      value: measured.get(measureName(i)) ?? measure.value,
    })),
  }
  const table = compileSessions(there, columns, distant.dialect, { ordered: false })
  await distant.createTable(name, table)
}

/** The plan over blocks that are kept there, or over the stage `events`. */
async function distantPlan(
  plan: SessionPlan,
  distant: DistantEvents,
): Promise<{ plan: SessionPlan; stages: readonly Stage[] }> {
  if (plan.blocks !== 'blocks' || hasLimit(plan.definition)) {
    return { plan, stages: distant.stages }
  }
  const { stages } = distant.plain
  const stored = await distant.keep(withStages(stages, plainBlocks(plan, distant)))
  return {
    plan: {
      ...plan,
      stored,
      // They were applied when the blocks were made.
      ruleColumns: {},
      measures: plan.measures.map((measure) => ({
        ...measure,
        value: sql`e.${identifier(measure.as)}`,
      })),
    },
    stages: [],
  }
}

async function sessionQuery(
  request: SessionRequest,
  wanted: SessionPlan,
  distant: DistantEvents,
): Promise<Sql> {
  const { plan, stages } = await distantPlan(wanted, distant)
  return withStages(
    [...stages, ...sessionStages(plan, request.edges, distant.dialect)],
    sql`SELECT * FROM sessions`,
  )
}

/** Names and types of the stage `sessions`, as the local engine has them. */
async function shapeOf(
  engine: Engine,
  plan: SessionPlan,
  edges: DataEdges,
): Promise<{ name: string; type: string }[]> {
  const texts = [
    'user',
    'name',
    'session',
    ...plan.attributes.map(({ column }) => column),
    ...Object.values(plan.ruleColumns),
  ]
  for (const { of } of plan.measures) {
    of?.((column) => {
      texts.push(column)
      return identifier(column)
    })
  }
  const columns = [...new Set(texts)].map((column) => sql`'' AS ${identifier(column)}`)
  const none: Stage = {
    name: 'events',
    comment: 'None.',
    body: sql`SELECT CAST(0 AS INTEGER) AS file, CAST(0 AS BIGINT) AS t, ${join(columns)} WHERE false`,
  }
  return engine.describe(
    withStages([none, ...sessionStages(plan, edges, duckdb)], sql`SELECT * FROM sessions`),
  )
}

/** Blocks as `stored-blocks.ts` has them, in one SELECT over the rows, then spelt out. */
function plainBlocks(plan: SessionPlan, { dialect, keys, plain }: DistantEvents): Sql {
  const { definition } = plan
  const event = (column: string): Sql => plain.column(column)
  const t = event('t')
  const width = blockWidthMicros(definition)
  const gaps = hasGapRules(definition)
  const midnight = definition.midnightZone !== undefined
  const named = plan.names || !isGapOnly(definition)
  const name = sql`coalesce(${event('name')}, '')`
  const columns = [...new Set(plan.attributes.map(({ column }) => column))]
  const valued = (column: string): Sql =>
    sql`CASE WHEN ${event(column)} IS NOT NULL THEN ${keys.key(t, sql`coalesce(${event(column)}, '')`)} END`
  const keyName = (column: string, pick: 'first' | 'last'): Sql => raw(`${column}_${pick}_key`)

  const block = dialect.quotient(t, width)
  const day = localDay(definition, dialect, event)
  const grouped = [
    sql`${event('user')} AS "user"`,
    sql`${block} AS block`,
    ...(midnight ? [sql`${day} AS "day"`] : []),
    sql`${dialect.count()} AS events`,
    ...(named
      ? [
          sql`min(${keys.key(t, name)}) AS name_first_key`,
          sql`max(${keys.key(t, name)}) AS name_last_key`,
        ]
      : [sql`min(${t}) AS "first"`, sql`max(${t}) AS "last"`]),
    ...columns.flatMap((column) => [
      sql`min(${valued(column)}) AS ${keyName(column, 'first')}`,
      sql`max(${valued(column)}) AS ${keyName(column, 'last')}`,
    ]),
    ...(gaps
      ? [
          sql`max(${aliveUntil(plan, event)}) AS alive`,
          sql`min(${packedOffset(dialect.remainder(t, width), gapRank(plan, event))}) AS gap_key`,
        ]
      : []),
    ...(plan.distinctNames ? [sql`${dialect.collect(event('name'))} AS names`] : []),
    ...(plan.recordedIds ? [sql`${dialect.collect(event('session'))} AS recorded`] : []),
    ...plan.measures.map(
      ({ value, of, as }) => sql`sum(${of === undefined ? value : of(event)}) AS ${identifier(as)}`,
    ),
  ]
  const spelt = [
    raw('b."user"'),
    raw('b.block'),
    ...(midnight ? [raw('b."day"')] : []),
    raw('b.events'),
    ...(named
      ? [
          sql`${keys.timeOf(raw('b.name_first_key'))} AS "first"`,
          sql`${keys.timeOf(raw('b.name_last_key'))} AS "last"`,
          sql`${keys.valueOf(raw('b.name_first_key'))} AS first_event`,
          sql`${keys.valueOf(raw('b.name_last_key'))} AS last_event`,
        ]
      : [raw('b."first"'), raw('b."last"')]),
    ...columns.flatMap((column) =>
      (['first', 'last'] as const).flatMap((pick) => {
        const key = sql`b.${keyName(column, pick)}`
        return [
          sql`CASE WHEN ${key} IS NOT NULL THEN ${keys.valueOf(key)} END AS ${storedValue(column, pick)}`,
          sql`CASE WHEN ${key} IS NOT NULL THEN ${keys.timeOf(key)} END AS ${storedTime(column, pick)}`,
        ]
      }),
    ),
    ...(gaps ? [raw('b.alive'), sql`${dialect.lowBits(raw('b.gap_key'), 31)} AS gap_rank`] : []),
    ...(plan.distinctNames ? [raw('b.names')] : []),
    ...(plan.recordedIds ? [raw('b.recorded')] : []),
    ...plan.measures.map(({ as }) => sql`b.${identifier(as)}`),
  ]
  return sql`SELECT ${join(spelt)}
FROM (
  SELECT ${join(grouped, ',\n    ')}
  FROM ${plain.from}
  WHERE ${plain.kept}
  GROUP BY ${join([event('user'), block, ...(midnight ? [day] : [])])}
) AS b`
}
