/**
 * A condition on event columns, written by the user in SQL. It is parsed by the engine first, so
 * that only the columns it names are read, and so that it is a condition and nothing else.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { didYouMean } from '../errors/suggest.js'
import { type Field, fieldNames, findField } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import { identifier, raw, type Sql, sql, text } from '../sql/sql.js'
import { isNode, type Node, parseSelect } from './parse-select.js'
import type { Samples } from './samples.js'
import { assertSteady, childrenOf, clockEdit, type Edit, edited, functionName } from './steady.js'
import { isTyped } from './time-column.js'

export interface Condition {
  /** As the engine parsed it. */
  readonly tree: unknown
  /** As the user wrote it. */
  readonly written: string
  /** Over its columns by their own names, which no name of the data can meet. */
  readonly expression: Sql
  readonly columns: readonly ConditionColumn[]
}

export interface ConditionColumn {
  /** As the condition spells it. */
  readonly name: string
  /** A column, a path below one, or a role's key, empty where the role has none. */
  readonly source: string
  readonly isRole: boolean
  /** In the condition: `as` with its type, `asText` without. */
  readonly as: string
  readonly asText: string
  /** What all its values are, where files do not say it; undefined for text, and for what files say. */
  readonly type: ValueType | undefined
  /** The condition can be computed of this type only: a value that is none of it ends the run. */
  readonly strict?: true
}

/** Each type with what its values look like. A leading zero belongs to a code, not to a number. */
const VALUE_TYPES = {
  BIGINT: '-?(0|[1-9][0-9]{0,17})',
  HUGEINT: '-?(0|[1-9][0-9]{0,36})',
  DOUBLE: '-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?',
  BOOLEAN: '(?i:true|false)',
  DATE: undefined,
  TIMESTAMP: undefined,
  TIME: undefined,
  UUID: undefined,
} as const

export type ValueType = keyof typeof VALUE_TYPES

const isValueType = (type: string): type is ValueType => Object.hasOwn(VALUE_TYPES, type)

/** What is tried next where some value is none of it; undefined: text. */
const WIDER: Readonly<Partial<Record<ValueType, ValueType>>> = {
  BIGINT: 'HUGEINT',
  HUGEINT: 'DOUBLE',
}

const NUMBER = new RegExp(`^\\s*${VALUE_TYPES.DOUBLE}\\s*$`)

/** Whether a text is filled and is no value of the type. */
export function misfits(value: Sql, type: ValueType): Sql {
  const pattern = VALUE_TYPES[type]
  const fits = sql`TRY_CAST(${value} AS ${raw(type)}) IS NOT NULL`
  const looks =
    pattern === undefined
      ? fits
      : sql`regexp_full_match(trim(${value}), ${text(pattern)}) AND ${fits}`
  return sql`(trim(${value}) <> '' AND NOT (${looks}))`
}

/** With the next wider types for these columns, by their position. */
export function widened(condition: Condition, positions: ReadonlySet<number>): Condition {
  const columns = condition.columns.map((column, i) =>
    positions.has(i) ? { ...column, type: column.type && WIDER[column.type] } : column,
  )
  return { ...condition, columns }
}

/** @throws SessionizeError `bad_condition` or `unknown_column`. */
export async function parseCondition(
  engine: Engine,
  condition: string,
  groups: readonly SourceGroup[],
  roles: Readonly<Record<string, string | null>>,
  samples: Samples,
): Promise<Condition> {
  const statement = `${PREFIX}${condition}\n)`
  const tree = await parse(engine, raw(statement))
  // What closes the bracket and opens another one is only a condition by accident.
  await parse(engine, sql`SELECT CAST((${raw(condition)}\n) AS BOOLEAN)`)
  await assertSteady(engine, tree, option('where'))
  const lambdas = await engine.rows<{ name: string }>(
    sql`SELECT DISTINCT function_name AS name FROM duckdb_functions() WHERE list_contains(parameter_types, 'LAMBDA')`,
  )
  const references = new References(new Set(lambdas.map(({ name }) => name)))
  references.visit(tree)

  const columns: ConditionColumn[] = []
  const edits: Edit[] = []
  for (const { node, path, texts } of references.found) {
    const name = path.join('.')
    const field = (group: SourceGroup): Field | undefined => findField(group, name)
    const known = groups.some((group) => field(group) !== undefined)
    // A column that is only spelt like a role, as `__user` is, is no reason to take it for another.
    const isSpelt = groups.some(({ columns: own }) =>
      own.some((one) => one.name.toLowerCase() === name.toLowerCase()),
    )
    const isRole = !isSpelt && path.length === 1 && Object.hasOwn(roles, name)
    if (!known && !isRole) {
      const clock = await clockEdit(engine, statement, node)
      if (clock === undefined) throw unknownColumn(name, path[0] ?? '', groups, roles)
      edits.push(clock)
      continue
    }
    let column = columns.find((one) => one.name === name)
    if (column === undefined) {
      const as = `__sz_w${columns.length}`
      const source = isRole ? (roles[name] ?? '') : name
      const type = isRole ? undefined : valueType(groups, name, samples)
      column = { name, source, isRole, as, asText: `${as}_text`, type }
      columns.push(column)
    }
    // Beside a text that is no number, numbers are texts too.
    const asText =
      texts.some((one) => !NUMBER.test(one)) && groups.every((group) => isPlain(field(group)))
    edits.push(nameEdit(statement, node, path, asText ? column.asText : column.as))
  }
  for (const node of references.calls) {
    const clock = await clockEdit(engine, statement, node)
    if (clock !== undefined) edits.push(clock)
  }
  const [first] = isNode(tree) && isNode(tree['node']) ? [tree['node']['where_clause']] : []
  return {
    tree: first ?? null,
    written: condition,
    // A comment at its end must not reach what follows: the line's end stays.
    expression: raw(edited(statement, edits).slice(PREFIX.length, -1)),
    columns,
  }
}

const PREFIX = 'SELECT 1 WHERE ('

function unknownColumn(
  name: string,
  first: string,
  groups: readonly SourceGroup[],
  roles: Readonly<Record<string, string | null>>,
): SessionizeError {
  const names = [...new Set([...groups.flatMap(fieldNames), ...Object.keys(roles)])]
  return new SessionizeError(
    'unknown_column',
    `No column \`${name}\` for ${option('where')}.${didYouMean(first, names)}`,
    { hint: `Columns: ${names.slice(0, 30).join(', ')}${names.length > 30 ? ', ...' : ''}.` },
  )
}

/** A number or a text, of which the condition may also take the text. */
const isPlain = (field: Field | undefined): boolean =>
  field === undefined ||
  field.path.length > 0 ||
  /^(VARCHAR|JSON|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*)$/.test(
    field.column.type,
  )

/** A name with all its parts is written as one of ours. */
function nameEdit(statement: string, node: Node, path: readonly string[], as: string): Edit {
  const at = Number(node['query_location'])
  const rest = Buffer.from(statement).subarray(at).toString('utf8')
  const part = '(?:"(?:[^"]|"")*"|[\\p{L}_][\\p{L}\\p{M}\\p{N}_$]*)'
  const written = new RegExp(`^${Array(path.length).fill(part).join('\\s*\\.\\s*')}`, 'u').exec(
    rest,
  )?.[0]
  if (written === undefined) {
    throw new SessionizeError(
      'bad_condition',
      `${option('where')} cannot be read at \`${path.join('.')}\`.`,
      {
        hint: 'Write the name in double quotes.',
      },
    )
  }
  return { at, bytes: Buffer.byteLength(written), text: identifier(as).text }
}

/** What the first values are, in all files that do not say it; each value is held against it later. */
function valueType(
  groups: readonly SourceGroup[],
  name: string,
  samples: Samples,
): ValueType | undefined {
  const found = new Set<ValueType | undefined>()
  for (const [at, group] of groups.entries()) {
    const field = findField(group, name)
    if (field === undefined || !isText(group, field)) continue
    const values = samples.inGroup(at, name)
    const json = group.format === 'json' || group.format === 'ndjson'
    const { type } = field.column
    if (json && field.path.length === 0 && isValueType(type) && VALUE_TYPES[type] === undefined) {
      found.add(type)
    } else found.add(typeOf(values))
  }
  const [only, ...others] = found
  if (others.length === 0) return only
  return [...found].every((type) => type !== undefined && WIDER_OR_DOUBLE.has(type))
    ? 'DOUBLE'
    : undefined
}

const WIDER_OR_DOUBLE: ReadonlySet<ValueType> = new Set(['BIGINT', 'HUGEINT', 'DOUBLE'])

/** Whether files do not say what a value is. */
export const isText = (group: SourceGroup, { column, path }: Field): boolean =>
  !isTyped(group) || (path.length === 0 && column.type === 'VARCHAR')

/** Without any value it may be anything. */
function typeOf(values: readonly string[]): ValueType | undefined {
  const types = ['BIGINT', 'HUGEINT', 'DOUBLE', 'BOOLEAN'] as const
  return types.find((type) => {
    const pattern = new RegExp(`^\\s*${VALUE_TYPES[type].replace('(?i:', '(?:')}\\s*$`, 'i')
    return values.every((value) => pattern.test(value))
  })
}

/**
 * Runs what applies the condition. What the engine then finds wrong is the condition: an aggregate,
 * or a function that does not exist.
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
    throw new SessionizeError(
      'bad_condition',
      `${option('where')} cannot be applied: ${withNames(condition, error.message)}`,
      {
        hint: 'It is a condition on the columns of one event; TRY_CAST(x AS INTEGER) turns text into numbers.',
        cause: error,
      },
    )
  }
}

/** The engine's words with the names that the user knows. */
export const withNames = ({ columns }: Condition, message: string): string =>
  columns.reduceRight(
    (told, { name, as, asText }) => told.replaceAll(asText, name).replaceAll(as, name),
    message,
  )

/** The one statement as a tree. */
async function parse(engine: Engine, statement: Sql): Promise<unknown> {
  const parsed = await parseSelect(engine, statement.text)
  switch (parsed.kind) {
    case 'select':
      return parsed.tree
    case 'not_one':
      throw new SessionizeError('bad_condition', `${option('where')} must be one condition.`, {})
    case 'not_select':
    case 'broken':
      throw new SessionizeError(
        'bad_condition',
        `${option('where')} is not a condition: ${parsed.why}`,
        {
          hint: `Write SQL as in ${option('where')} "platform = 'iOS' AND revenue > 10".`,
        },
      )
  }
}

/** What looks at other rows, or at columns that are not named. */
const BEYOND: Readonly<Record<string, string>> = {
  SUBQUERY: 'a subquery',
  WINDOW: 'a window function',
  STAR: '* or COLUMNS(...): name the columns',
  POSITIONAL_REFERENCE: '#1: name the column',
  PARAMETER: 'a parameter',
}

interface Reference {
  readonly node: Node
  readonly path: readonly string[]
  /** It is compared with these texts. */
  readonly texts: readonly string[]
}

class References {
  readonly found: Reference[] = []
  readonly calls: Node[] = []

  /** @param lambdas functions that take one */
  constructor(private readonly lambdas: ReadonlySet<string>) {}

  /** @param bound parameters of the lambdas around it */
  visit(
    node: unknown,
    bound: ReadonlySet<string> = new Set(),
    texts: readonly string[] = [],
  ): void {
    if (Array.isArray(node)) {
      for (const child of node) this.visit(child, bound, texts)
      return
    }
    if (!isNode(node)) return
    const beyond = BEYOND[String(node['class'])]
    if (beyond !== undefined) {
      throw new SessionizeError('bad_condition', `${option('where')} cannot hold ${beyond}.`, {
        hint: 'Write a condition on the columns of one event.',
      })
    }
    if (node['class'] === 'COLUMN_REF' && Array.isArray(node['column_names'])) {
      const path = node['column_names'].map(String)
      if (!bound.has((path[0] ?? '').toLowerCase())) this.found.push({ node, path, texts })
      return
    }
    const called = functionName(node)
    if (called !== undefined) this.calls.push(node)
    if (called !== undefined && this.lambdas.has(called)) {
      for (const child of childrenOf(node)) this.argument(child, bound)
      return
    }
    const beside = COMPARING.has(String(node['class'])) ? textsIn(node) : []
    for (const child of Object.values(node)) this.visit(child, bound, beside)
  }

  /** The names before the arrow are its own, unless the engine takes it for the arrow of JSON. */
  private argument(node: unknown, bound: ReadonlySet<string>): void {
    if (!isNode(node) || node['class'] !== 'LAMBDA') {
      this.visit(node, bound)
      return
    }
    const left = node['lhs']
    const names = isNode(left) && functionName(left) === 'row' ? childrenOf(left) : [left]
    const own = names.flatMap((one) =>
      isNode(one) && Array.isArray(one['column_names']) ? one['column_names'].map(String) : [],
    )
    this.visit(node['expr'], new Set([...bound, ...own.map((name) => name.toLowerCase())]))
  }
}

const COMPARING: ReadonlySet<string> = new Set(['COMPARISON', 'BETWEEN', 'OPERATOR'])

function textsIn(node: Node): string[] {
  const { left, right, input, lower, upper } = node
  return [left, right, input, lower, upper, ...childrenOf(node)].flatMap((side) => {
    const value = isNode(side) && side['class'] === 'CONSTANT' ? side['value'] : undefined
    return isNode(value) &&
      typeof value['value'] === 'string' &&
      isNode(value['type']) &&
      value['type']['id'] === 'VARCHAR'
      ? [value['value']]
      : []
  })
}
