/** The compiled SQL for readers: complete over a relation `events`, with columns named as properties. */
import { duckdb } from '../dialects/duckdb.js'
import { matchesPattern } from '../events/pattern.js'
import { join, raw, type Sql, type Stage, sql } from '../sql/sql.js'
import { type BuildOptions, neededProperties, sessionRequest } from './build.js'
import { chooseColumns, compileSessions, type SessionRequest } from './compile.js'
import { eventRules, type SessionDefinition } from './definition.js'
import { formatDuration } from './duration.js'
import type { BlockPlan } from './plan.js'
import { assertDefinition } from './validity.js'

export interface PrintOptions extends BuildOptions {
  readonly columns?: readonly string[]
}

/**
 * A request whose every figure comes from the relation `events` itself: no file is read first.
 *
 * @param column the column of `events` that holds a property
 * @throws SessionizeError `bad_definition`, `usage`
 */
export function tableRequest(
  options: BuildOptions,
  column: (property: string) => string = (property) => property,
): SessionRequest {
  assertDefinition(options.definition)
  const heard = heardStage(options.definition)
  const relation = raw(heard?.name ?? 'events')
  return sessionRequest(options, column, {
    plan: options.plan ?? 'blocks',
    edges: {
      first: sql`(SELECT min(t) FROM ${relation})`,
      last: sql`(SELECT max(t) FROM ${relation})`,
    },
    ...(heard === undefined ? {} : { heard }),
  })
}

/** @throws SessionizeError `bad_definition`, `unknown_column`, `usage` */
export function sessionSql(options: PrintOptions): string {
  const { definition } = options
  const request = tableRequest(options)
  const heading = [
    `Sessions: ${sentence(definition)}`,
    `Path: ${path(definition, request.plan)}`,
    eventsColumns(neededProperties(options)),
  ]
  const query = compileSessions(request, chooseColumns(request, options.columns), duckdb)
  return `${heading.map((line) => `-- ${line}\n`).join('')}${query.text}`
}

/** Reading files leaves these events out; over a table the query does. */
function heardStage({ ignoreEvents, recorded }: SessionDefinition): Stage | undefined {
  const conditions: Sql[] = [
    ...((ignoreEvents ?? []).length === 0
      ? []
      : [sql`NOT ${matchesPattern(sql`name`, ignoreEvents ?? [])}`]),
    ...(recorded === true ? [sql`coalesce(session, '') <> ''`] : []),
  ]
  if (conditions.length === 0) return undefined
  return {
    name: 'heard',
    comment: 'Events that the definition does not leave out.',
    body: sql`SELECT * FROM events WHERE ${join(conditions, ' AND ')}`,
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
  return `events, because of ${rules.map(({ flag }) => flag.replace('--', '')).join(', ')}`
}

function eventsColumns(properties: readonly string[]): string {
  const own =
    '`events` has file, user, t (BIGINT: microseconds since 0001-01-01 UTC), name, session'
  const shown = properties.map((property) => JSON.stringify(property))
  return shown.length === 0 ? `${own}.` : `${own}, and as text ${shown.join(', ')}.`
}
