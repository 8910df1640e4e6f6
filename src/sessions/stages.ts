/**
 * The one idea: events to sessions in named stages.
 *
 *   events -> blocks -> linked -> (alone | runs) -> joined -> sessions
 *
 * Two events of one user in the same window of at most the gap's width are less than a gap apart,
 * so they share a session. Events are therefore first reduced to blocks, one per user and window,
 * by a hash aggregation that is parallel, spills and merges; only blocks are ordered and linked.
 * Where nearly every event is alone in its window that aggregation is wasted, and each event is
 * taken as a block of its own. Everything after `blocks` is the same, and so are the results.
 *
 * Times are microseconds since year 1 and never negative. Names and dimension values are coded as
 * integers in their sort order, so that a time and a value pack into one sortable integer: its
 * minimum is the first value, its maximum the last, and ties are broken by value, never by chance.
 */
import type { Dialect } from '../dialects/dialect.js'
import { identifier, join, raw, type Sql, type Stage, sql } from '../sql/sql.js'
import type { SessionDefinition } from './definition.js'

/** How events become blocks. The results are the same; the cost depends on the data. */
export type BlockPlan = 'blocks' | 'events'

/** A property carried into the session row: its first or its last value that is not null. */
export interface Attribute {
  /** Column of `events`. */
  readonly column: string
  readonly pick: 'first' | 'last'
  /** Column of `sessions`. */
  readonly as: string
}

export interface SessionPlan {
  readonly definition: SessionDefinition
  readonly blocks: BlockPlan
  readonly attributes: readonly Attribute[]
  /** Which of the costlier columns are wanted. */
  readonly names: boolean
  readonly distinctNames: boolean
  readonly recordedIds: boolean
}

/** Codes are below this, and a block's width in microseconds times this fits 63 bits. */
const CODE_BITS = 31
const CODES = 2 ** CODE_BITS
/** The widest block that leaves room for a code: times within it are below 2^32 microseconds. */
const WIDEST_BLOCK_MICROS = 3_600_000_000

export const blockWidthMicros = ({ gapMicros }: SessionDefinition): number =>
  Math.min(gapMicros, WIDEST_BLOCK_MICROS)

/** From the relation `events` to the stage `sessions`. */
export function sessionStages(plan: SessionPlan, edges: DataEdges, dialect: Dialect): Stage[] {
  const columns = [...new Set(plan.attributes.map(({ column }) => column))]
  const coded = [...(plan.names ? ['name'] : []), ...columns]
  const carried = carriedColumns(plan)
  return [
    ...coded.map((column) => codeStage(column)),
    plan.blocks === 'blocks' ? blockStage(plan, columns, dialect) : eventStage(plan, columns),
    linkedStage(plan),
    aloneStage(plan, carried, dialect),
    runStage(plan, dialect),
    joinedStage(plan, carried, dialect),
    sessionsStage(plan, carried, edges),
  ]
}

const codeTable = (column: string): Sql => identifier(`${column}_codes`)

/** Codes follow the sort order of the values; no value sorts before all others. */
const codeStage = (column: string): Stage => ({
  name: `${column}_codes`,
  comment: `One row per value of ${column}, numbered in sort order.`,
  materialized: true,
  body: sql`SELECT value, row_number() OVER (ORDER BY value) - 1 AS code
FROM (SELECT DISTINCT coalesce(${identifier(column)}, '') AS value FROM events)`,
})

interface Carried {
  readonly as: string
  readonly pick: 'first' | 'last'
}

/** What a block carries apart from its times: a code, and for attributes the time it was seen at. */
function carriedColumns(plan: SessionPlan): Carried[] {
  return [
    ...(plan.names
      ? ([
          { as: 'first_event', pick: 'first' },
          { as: 'last_event', pick: 'last' },
        ] as const)
      : []),
    ...plan.attributes.map(({ as, pick }) => ({ as, pick })),
  ]
}

const codeOf = (column: string): Sql => identifier(`${column}_code`)
const timeOf = (column: string): Sql => identifier(`${column}_at`)

function codedEvents(plan: SessionPlan, columns: readonly string[]): { select: Sql[]; from: Sql } {
  const coded = [...(plan.names ? ['name'] : []), ...columns]
  const select = [
    sql`e.user`,
    sql`e.t`,
    ...coded.map((column) =>
      column === 'name'
        ? sql`${codeTable(column)}.code AS ${codeOf(column)}`
        : sql`CASE WHEN e.${identifier(column)} IS NOT NULL THEN ${codeTable(column)}.code END AS ${codeOf(column)}`,
    ),
    ...(plan.distinctNames ? [sql`e.name`] : []),
    ...(plan.recordedIds ? [sql`e.session`] : []),
  ]
  const joins = coded.map(
    (column) =>
      sql`LEFT JOIN ${codeTable(column)} ON ${codeTable(column)}.value = coalesce(e.${identifier(column)}, '')`,
  )
  return { select, from: sql`FROM events AS e\n  ${join(joins, '\n  ')}` }
}

function blockStage(plan: SessionPlan, columns: readonly string[], dialect: Dialect): Stage {
  const width = blockWidthMicros(plan.definition)
  const { select, from } = codedEvents(plan, columns)
  const block = dialect.quotient(sql`t`, width)
  const offset = dialect.remainder(sql`t`, width)
  const packed = (column: string): Sql => sql`${offset} * ${CODES} + ${codeOf(column)}`
  const unpackTime = (key: Sql): Sql =>
    sql`block * ${width} + ${dialect.shiftRight(key, CODE_BITS)}`
  const unpackCode = (key: Sql): Sql => dialect.lowBits(key, CODE_BITS)
  const extreme = ({ pick }: Carried, value: Sql): Sql =>
    pick === 'first' ? sql`min(${value})` : sql`max(${value})`

  const keys = [
    ...(plan.names
      ? [sql`min(${packed('name')}) AS first_key`, sql`max(${packed('name')}) AS last_key`]
      : [sql`min(t) AS first`, sql`max(t) AS last`]),
    ...plan.attributes.map(
      (attribute) =>
        sql`${extreme(attribute, packed(attribute.column))} AS ${identifier(`${attribute.as}_key`)}`,
    ),
    ...collected(plan, dialect),
  ]
  const unpacked = [
    ...(plan.names
      ? [
          sql`${unpackTime(sql`first_key`)} AS first`,
          sql`${unpackTime(sql`last_key`)} AS last`,
          sql`${unpackCode(sql`first_key`)} AS first_event_code`,
          sql`${unpackCode(sql`last_key`)} AS last_event_code`,
        ]
      : [sql`first`, sql`last`]),
    ...plan.attributes.flatMap(({ as }) => {
      const key = identifier(`${as}_key`)
      return [sql`${unpackTime(key)} AS ${timeOf(as)}`, sql`${unpackCode(key)} AS ${codeOf(as)}`]
    }),
    ...collectedNames(plan),
  ]
  return {
    name: 'blocks',
    comment: `One row per user and window of ${width} microseconds with events in it.`,
    body: sql`SELECT user, ${join(unpacked)}, events
FROM (
  SELECT user, ${block} AS block, count(*) AS events, ${join(keys)}
  FROM (
    SELECT ${join(select)}
    ${from}
  )
  GROUP BY user, block
)`,
  }
}

function eventStage(plan: SessionPlan, columns: readonly string[]): Stage {
  const { select, from } = codedEvents(plan, columns)
  return {
    name: 'blocks',
    comment: 'One row per event: they are too far apart to be worth grouping first.',
    body: sql`SELECT ${join(select)}
${from}`,
  }
}

/**
 * What a block of one event says follows from the event; it is spelt out only after the blocks were
 * linked, so that the sort carries less.
 */
function spelledOut(plan: SessionPlan, dialect: Dialect): Sql {
  if (plan.blocks === 'blocks') return raw('*')
  return join([
    sql`user`,
    sql`t AS first`,
    sql`t AS last`,
    sql`1 AS events`,
    ...(plan.names ? [sql`name_code AS first_event_code`, sql`name_code AS last_event_code`] : []),
    ...plan.attributes.flatMap(({ as, column }) => [
      sql`CASE WHEN ${codeOf(column)} IS NOT NULL THEN t END AS ${timeOf(as)}`,
      sql`${codeOf(column)} AS ${codeOf(as)}`,
    ]),
    ...(plan.distinctNames ? [sql`${dialect.single(sql`name`)} AS names`] : []),
    ...(plan.recordedIds ? [sql`${dialect.single(sql`session`)} AS recorded`] : []),
    sql`previous_last`,
    sql`next_first`,
    sql`opens`,
    sql`closes`,
  ])
}

const collected = (plan: SessionPlan, dialect: Dialect): Sql[] => [
  ...(plan.distinctNames ? [sql`${dialect.collect(sql`name`)} AS names`] : []),
  ...(plan.recordedIds ? [sql`${dialect.collect(sql`session`)} AS recorded`] : []),
]

const collectedNames = (plan: SessionPlan): Sql[] => [
  ...(plan.distinctNames ? [raw('names')] : []),
  ...(plan.recordedIds ? [raw('recorded')] : []),
]

/** Whether the time between one event and the next ends a session. */
function exceeds({ gapMicros, boundary }: SessionDefinition, micros: Sql): Sql {
  return boundary === 'after' ? sql`${micros} > ${gapMicros}` : sql`${micros} >= ${gapMicros}`
}

function linkedStage({ blocks, definition }: SessionPlan): Stage {
  const [first, last] = blocks === 'blocks' ? [sql`first`, sql`last`] : [sql`t`, sql`t`]
  return {
    name: 'linked',
    comment: 'Blocks with their neighbours: whether each opens and whether it closes a session.',
    body: sql`SELECT *,
  previous_last IS NULL OR ${exceeds(definition, sql`${first} - previous_last`)} AS opens,
  next_first IS NULL OR ${exceeds(definition, sql`next_first - ${last}`)} AS closes
FROM (
  SELECT *,
    lag(${last}) OVER by_time AS previous_last,
    lead(${first}) OVER by_time AS next_first
  FROM blocks
  WINDOW by_time AS (PARTITION BY user ORDER BY ${first})
)`,
  }
}

const outColumns = (plan: SessionPlan, carried: readonly Carried[]): Sql[] => [
  raw('user'),
  raw('start'),
  raw('"end"'),
  raw('events'),
  raw('previous_end'),
  raw('is_last'),
  ...carried.map(({ as }) => codeOf(as)),
  ...collectedNames(plan),
]

/** A block that both opens and closes is a session; in sparse data nearly all are. */
function aloneStage(plan: SessionPlan, carried: readonly Carried[], dialect: Dialect): Stage {
  return {
    name: 'alone',
    comment: 'One row per session of a single block.',
    body: sql`SELECT user, first AS start, last AS "end", events, previous_last AS previous_end, next_first IS NULL AS is_last${join(
      [...carried.map(({ as }) => codeOf(as)), ...collectedNames(plan)].map(
        (column) => sql`, ${column}`,
      ),
      '',
    )}
FROM (SELECT ${spelledOut(plan, dialect)} FROM linked WHERE opens AND closes)`,
  }
}

function runStage(plan: SessionPlan, dialect: Dialect): Stage {
  return {
    name: 'runs',
    comment: 'Blocks of longer sessions, numbered by session within the user.',
    body: sql`SELECT *, sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER (PARTITION BY user ORDER BY first, CASE WHEN opens THEN 0 ELSE 1 END ROWS UNBOUNDED PRECEDING) AS run
FROM (SELECT ${spelledOut(plan, dialect)} FROM linked WHERE NOT (opens AND closes))`,
  }
}

function joinedStage(plan: SessionPlan, carried: readonly Carried[], dialect: Dialect): Stage {
  const pack = (time: Sql, code: Sql): Sql => sql`${dialect.wide(time)} * ${CODES} + ${code}`
  const codes = carried.map(({ as, pick }) => {
    const time =
      as === 'first_event' && plan.names
        ? sql`first`
        : as === 'last_event' && plan.names
          ? sql`last`
          : timeOf(as)
    const value = pack(time, codeOf(as))
    return sql`${dialect.integer(dialect.lowBits(pick === 'first' ? sql`min(${value})` : sql`max(${value})`, CODE_BITS))} AS ${codeOf(as)}`
  })
  const sets = collectedNames(plan).map((set) => sql`${dialect.merge(set)} AS ${set}`)
  return {
    name: 'joined',
    comment: 'One row per session, with coded values.',
    body: sql`SELECT ${join(outColumns(plan, carried))} FROM alone
UNION ALL
SELECT user, min(first), max(last), ${dialect.integer(sql`sum(events)`)}, max(CASE WHEN opens THEN previous_last END), max(CASE WHEN next_first IS NULL THEN 1 ELSE 0 END) = 1${join(
      [...codes, ...sets].map((column) => sql`, ${column}`),
      '',
    )}
FROM runs
GROUP BY user, run`,
  }
}

/** `censored` needs the first and the last event of the whole data, in microseconds since year 1. */
export interface DataEdges {
  readonly first: Sql
  readonly last: Sql
}

function sessionsStage(plan: SessionPlan, carried: readonly Carried[], edges: DataEdges): Stage {
  const { definition } = plan
  const value = ({ as }: Carried): Sql => identifier(`${as}_value`)
  const table = ({ as }: Carried): Sql =>
    codeTable(plan.attributes.find((attribute) => attribute.as === as)?.column ?? 'name')
  const joins = carried.map(
    (one) =>
      sql`\nLEFT JOIN ${table(one)} AS ${value(one)} ON ${value(one)}.code = s.${codeOf(one.as)}`,
  )
  const columns = [
    sql`s.user`,
    sql`s.start`,
    sql`s."end"`,
    sql`s.events`,
    sql`s.previous_end`,
    sql`s.is_last`,
    sql`NOT (${exceeds(definition, sql`s.start - ${edges.first}`)}) AS start_censored`,
    sql`NOT (${exceeds(definition, sql`${edges.last} - s."end"`)}) AS end_censored`,
    ...carried.map((one) => sql`nullif(${value(one)}.value, '') AS ${identifier(one.as)}`),
    ...collectedNames(plan).map((set) => sql`s.${set}`),
  ]
  return {
    name: 'sessions',
    comment: 'One row per session.',
    body: sql`SELECT ${join(columns)}
FROM joined AS s${join(joins, '')}`,
  }
}
