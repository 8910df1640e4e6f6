/**
 * A condition on event columns, written by the user in SQL. It is parsed by the engine first, so
 * that only the columns it names are read, and so that it is a condition and nothing else.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { fieldNames, findField } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import { raw, type Sql, sql } from '../sql/sql.js'
import { isNode, parseSelect } from './parse-select.js'
import type { Samples } from './samples.js'

export interface Condition {
  /** As the engine parsed it. */
  readonly tree: unknown
  readonly expression: Sql
  /** What it names; `name` is how the expression spells it, `source` a column or a role's key, empty where the role has none. */
  readonly columns: readonly ConditionColumn[]
}

interface ConditionColumn {
  readonly name: string
  readonly source: string
  readonly isRole: boolean
  /** By position of the group: what the values of a column of text are; undefined for text. */
  readonly textTypes: readonly (string | undefined)[]
}

/** @throws SessionizeError `bad_condition` or `unknown_column`. */
export async function parseCondition(
  engine: Engine,
  condition: string,
  groups: readonly SourceGroup[],
  roles: Readonly<Record<string, string | null>>,
  samples: Samples,
): Promise<Condition> {
  const statement = await parse(engine, sql`SELECT 1 WHERE (${raw(condition)}\n)`)
  // What closes the bracket and opens another one is only a condition by accident.
  await parse(engine, sql`SELECT CAST((${raw(condition)}\n) AS BOOLEAN)`)
  const references = new Map<string, readonly string[]>()
  collect(statement, references)

  const columns = new Map<string, ConditionColumn>()
  for (const path of references.values()) {
    const [first = ''] = path
    // The engine takes names that differ by case only for one.
    const key = first.toLowerCase()
    if (groups.some((group) => findField(group, first) !== undefined)) {
      columns.set(key, {
        name: first,
        source: first,
        isRole: false,
        textTypes: groups.map((group, at) => textType(group, first, at, samples)),
      })
    } else if (Object.hasOwn(roles, first)) {
      columns.set(key, { name: first, source: roles[first] ?? '', isRole: true, textTypes: [] })
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
    tree: isNode(statement) && isNode(statement['node']) ? statement['node']['where_clause'] : null,
    // A comment at its end must not reach what follows.
    expression: raw(`${condition}\n`),
    columns: [...columns.values()],
  }
}

/** Tables of text do not say what is a number. */
function textType(
  group: SourceGroup,
  name: string,
  at: number,
  samples: Samples,
): string | undefined {
  const field = findField(group, name)
  if (field === undefined || field.path.length > 0) return undefined
  if (group.format !== 'csv' && group.format !== 'log') return undefined
  const values = samples.inGroup(at, field.column.name)
  if (values.length === 0) return undefined
  const all = (pattern: RegExp): boolean => values.every((value) => pattern.test(value))
  // A leading zero belongs to a code, not to a number.
  if (all(/^\s*-?(0|[1-9]\d{0,17})\s*$/)) return 'BIGINT'
  if (all(/^\s*-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?\s*$/)) return 'DOUBLE'
  return all(/^\s*(true|false)\s*$/i) ? 'BOOLEAN' : undefined
}

/**
 * Runs what applies the condition. What the engine then finds wrong is the condition: an aggregate,
 * a function that does not exist, a value that cannot be cast.
 */
export async function assertCondition<T>(
  engine: Engine,
  condition: Condition | undefined,
  query: Sql,
  use: () => Promise<T>,
): Promise<T> {
  if (condition === undefined) return use()
  try {
    await engine.describe(query)
    return await use()
  } catch (error) {
    if (!(error instanceof SessionizeError) || error.code !== 'engine') throw error
    throw new SessionizeError('bad_condition', `--where cannot be applied: ${error.message}`, {
      hint: 'It is a condition on the columns of one event; TRY_CAST(x AS INTEGER) turns text into numbers.',
      cause: error,
    })
  }
}

/** The one statement as a tree. */
async function parse(engine: Engine, statement: Sql): Promise<unknown> {
  const parsed = await parseSelect(engine, statement.text)
  switch (parsed.kind) {
    case 'select':
      return parsed.tree
    case 'not_one':
      throw new SessionizeError('bad_condition', '--where must be one condition.', {})
    case 'not_select':
    case 'broken':
      throw new SessionizeError('bad_condition', `--where is not a condition: ${parsed.why}`, {
        hint: `Write SQL as in --where "platform = 'iOS' AND revenue > 10".`,
      })
  }
}

/** What looks at other rows. */
const BEYOND_ONE_EVENT: Readonly<Record<string, string>> = {
  SUBQUERY: 'a subquery',
  WINDOW: 'a window function',
}

function collect(node: unknown, into: Map<string, readonly string[]>): void {
  if (Array.isArray(node)) {
    for (const child of node) collect(child, into)
    return
  }
  if (!isNode(node)) return
  const beyond = BEYOND_ONE_EVENT[String(node['class'])]
  if (beyond !== undefined) {
    throw new SessionizeError('bad_condition', `--where cannot hold ${beyond}.`, {
      hint: 'Write a condition on the columns of one event.',
    })
  }
  if (node['class'] === 'COLUMN_REF' && Array.isArray(node['column_names'])) {
    const path = node['column_names'].map(String)
    into.set(path.join('.'), path)
  }
  for (const child of Object.values(node)) collect(child, into)
}
