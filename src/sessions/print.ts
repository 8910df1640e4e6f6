/** The compiled SQL for readers: complete over a relation `events(user, t, name, session, ...)`. */
import { duckdb } from '../dialects/duckdb.js'
import { identifier, sql } from '../sql/sql.js'
import { chooseColumns, compileSessions, type SessionRequest } from './compile.js'
import { ruleProperties, type SessionDefinition } from './definition.js'
import { formatDuration } from './duration.js'
import type { BlockPlan } from './plan.js'

export interface PrintOptions {
  readonly definition: SessionDefinition
  readonly by: readonly string[]
  readonly plan: BlockPlan
  readonly columns?: readonly string[]
}

export function sessionSql({ definition, by, plan, columns }: PrintOptions): string {
  const request: SessionRequest = {
    definition,
    plan,
    edges: { first: sql`(SELECT min(t) FROM events)`, last: sql`(SELECT max(t) FROM events)` },
    dimensions: by.map((name) => ({ name, column: name })),
    properties: [],
    measures: [],
    ruleColumns: Object.fromEntries(ruleProperties(definition).map((name) => [name, name])),
  }
  const heading = [
    `-- Sessions: a gap of ${definition.boundary === 'after' ? 'more than' : 'at least'} ${formatDuration(definition.gapMicros)} ends one.`,
    '-- `events` has user, t (microseconds since 0001-01-01 UTC), name, session' +
      (by.length === 0 ? '.' : `, ${by.map((name) => identifier(name).text).join(', ')}.`),
  ]
  return `${heading.join('\n')}\n${compileSessions(request, chooseColumns(request, columns), duckdb).text}`
}
