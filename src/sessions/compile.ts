/**
 * A session definition to SQL. Pure: nothing is run.
 */

import type { Dialect } from '../dialects/dialect.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { didYouMean } from '../errors/suggest.js'
import { identifier, join, raw, type Sql, type Stage, sql, withStages } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { MICROS_PER_SECOND } from '../units/time.js'
import type { Attribute, Measure, SessionPlan } from './plan.js'
import type { SessionRequest } from './request.js'
import { emptySet } from './sets.js'
import { sessionStages, unkeptStages } from './stages.js'

type Needs = 'names' | 'distinctNames' | 'recordedIds'

interface SessionColumn {
  readonly name: string
  readonly about: string
  readonly expression: (dialect: Dialect) => Sql
  readonly needs?: Needs
}

const seconds = (dialect: Dialect, micros: Sql): Sql =>
  sql`${dialect.double(micros)} / ${MICROS_PER_SECOND}`

/** Sessions that start in the same microsecond carry their rank among them, so that ids differ. */
export function sessionIdOf(
  dialect: Dialect,
  { user, start, tieRank }: { readonly user: Sql; readonly start: Sql; readonly tieRank: Sql },
): Sql {
  return dialect.md5(
    sql`${user} || '|' || ${dialect.asText(sql`${start} - ${YEAR_ONE_MICROS}`)} || CASE WHEN ${tieRank} = 0 THEN '' ELSE '|' || ${dialect.asText(sql`${tieRank} + 1`)} END`,
  )
}

/** The columns of the session table, in order; dimensions and properties follow `last_event`. */
export const COLUMNS: readonly SessionColumn[] = [
  { name: 'user', about: 'user id', expression: () => raw('"user"') },
  {
    name: 'session_id',
    about: 'stable id: MD5 of the user, a bar, and the start in microseconds since 1970',
    expression: (dialect) =>
      sessionIdOf(dialect, {
        user: raw('"user"'),
        start: raw('"start"'),
        tieRank: raw('tie_rank'),
      }),
  },
  {
    name: 'session_number',
    about: 'number within the user, from 1',
    expression: () => raw('row_number() OVER (PARTITION BY "user" ORDER BY "start", tie_rank)'),
  },
  {
    name: 'start',
    about: 'time of the first event, UTC',
    expression: (dialect) => dialect.instant(sql`"start" - ${YEAR_ONE_MICROS}`),
  },
  {
    name: 'end',
    about: 'time of the last event, UTC',
    expression: (dialect) => dialect.instant(sql`"end" - ${YEAR_ONE_MICROS}`),
  },
  {
    name: 'length_seconds',
    about: 'last event minus first event; 0 for a bounce',
    expression: (dialect) => seconds(dialect, sql`"end" - "start"`),
  },
  { name: 'events', about: 'number of events', expression: () => raw('events') },
  {
    name: 'distinct_events',
    about: 'number of different event names',
    expression: () => raw('names'),
    needs: 'distinctNames',
  },
  {
    name: 'first_event',
    about: 'name of the first event',
    expression: () => raw('first_event'),
    needs: 'names',
  },
  {
    name: 'last_event',
    about: 'name of the last event',
    expression: () => raw('last_event'),
    needs: 'names',
  },
  {
    name: 'bounce',
    about: 'whether it is a session of one event, passive ones apart',
    expression: () => raw('bounce'),
  },
  {
    name: 'seconds_since_previous',
    about: "from the end of the user's previous session to this start; empty for the first",
    expression: (dialect) => seconds(dialect, sql`"start" - previous_end`),
  },
  {
    name: 'recorded_session_ids',
    about: 'the recorded session ids that it covers, sorted',
    expression: (dialect) => dialect.sorted(raw('recorded')),
    needs: 'recordedIds',
  },
  {
    name: 'end_reason',
    about:
      'gap, max_length, max_events, midnight, property, start_event, end_event, recorded, or data_end when the end of the data cuts it',
    expression: () => raw('end_reason'),
  },
  {
    name: 'start_censored',
    about: 'whether it starts within one gap of the first event of the span of the data',
    expression: () => raw('start_censored'),
  },
  {
    name: 'end_censored',
    about: 'whether it ends within one gap of the last event of the span of the data',
    expression: () => raw('end_censored'),
  },
]

/** Every column name that a request can give, in table order. */
export function sessionColumns({
  dimensions,
  properties,
  measures,
}: Pick<SessionRequest, 'dimensions' | 'properties' | 'measures'>): string[] {
  const own = COLUMNS.map(({ name }) => name)
  const at = own.indexOf('last_event') + 1
  return [
    ...own.slice(0, at),
    ...dimensions.map(({ name }) => name),
    ...properties.flatMap(({ name }) => [`entry_${name}`, `exit_${name}`]),
    ...measures.map(({ name }) => name),
    ...own.slice(at),
  ]
}

/** @throws SessionizeError `unknown_column` */
export function chooseColumns(
  request: SessionRequest,
  wanted: readonly string[] | undefined,
): string[] {
  const all = sessionColumns(request)
  for (const name of wanted ?? []) {
    if (!all.includes(name)) {
      throw new SessionizeError(
        'unknown_column',
        `No session column \`${name}\`.${didYouMean(name, all)}`,
        {
          hint: `${option('columns')} takes: ${all.join(', ')}.`,
        },
      )
    }
  }
  return wanted === undefined ? all : [...wanted]
}

/** Internal names keep properties apart from the columns of the stages. */
function attributes(
  { dimensions, properties }: SessionRequest,
  columns: readonly string[],
): (Attribute & { name: string })[] {
  const all = [
    ...dimensions.map(({ name, column }) => ({ name, column, pick: 'first' as const })),
    ...properties.flatMap(({ name, column }) => [
      { name: `entry_${name}`, column, pick: 'first' as const },
      { name: `exit_${name}`, column, pick: 'last' as const },
    ]),
  ]
  return all.filter(({ name }) => columns.includes(name)).map((one, i) => ({ ...one, as: `a${i}` }))
}

export type NamedAttribute = Attribute & { readonly name: string }

/** The stages before those of the sessions. */
export const leadingStages = ({ from }: SessionRequest): readonly Stage[] =>
  'stages' in from ? from.stages : []

/** All stages up to `sessions`. */
export function allStages(request: SessionRequest, plan: SessionPlan, dialect: Dialect): Stage[] {
  const { from, edges } = request
  if (from.kind !== 'made')
    return [...leadingStages(request), ...sessionStages(plan, edges, dialect)]
  return [
    {
      name: 'sz_sessions',
      comment: 'One row per session, made by the remote engine.',
      body: sql`SELECT * FROM ${from.sessions}`,
    },
  ]
}

/** What the stages must carry for these columns. */
export function sessionPlan(
  request: SessionRequest,
  columns: readonly string[],
): Omit<SessionPlan, 'attributes'> & { readonly attributes: readonly NamedAttribute[] } {
  const { from } = request
  const needs = new Set(
    COLUMNS.filter(({ name }) => columns.includes(name)).map((column) => column.needs),
  )
  return {
    events: raw(from.kind === 'table' ? from.events : 'events'),
    ...(from.kind === 'stored' ? { stored: from.blocks } : {}),
    definition: request.definition,
    blocks: request.plan,
    attributes: attributes(request, columns),
    measures: request.measures.flatMap(({ name, value, of }, i): Measure[] =>
      columns.includes(name) ? [{ value, as: measureName(i), ...omitUndefined({ of }) }] : [],
    ),
    ruleColumns: request.ruleColumns,
    names: needs.has('names'),
    distinctNames: needs.has('distinctNames'),
    recordedIds: needs.has('recordedIds') && !request.unrecorded,
    ...(from.kind === 'files' ? omitUndefined({ sets: from.sets, known: from.known }) : {}),
  }
}

export const measureName = (position: number): string => `m${position}`

/** How the session table comes out, where it is not as files have it. */
export interface TableShape {
  /** Other names of columns. */
  readonly renamed?: ReadonlyMap<string, string>
  /** By user and start if not given. */
  readonly ordered?: boolean
}

/** The session table: one row per session with the chosen columns, ordered by user and start. */
export function compileSessions(
  request: SessionRequest,
  columns: readonly string[],
  dialect: Dialect,
  { renamed, ordered = true }: TableShape = {},
): Sql {
  const plan = sessionPlan(request, columns)
  const value = (name: string): Sql => {
    const attribute = plan.attributes.find((one) => one.name === name)
    if (attribute !== undefined) return identifier(attribute.as)
    const measure = request.measures.findIndex((one) => one.name === name)
    if (measure >= 0) return measureValue(request, measure, dialect)
    if (name === 'recorded_session_ids' && request.unrecorded)
      return dialect.sorted(emptySet(dialect))
    return COLUMNS.find((one) => one.name === name)?.expression(dialect) ?? raw('NULL')
  }
  const select = columns.map(
    (name) => sql`${value(name)} AS ${identifier(renamed?.get(name) ?? name)}`,
  )
  // Qualified, because output columns reuse the names `start` and `end` for instants.
  const order = sql`\nORDER BY ${dialect.bytewise(sql`sz_sessions."user"`)}, sz_sessions."start", sz_sessions.tie_rank`
  return withStages(
    allStages(request, plan, dialect),
    sql`SELECT ${join(select, ',\n  ')}\nFROM sz_sessions${ordered ? order : sql``}`,
  )
}

function measureValue({ measures }: SessionRequest, position: number, dialect: Dialect): Sql {
  const sum = identifier(measureName(position))
  switch (measures[position]?.as) {
    case 'boolean':
      return sql`${sum} > 0`
    case 'integer':
      return dialect.integer(sum)
    default:
      return dialect.double(sum)
  }
}

/** Sessions for analysis: times and lengths as integers, so that sums are exact in any order. */
export function compileMeasures(request: SessionRequest, dialect: Dialect): Sql {
  const plan = sessionPlan(
    request,
    request.dimensions.map(({ name }) => name),
  )
  const columns = [
    raw('"user"'),
    raw('"start"'),
    raw('"end"'),
    sql`"end" - "start" AS length`,
    raw('events'),
    raw('bounce'),
    raw('previous_end'),
    raw('start_censored'),
    raw('end_censored'),
    raw('end_reason'),
    raw('tie_rank'),
    ...plan.attributes.map(({ as }, i) => sql`${identifier(as)} AS ${identifier(`segment_${i}`)}`),
  ]
  return withStages(
    allStages(request, plan, dialect),
    sql`SELECT ${join(columns)}\nFROM sz_sessions`,
  )
}

/** Events that found no session, counted per file: `file`, `n`. */
export function compileIgnored(request: SessionRequest, dialect: Dialect): Sql {
  const plan = sessionPlan(request, [])
  return withStages(
    [...leadingStages(request), ...unkeptStages(plan, dialect)],
    sql`SELECT file, ${dialect.count()} AS n FROM sz_unkept GROUP BY file`,
  )
}
