/**
 * Sessions of events that stay in a remote engine: the stages run there, and only sessions come
 * here. Where blocks merge they are made by one plain SELECT, so that an engine of many machines
 * makes them where the events are, and only blocks travel between its machines.
 */
import { duckdb } from '../dialects/duckdb.js'
import type { Engine } from '../engines/duckdb.js'
import { blockWidthMicros } from '../sessions/blocks.js'
import { packedOffset, storedValue } from '../sessions/codes.js'
import { compileIgnored, compileSessions, measureName, sessionPlan } from '../sessions/compile.js'
import { hasGapRules, isGapOnly } from '../sessions/definition.js'
import type { DataEdges, SessionPlan } from '../sessions/plan.js'
import type { RemoteSessions, SessionRequest, Table } from '../sessions/request.js'
import { hasLimit } from '../sessions/session-limits.js'
import { sessionStages } from '../sessions/stages.js'
import { storedTime } from '../sessions/stored-blocks.js'
import { aliveUntil, gapRank, localDay } from '../sessions/timeout.js'
import { identifier, join, raw, type Sql, type Stage, sql, withStages } from '../sql/sql.js'
import type { RemoteEvents } from './plain-events.js'

export const remoteSessions = (remote: RemoteEvents): RemoteSessions => ({
  engine: remote.engine,
  bring: (engine, request, columns) => bringSessions(engine, request, remote, columns),
  ignored: (request) =>
    remote.fetch(compileIgnored({ ...request, from: eventsOf(remote) }, remote.dialect)),
  createTable: (name, request, columns) => createSessionTable(name, request, remote, columns),
})

const eventsOf = ({ stages }: RemoteEvents): Table => ({ kind: 'table', events: 'events', stages })

async function bringSessions(
  engine: Engine,
  request: SessionRequest,
  remote: RemoteEvents,
  columns: readonly string[],
): Promise<Sql> {
  const plan = sessionPlan(request, columns)
  const query = await sessionQuery(request, plan, remote)
  const shape = await shapeOf(engine, plan, request.edges)
  const fetched = await remote.fetch(
    sql`SELECT ${join(shape.map(({ name }) => identifier(name)))} FROM (${query}) AS made`,
  )
  // Engines differ in the types of counts and flags, and in the order within sets.
  const typed = shape.map(({ name, type }) => {
    const value = sql`CAST(${identifier(name)} AS ${raw(type)})`
    return sql`${type.endsWith('[]') ? sql`list_sort(${value})` : value} AS ${identifier(name)}`
  })
  return sql`(SELECT ${join(typed)} FROM ${fetched})`
}

async function createSessionTable(
  name: string,
  request: SessionRequest,
  remote: RemoteEvents,
  columns: readonly string[],
): Promise<void> {
  const { plan, stages } = await remotePlan(sessionPlan(request, columns), remote)
  const measured = new Map(plan.measures.map(({ as, value }) => [as, value]))
  const there: SessionRequest = {
    ...request,
    from:
      plan.stored === undefined
        ? eventsOf(remote)
        : { kind: 'stored', blocks: plan.stored, stages },
    ruleColumns: plan.ruleColumns,
    measures: request.measures.map((measure, i) => ({
      ...measure,
      value: measured.get(measureName(i)) ?? measure.value,
    })),
  }
  const table = compileSessions(there, columns, remote.dialect, { ordered: false })
  await remote.createTable(name, table)
}

/** The plan over blocks that are kept there, or over the stage `events`. */
async function remotePlan(
  plan: SessionPlan,
  remote: RemoteEvents,
): Promise<{ plan: SessionPlan; stages: readonly Stage[] }> {
  if (plan.blocks !== 'blocks' || hasLimit(plan.definition)) {
    return { plan, stages: remote.stages }
  }
  const { stages } = remote.plain
  const stored = await remote.keep(withStages(stages, plainBlocks(plan, remote)))
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
  remote: RemoteEvents,
): Promise<Sql> {
  const { plan, stages } = await remotePlan(wanted, remote)
  return withStages(
    [...stages, ...sessionStages(plan, request.edges, remote.dialect)],
    sql`SELECT * FROM sz_sessions`,
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
    withStages([none, ...sessionStages(plan, edges, duckdb)], sql`SELECT * FROM sz_sessions`),
  )
}

/** Blocks as `stored-blocks.ts` has them, in one SELECT over the rows, then spelt out. */
function plainBlocks(plan: SessionPlan, { dialect, keys, plain }: RemoteEvents): Sql {
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
