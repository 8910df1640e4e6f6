import { join, like, raw, type Sql, sql, text } from '../sql/sql.js'

/** Whether a name is one of the patterns, in which `*` stands for anything; never NULL. */
export function matchesPattern(name: Sql, patterns: readonly string[]): Sql {
  if (patterns.length === 0) return raw('false')
  const tests = patterns.map((pattern) =>
    pattern.includes('*') ? like(name, pattern) : sql`${name} = ${text(pattern)}`,
  )
  return sql`coalesce(${join(tests, ' OR ')}, false)`
}
