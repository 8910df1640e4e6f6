/** Events that are counted in a session and never keep it alive. */
import { matchesPattern } from '../events/pattern.js'
import type { SessionDefinition } from '../sessions/definition.js'
import { raw, type Sql, sql } from '../sql/sql.js'

/** Over a column `name`. Start and end events are never passive, whatever the patterns. */
export function isPassive({ passiveEvents, startEvents, endEvents }: SessionDefinition): Sql {
  const matches = (patterns: readonly string[]): Sql => matchesPattern(raw('name'), patterns)
  const spoken = [...(startEvents ?? []), ...(endEvents ?? [])]
  return sql`(${matches(passiveEvents ?? [])} AND NOT ${matches(spoken)})`
}
