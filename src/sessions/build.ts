/**
 * Runs the compiled stages: measures which plan suits the data, then builds.
 */
import { duckdb } from '../dialects/duckdb.js'
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { type Ledger, withIgnored } from '../events/ledger.js'
import { matchesPattern } from '../events/pattern.js'
import { decimal, identifier, join, list, type Sql, sql, text } from '../sql/sql.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { blockWidthMicros } from './blocks.js'
import { codedColumns } from './codes.js'
import {
  chooseColumns,
  compileIgnored,
  compileMeasures,
  compileSessions,
  sessionColumns,
  sessionPlan,
} from './compile.js'
import type { Events, StoredEvents } from './dataset.js'
import {
  eventRules,
  hasPassiveEvents,
  ruleProperties,
  type SessionDefinition,
} from './definition.js'
import {
  type BlockPlan,
  type DataEdges,
  type EventRow,
  type KnownCodes,
  ofEvents,
  type SetForms,
} from './plan.js'
import type {
  BuildOptions,
  Files,
  From,
  NamedMeasure,
  Property,
  SessionRequest,
} from './request.js'
import { nameForm } from './sets.js'
import { assertDefinition } from './validity.js'

/** Every property of events that the options need to have been read. */
export function neededProperties(options: BuildOptions): string[] {
  return [
    ...new Set([
      ...options.dimensions,
      ...(options.properties ?? []),
      ...(options.sums ?? []),
      ...ruleProperties(options.definition),
    ]),
  ]
}

/** Above this many events per block, grouping them first pays. */
const WORTHWHILE_DENSITY = 1.5
const SAMPLED_EVENTS = 100_000
/** So dense that it need not be measured well. */
const PLAIN_DENSITY = 2 * WORTHWHILE_DENSITY
/** More values than these are looked up in a table. */
const MOST_KNOWN_VALUES = 64
const LONGEST_KNOWN_VALUE = 200

/**
 * @throws SessionizeError `bad_definition`; `mapping_uncertain` when recorded sessions are asked for
 * that were not recorded; `usage` when two columns of the session table would have one name.
 */
export async function planSessions(
  engine: Engine,
  events: Events,
  options: BuildOptions,
): Promise<SessionRequest> {
  const { definition } = options
  assertDefinition(definition)
  if (definition.recorded === true && events.mapping.session === null) {
    throw new SessionizeError('mapping_uncertain', 'These events have no recorded session id.', {
      hint: `Name its column with ${option('session')} COLUMN. See: sessionize inspect FILE`,
    })
  }
  const column = (name: string): string => {
    const found = events.dimensions.find((dimension) => dimension.name === name)
    if (found === undefined) throw new RangeError(`${name} was not read from the events`)
    return found.column
  }
  if (events.stored !== undefined) return storedRequest(events, events.stored, options, column)
  return sessionRequest(options, column, {
    plan: options.plan ?? (await choosePlan(engine, events, definition)),
    edges: edgesOf(events),
    unrecorded: events.mapping.session === null,
    from:
      events.remote === undefined
        ? { kind: 'files', dictionaryColumns: events.dictionaryColumns ?? new Set() }
        : { kind: 'remote', engine: events.remote },
  })
}

const edgesOf = ({ firstMicros, lastMicros, far }: Events): DataEdges => ({
  first: sql`${firstMicros ?? 0n}`,
  last: sql`${lastMicros ?? 0n}`,
  beyond: far !== null,
})

/** Rules on properties were applied when the blocks were made, and so were measures. */
function storedRequest(
  events: Events,
  stored: StoredEvents,
  options: BuildOptions,
  column: (property: string) => string,
): SessionRequest {
  const request = sessionRequest(options, column, {
    plan: 'blocks',
    edges: edgesOf(events),
    unrecorded: false,
    from: { kind: 'stored', blocks: stored.blocks, stages: [] },
  })
  return {
    ...request,
    ruleColumns: {},
    measures: request.measures.map((measure) => ({
      ...measure,
      value: stored.measures.get(measure.name) ?? measure.value,
    })),
  }
}

/**
 * @param column the column of `events` that holds a property
 * @throws SessionizeError `usage` when two columns of the session table would have one name.
 */
export function sessionRequest(
  options: BuildOptions,
  column: (property: string) => string,
  how: Pick<SessionRequest, 'plan' | 'edges' | 'from' | 'unrecorded'>,
): SessionRequest {
  const property = (name: string): Property => ({ name, column: column(name) })
  const request: SessionRequest = {
    definition: options.definition,
    ...how,
    dimensions: options.dimensions.map(property),
    properties: (options.properties ?? []).map(property),
    measures: namedMeasures(options, column),
    ruleColumns: Object.fromEntries(
      ruleProperties(options.definition).map((name) => [name, column(name)]),
    ),
  }
  assertDistinct(sessionColumns(request))
  return request
}

export function namedMeasures(
  options: Pick<BuildOptions, 'sums' | 'counts' | 'conversions'>,
  column: (name: string) => string,
): NamedMeasure[] {
  const measure = (name: string, as: NamedMeasure['as'], of: (event: EventRow) => Sql) => ({
    name,
    as,
    of,
    value: of(ofEvents),
  })
  const holds = (pattern: string) => (event: EventRow) =>
    sql`CASE WHEN ${matchesPattern(event('name'), [pattern])} THEN 1 ELSE 0 END`
  return [
    // Fixed-point, so that the sum does not depend on the order of adding.
    ...(options.sums ?? []).map((name) =>
      measure(`sum_${name}`, 'double', (event) => decimal(event(column(name)))),
    ),
    ...(options.counts ?? []).map((pattern) =>
      measure(`count_${pattern}`, 'integer', holds(pattern)),
    ),
    ...(options.conversions ?? []).map((pattern) =>
      measure(`has_${pattern}`, 'boolean', holds(pattern)),
    ),
  ]
}

function assertDistinct(columns: readonly string[]): void {
  const twice = columns.find((name, i) => columns.indexOf(name) !== i)
  if (twice === undefined) return
  throw new SessionizeError(
    'usage',
    `Two columns of the session table would be called \`${twice}\`.`,
    {
      hint: `\`${twice}\` is a column of its own; rename the property in a query first, or leave it out.`,
    },
  )
}

/** Passive events that found no session move from kept to ignored in the ledger. */
export async function settleLedger(
  engine: Engine,
  events: Events,
  request: SessionRequest,
): Promise<Ledger> {
  if (!hasPassiveEvents(request.definition)) return events.ledger
  const { from } = request
  const rows = await engine.rows<{ file: number; n: bigint }>(
    from.kind === 'remote'
      ? sql`SELECT CAST(file AS INTEGER) AS file, CAST(n AS BIGINT) AS n FROM ${await from.engine.ignored(request)}`
      : compileIgnored(request, duckdb),
  )
  return withIgnored(events.ledger, new Map(rows.map(({ file, n }) => [file, Number(n)])))
}

/** Rules that look at each event leave nothing to choose; what a remote engine has is not measured. */
async function choosePlan(
  engine: Engine,
  events: Events,
  definition: SessionDefinition,
): Promise<BlockPlan> {
  if (eventRules(definition).length > 0 || definition.recorded === true) return 'events'
  return events.remote === undefined ? measurePlan(engine, events, definition) : 'blocks'
}

/**
 * Events per block among the first, which can only be more among all; where that leaves a doubt,
 * among a sample of the users, taken by hash so that it is always the same.
 */
async function measurePlan(
  engine: Engine,
  events: Events,
  definition: SessionDefinition,
): Promise<BlockPlan> {
  if (events.ledger.kept > SAMPLED_EVENTS) {
    const start = await density(
      engine,
      definition,
      sql`(SELECT user, t FROM events LIMIT ${SAMPLED_EVENTS}) AS first_events`,
    )
    if (start >= PLAIN_DENSITY) return 'blocks'
  }
  const every = Math.max(1, Math.floor(events.ledger.kept / SAMPLED_EVENTS))
  const share = await density(engine, definition, sql`events WHERE hash(user) % ${every} = 0`)
  return share >= WORTHWHILE_DENSITY ? 'blocks' : 'events'
}

async function density(engine: Engine, definition: SessionDefinition, from: Sql): Promise<number> {
  const { n, blocks } = await engine.row<{ n: bigint; blocks: bigint }>(
    sql`SELECT count(*) AS n, count(DISTINCT (user, t // ${blockWidthMicros(definition)})) AS blocks FROM ${from}`,
  )
  // Without any event in the sample there is nothing to group or not.
  return blocks === 0n ? Number.POSITIVE_INFINITY : Number(n) / Number(blocks)
}

/**
 * The session table as a query whose every stage can be written to disk where memory is short.
 *
 * @param enumerated whether columns of few values may be enumerations, which cost a fraction of text
 *   to sort and to write; to every reader of a file they are text
 */
export async function sessionTable(
  engine: Engine,
  request: SessionRequest,
  columns?: readonly string[],
  { enumerated = false }: { readonly enumerated?: boolean } = {},
): Promise<Sql> {
  const chosen = chooseColumns(request, columns)
  const from = await ready(engine, request, chosen, enumerated)
  return compileSessions({ ...request, from }, chosen, duckdb)
}

/** Where the stages here begin: a remote engine makes sessions first, and what files hold is measured. */
async function ready(
  engine: Engine,
  request: SessionRequest,
  columns: readonly string[],
  enumerated = false,
): Promise<From> {
  const { from } = request
  switch (from.kind) {
    case 'remote':
      return { kind: 'made', sessions: await from.engine.bring(engine, request, columns) }
    case 'files':
      return {
        ...from,
        ...omitUndefined({ sets: from.sets ?? (await measureSets(engine, columns)) }),
        known: await measureCodes(engine, request, from, columns, enumerated),
      }
    default:
      return from
  }
}

/** In which forms sets are carried; lists where there are none. */
async function measureSets(
  engine: Engine,
  columns: readonly string[],
): Promise<SetForms | undefined> {
  if (!columns.includes('distinct_events')) {
    return columns.includes('recorded_session_ids')
      ? { names: 'rows', recorded: 'rows' }
      : undefined
  }
  const { names, unnamed } = await engine.row<{ names: bigint; unnamed: boolean | null }>(
    sql`SELECT count(*) AS names, bool_or(name IS NULL OR name = '') AS unnamed FROM (SELECT DISTINCT name FROM events) AS distinct_names`,
  )
  return {
    names: nameForm({ codes: Number(names), unnamed: unnamed === true }),
    recorded: 'rows',
  }
}

/**
 * The few values of columns that come with dictionaries. The engine finds the place of a value in a
 * constant list once per entry of a dictionary; a join it does for every row.
 */
async function measureCodes(
  engine: Engine,
  request: SessionRequest,
  { dictionaryColumns }: Files,
  columns: readonly string[],
  enumerated: boolean,
): Promise<ReadonlyMap<string, KnownCodes>> {
  const known = new Map<string, KnownCodes>()
  for (const column of codedColumns(sessionPlan(request, columns), true)) {
    if (!dictionaryColumns.has(column)) continue
    const found = await fewValues(engine, identifier(column))
    if (found !== undefined) known.set(column, knownCodes(found, enumerated))
  }
  return known
}

/** In their sort order, none of them empty. */
interface FewValues {
  readonly values: readonly string[]
  /** Whether some event has none. */
  readonly gaps: boolean
}

async function fewValues(engine: Engine, column: Sql): Promise<FewValues | undefined> {
  const most = MOST_KNOWN_VALUES + 1
  const distinct = (from: Sql): Promise<{ value: string | null }[]> =>
    engine.rows(
      sql`SELECT value FROM (SELECT DISTINCT ${column} AS value FROM ${from}) AS distinct_values ORDER BY value LIMIT ${most}`,
    )
  // Many values are nearly always many at the start already.
  const start = await distinct(
    sql`(SELECT ${column} FROM events LIMIT ${SAMPLED_EVENTS}) AS first_events`,
  )
  if (start.length === most) return undefined
  const found = await distinct(sql`events`)
  const values = found.flatMap(({ value }) => value ?? [])
  if (values.length === 0 || found.length === most) return undefined
  if (values.some(({ length }) => length > LONGEST_KNOWN_VALUE)) return undefined
  return { values, gaps: values.length < found.length }
}

function knownCodes({ values, gaps }: FewValues, wanted: boolean): KnownCodes {
  // The members of an enumeration are literals, and NUL has none.
  const enumerated = wanted && !values.some((value) => value.includes('\0'))
  const shown = enumerated
    ? sql`, CAST(nullif(value, '') AS ENUM(${join(values.map(text))})) AS shown`
    : sql``
  const rows = values.map((value, i) => sql`(${text(value)}, ${i + 1})`)
  return {
    enumerated,
    gaps,
    relation: sql`SELECT value, code${shown} FROM (VALUES ${join([sql`('', 0)`, ...rows])}) AS known(value, code)`,
    of: (value) => sql`list_position(${list(values)}, ${value})`,
  }
}

/** Creates the table `sessions` with integer times and lengths, and `segment_N` columns. */
export async function measureSessions(engine: Engine, request: SessionRequest): Promise<void> {
  const columns = request.dimensions.map(({ name }) => name)
  const from = await ready(engine, request, columns)
  const query = compileMeasures({ ...request, from }, duckdb)
  await engine.run(sql`CREATE OR REPLACE TEMP TABLE sessions AS ${query}`)
}
