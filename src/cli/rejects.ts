import type { Engine } from '../engines/duckdb.js'
import type { Events } from '../events/open.js'
import type { Target } from '../report/target.js'
import { tableFormatOf, writeTable } from '../sessions/write.js'
import { sql } from '../sql/sql.js'

/** Rejected rows as a table: file, row, reason, value, record. */
export async function writeRejects(
  engine: Engine,
  events: Events,
  target: Target | undefined,
): Promise<void> {
  if (target === undefined) return
  const none = sql`SELECT '' AS file, 0 AS row, '' AS reason, '' AS value, '' AS record WHERE false`
  const format = tableFormatOf(target.finalPath) ?? 'csv'
  await writeTable(engine, events.rejectsQuery() ?? none, format, target.path)
}
