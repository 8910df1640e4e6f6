/**
 * The compiled SQL for readers: complete over a relation `events`, or over a table whose columns are
 * named.
 */
import type { Dialect } from '../dialects/dialect.js'
import { SessionizeError } from '../errors/errors.js'
import { asFlag, option, spelled } from '../errors/option.js'
import { matchesPattern } from '../events/pattern.js'
import { neededProperties, sessionRequest } from '../sessions/build.js'
import { chooseColumns, compileSessions } from '../sessions/compile.js'
import { eventRules, type SessionDefinition } from '../sessions/definition.js'
import type { BlockPlan } from '../sessions/plan.js'
import type { BuildOptions, SessionRequest, Table } from '../sessions/request.js'
import { hasLimit } from '../sessions/session-limits.js'
import { assertDefinition } from '../sessions/validity.js'
import { identifier, join, raw, render, type Sql, type Stage, sql } from '../sql/sql.js'
import { formatDuration } from '../units/duration.js'
import { byUserAndBlock, compileBlocks } from './compile-blocks.js'
import { compileSummary, estimatesQuantiles } from './compile-summary.js'
import {
  assertNoStage,
  MAPPED_EVENTS,
  propertyColumns,
  type TableMapping,
  tableEvents,
} from './table-events.js'

export const PRINTED_STAGES = ['blocks', 'sessions', 'summary'] as const
export type PrintedStage = (typeof PRINTED_STAGES)[number]

export interface TableSource extends TableMapping {
  /** `schema.table`, as the engine calls it. */
  readonly table: string
}

export interface PrintOptions extends BuildOptions {
  readonly dialect: Dialect
  readonly columns?: readonly string[]
  /** `sessions` if not given. */
  readonly stage?: PrintedStage
  /** Where `events` is made of a table; else it is a relation with columns named as properties. */
  readonly source?: TableSource
}

/**
 * A request whose every figure comes from the relation `events` itself: no file is read first.
 *
 * @param column the column of `events` that holds a property
 * @param events what that relation is called
 * @throws SessionizeError `bad_definition`, `usage`
 */
export function tableRequest(
  options: BuildOptions,
  column: (property: string) => string = (property) => property,
  events = 'events',
): SessionRequest & { readonly from: Table } {
  assertDefinition(options.definition)
  const relevant = relevantEventsStage(options.definition, events)
  const from: Table = {
    kind: 'table',
    events: relevant?.name ?? events,
    stages: relevant === undefined ? [] : [relevant],
  }
  const relation = raw(from.events)
  const request = sessionRequest(options, column, {
    from,
    unrecorded: false,
    plan: options.plan ?? 'blocks',
    edges: {
      first: sql`(SELECT min(t) FROM ${relation})`,
      last: sql`(SELECT max(t) FROM ${relation})`,
    },
  })
  return { ...request, from }
}

/**
 * The same over a table of another shape, which a first stage maps.
 *
 * @param table the table as a query names it
 * @param since a further condition on `t`
 * @throws SessionizeError `bad_definition`, `usage`
 */
export function mappedRequest(
  options: BuildOptions,
  table: Sql,
  mapping: TableMapping,
  dialect: Dialect,
  since?: Sql,
): SessionRequest {
  const columns = propertyColumns(neededProperties(options))
  const properties = [...columns].map(([name, column]) => ({ name, column }))
  assertMapped(options.definition, mapping)
  const request = tableRequest(
    options,
    (property) => columns.get(property) ?? property,
    MAPPED_EVENTS,
  )
  const { from } = request
  const mapped = tableEvents(table, mapping, properties, dialect, since)
  return {
    ...request,
    from: { ...from, stages: [mapped, ...from.stages] },
    unrecorded: mapping.session === undefined,
  }
}

function assertMapped({ recorded }: SessionDefinition, { session }: TableMapping): void {
  if (recorded !== true || session !== undefined) return
  throw new SessionizeError('usage', 'No column holds the recorded session id.', {
    hint: `Name it with ${option('session')} COLUMN.`,
  })
}

/**
 * `a.b.c` as three names.
 *
 * @throws SessionizeError `usage`
 */
export function tableParts(name: string): string[] {
  const parts = name.split('.').map((part) => part.trim())
  if (!parts.includes('')) return parts
  throw new SessionizeError('usage', `\`${name}\` is no table's name.`, {
    hint: 'Write it as TABLE, SCHEMA.TABLE or DATABASE.SCHEMA.TABLE.',
  })
}

function tableNamed(name: string): Sql {
  const parts = tableParts(name)
  assertNoStage(parts)
  return join(parts.map(identifier), '.')
}

/** @throws SessionizeError `bad_definition`, `unknown_column`, `unsupported`, `usage` */
export function sessionSql(options: PrintOptions): string {
  const { dialect, source } = options
  const request =
    source === undefined
      ? tableRequest(options)
      : mappedRequest(options, tableNamed(source.table), source, dialect)
  const stage = options.stage ?? 'sessions'
  const query = dialect.statement(compiled(stage, request, options))
  return `${headingOf(request, options)}${render(query, dialect)}`
}

function compiled(
  stage: PrintedStage,
  request: SessionRequest,
  { dialect, columns }: PrintOptions,
): Sql {
  if (stage !== 'sessions' && columns !== undefined) {
    throw new SessionizeError(
      'usage',
      `${option('columns')} chooses columns of sessions, not of ${stage}.`,
      {
        hint: `Leave it out, or use ${option('stage')} sessions.`,
      },
    )
  }
  switch (stage) {
    case 'blocks': {
      const blocks = (rows: Sql) => ({ stages: [], select: byUserAndBlock(rows, dialect) })
      return compileBlocks(request, dialect, blocks)
    }
    case 'sessions':
      return compileSessions(request, chooseColumns(request, columns), dialect)
    case 'summary':
      return compileSummary(request, dialect)
  }
}

/** What the query is, in comments. */
export function headingOf(request: SessionRequest, options: PrintOptions): string {
  const { definition, dialect, source, stage } = options
  const lines = [
    `Sessions: ${sentence(definition)}`,
    `Path: ${path(definition, request.plan)}`,
    ...(source === undefined ? [eventsColumns(neededProperties(options))] : []),
    ...dialect.advice(hasLimit(definition)),
    ...(stage === 'summary' && estimatesQuantiles(dialect)
      ? [`Quantiles are estimates: ${dialect.name} has no exact ones of groups.`]
      : []),
  ]
  return lines.map((line) => `-- ${line}\n`).join('')
}

/** Reading files leaves these events out; over a table the query does. */
function relevantEventsStage(
  { ignoreEvents, recorded }: SessionDefinition,
  events: string,
): Stage | undefined {
  const conditions: Sql[] = [
    ...((ignoreEvents ?? []).length === 0
      ? []
      : [sql`NOT ${matchesPattern(sql`name`, ignoreEvents ?? [])}`]),
    ...(recorded === true ? [sql`coalesce(session, '') <> ''`] : []),
  ]
  if (conditions.length === 0) return undefined
  return {
    name: 'sz_relevant_events',
    comment: 'Events that the definition does not leave out.',
    body: sql`SELECT * FROM ${raw(events)} WHERE ${join(conditions, ' AND ')}`,
  }
}

function sentence({ recorded, boundary, gapMicros }: SessionDefinition): string {
  if (recorded === true) return 'one per user and recorded session id.'
  const least = boundary === 'after' ? 'more than' : 'at least'
  return `a gap of ${least} ${formatDuration(gapMicros)} ends one.`
}

/** Which way events become sessions, and why. */
function path(definition: SessionDefinition, plan: BlockPlan): string {
  if (definition.recorded === true) return 'recorded ids'
  const rules = eventRules(definition)
  if (rules.length === 0) return plan
  const names = rules.map(({ flag }) => spelled(flag, asFlag).replace('--', ''))
  return `events, because of ${names.join(', ')}`
}

function eventsColumns(properties: readonly string[]): string {
  const own =
    '`events` has file, user, t (BIGINT: microseconds since 0001-01-01 UTC), name, session'
  const shown = properties.map((property) => JSON.stringify(property))
  return shown.length === 0 ? `${own}.` : `${own}, and as text ${shown.join(', ')}.`
}
