/** Cohorts as files. They can be millions of users, so the rows are never held as a whole. */

import type { Engine } from '../engines/duckdb.js'
import { plainPath } from '../engines/files.js'
import { writeTable } from '../engines/table-file.js'
import { SessionizeError } from '../errors/errors.js'
import { count, select } from '../figures/figure.js'
import { sql, text } from '../sql/sql.js'
import type { Cohort } from './cohort.js'
import type { AnswerContext } from './context.js'
import { writeJsonRows } from './json-rows.js'

export type CohortFormat = 'list' | 'csv' | 'json' | 'ndjson' | 'parquet'

export async function writeCohort(
  engine: Engine,
  cohort: Cohort,
  context: AnswerContext,
  where: string | null,
  format: CohortFormat,
  path: string,
): Promise<void> {
  if (format === 'list') return writeList(engine, cohort, path)
  if (format === 'json') return writeJson(engine, cohort, context, where, path)
  return writeTable(engine, cohort.figures, format, path)
}

/** One id a line, as it is. */
async function writeList(engine: Engine, cohort: Cohort, path: string): Promise<void> {
  const broken = sql`(${cohort.ids}) WHERE regexp_matches(user, '[\\n\\r]')`
  const { n } = await select(engine, broken, { n: count() })
  if (n > 0) {
    throw new SessionizeError('unsupported', `${n} user ids hold a line break.`, {
      hint: 'Write them with --format csv or ndjson.',
    })
  }
  // Neither quoted nor escaped: the delimiter of the single column is never written.
  await engine.run(
    sql`COPY (${cohort.ids}) TO ${text(plainPath(path))} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01', USE_TMP_FILE false)`,
  )
}

async function writeJson(
  engine: Engine,
  { users, ofUsers, figures }: Cohort,
  context: AnswerContext,
  where: string | null,
  path: string,
): Promise<void> {
  const head = { schema: 'sessionize/users/v1', ...context, where, users, ofUsers }
  const query = sql`SELECT to_json(r) AS row FROM (SELECT * REPLACE (
    strftime(timezone('UTC', first_start), '%Y-%m-%dT%H:%M:%S.%fZ') AS first_start,
    strftime(timezone('UTC', last_end), '%Y-%m-%dT%H:%M:%S.%fZ') AS last_end) FROM (${figures})) AS r`
  await writeJsonRows(engine, path, head, query, asAnswerRow)
}

/** Under the names that JSON answers use: `meanSeconds`. */
function asAnswerRow(row: string): string {
  const columns: unknown = JSON.parse(row)
  const named = Object.entries(Object(columns)).map(([name, value]) => [
    name.replaceAll(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()),
    value,
  ])
  return JSON.stringify(Object.fromEntries(named), null, 1).replaceAll(/\n\s*/g, ' ')
}
