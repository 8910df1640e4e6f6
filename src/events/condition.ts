/**
 * A condition on event columns, written by the user in SQL. It is parsed by the engine first, so
 * that only the columns it names are read, and so that it is a condition and nothing else.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { fieldNames, findField, type SourceGroup } from '../sources/scan.js'
import { raw, type Sql, sql, text } from '../sql/sql.js'

export interface Condition {
  readonly expression: Sql
  /** Columns of the files that it names; `name` is how the expression spells it. */
  readonly columns: readonly { readonly name: string; readonly source: string }[]
}

/** @throws SessionizeError `bad_condition` or `unknown_column`. */
export async function parseCondition(
  engine: Engine,
  condition: string,
  groups: readonly SourceGroup[],
  roles: Readonly<Record<string, string | null>>,
): Promise<Condition> {
  const statement = `SELECT 1 WHERE (${condition}\n)`
  const { tree } = await engine.row<{ tree: string }>(
    sql`SELECT json_serialize_sql(${text(statement)}) AS tree`,
  )
  const parsed: unknown = JSON.parse(tree)
  if (!isRecord(parsed) || parsed['error'] === true) {
    const message = isRecord(parsed) ? String(parsed['error_message']) : 'it cannot be parsed'
    throw new SessionizeError(
      'bad_condition',
      `--where is not a condition: ${message.split('\n')[0]}`,
      {
        hint: `Write SQL as in --where "platform = 'iOS' AND revenue > 10".`,
      },
    )
  }
  const statements = parsed['statements']
  if (!Array.isArray(statements) || statements.length !== 1) {
    throw new SessionizeError('bad_condition', '--where must be one condition.', {})
  }
  const references = new Map<string, readonly string[]>()
  collect(statements[0], references)

  const columns = new Map<string, string>()
  for (const path of references.values()) {
    const [first = ''] = path
    if (groups.some((group) => findField(group, first) !== undefined)) columns.set(first, first)
    else if (first in roles) {
      const source = roles[first]
      if (source !== null && source !== undefined) columns.set(first, source)
    } else {
      const names = [...new Set([...groups.flatMap(fieldNames), ...Object.keys(roles)])]
      throw new SessionizeError(
        'unknown_column',
        `No column \`${path.join('.')}\` for --where.${didYouMean(first, names)}`,
        { hint: `Columns: ${names.slice(0, 30).join(', ')}${names.length > 30 ? ', ...' : ''}.` },
      )
    }
  }
  return {
    expression: raw(condition),
    columns: [...columns].map(([name, source]) => ({ name, source })),
  }
}

function collect(node: unknown, into: Map<string, readonly string[]>): void {
  if (Array.isArray(node)) {
    for (const child of node) collect(child, into)
    return
  }
  if (!isRecord(node)) return
  if (node['class'] === 'SUBQUERY') {
    throw new SessionizeError('bad_condition', '--where cannot hold a subquery.', {
      hint: 'Write a condition on the columns of one event.',
    })
  }
  if (node['class'] === 'COLUMN_REF' && Array.isArray(node['column_names'])) {
    const path = node['column_names'].map(String)
    into.set(path.join('.'), path)
  }
  for (const child of Object.values(node)) collect(child, into)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
