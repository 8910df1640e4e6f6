/**
 * A condition on the columns of one event, as the local engine parses it, in another engine's words.
 * Only what means the same in all of them is translated.
 */
import type { Dialect } from '../dialects/dialect.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { isNode } from '../events/parse-select.js'
import { join, raw, type Sql, sql, text } from '../sql/sql.js'

export interface ConditionScope {
  readonly engine: string
  readonly dialect: Dialect
  /** The value of a column, or below it. */
  column(path: readonly string[]): Sql
}

const COMPARISONS: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '<>',
  COMPARE_LESSTHAN: '<',
  COMPARE_GREATERTHAN: '>',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHANOREQUALTO: '>=',
}

/** @throws SessionizeError `unsupported` */
export function translateCondition(node: unknown, scope: ConditionScope): Sql {
  const of = (child: unknown): Sql => translateCondition(child, scope)
  if (!isNode(node)) throw unsupported(scope, 'this')
  const type = String(node['type'])
  const children = Array.isArray(node['children']) ? node['children'] : []
  const [first, second, ...others] = children
  const comparison = COMPARISONS[type]
  if (comparison !== undefined)
    return sql`(${of(node['left'])} ${raw(comparison)} ${of(node['right'])})`
  switch (type) {
    case 'CONJUNCTION_AND':
      return sql`(${join(children.map(of), ' AND ')})`
    case 'CONJUNCTION_OR':
      return sql`(${join(children.map(of), ' OR ')})`
    case 'OPERATOR_NOT':
      return sql`(NOT ${of(first)})`
    case 'OPERATOR_IS_NULL':
      return sql`(${of(first)} IS NULL)`
    case 'OPERATOR_IS_NOT_NULL':
      return sql`(${of(first)} IS NOT NULL)`
    case 'COMPARE_IN':
    case 'COMPARE_NOT_IN':
      return sql`(${of(first)} ${raw(type === 'COMPARE_IN' ? 'IN' : 'NOT IN')} (${join([second, ...others].map(of))}))`
    case 'COMPARE_BETWEEN':
      return sql`(${of(node['input'])} BETWEEN ${of(node['lower'])} AND ${of(node['upper'])})`
    case 'COLUMN_REF':
      return scope.column(
        Array.isArray(node['column_names']) ? node['column_names'].map(String) : [],
      )
    case 'VALUE_CONSTANT':
      return constant(node['value'], scope)
    case 'OPERATOR_CAST':
      return cast(node, scope)
    case 'FUNCTION':
      return likeness(node, [first, second], scope)
    default:
      throw unsupported(scope, type.toLowerCase().replaceAll('_', ' '))
  }
}

function constant(value: unknown, scope: ConditionScope): Sql {
  const { type, is_null: isNull, value: held } = isNode(value) ? value : {}
  if (isNull === true) return raw('NULL')
  const { id, type_info: info } = isNode(type) ? type : {}
  switch (id) {
    case 'VARCHAR':
      return text(String(held))
    case 'INTEGER':
    case 'BIGINT':
    case 'TINYINT':
    case 'SMALLINT':
      return sql`${BigInt(String(held))}`
    case 'DOUBLE':
      return sql`${Number(held)}`
    case 'DECIMAL': {
      const scale = isNode(info) ? Number(info['scale']) : 0
      const digits = String(held)
        .replace('-', '')
        .padStart(scale + 1, '0')
      const at = digits.length - scale
      const sign = String(held).startsWith('-') ? '-' : ''
      const whole = `${sign}${digits.slice(0, at)}.${digits.slice(at)}`
      if (/^-?\d+\.\d*$/.test(whole)) return raw(whole.replace(/\.$/, ''))
      throw unsupported(scope, 'this number')
    }
    default:
      throw unsupported(scope, `a constant of type ${String(id)}`)
  }
}

/** `true` and `DATE '2024-01-31'` are casts of text. */
function cast(node: Readonly<Record<string, unknown>>, scope: ConditionScope): Sql {
  const child = isNode(node['child']) ? node['child'] : {}
  const type = isNode(node['cast_type']) ? String(node['cast_type']['id']) : ''
  const value = isNode(child['value']) ? child['value'] : {}
  const written = typeof value['value'] === 'string' ? value['value'] : undefined
  if (child['type'] === 'VALUE_CONSTANT' && written !== undefined) {
    if (type === 'BOOLEAN' && /^(t|f|true|false)$/i.test(written)) {
      return raw(/^t/i.test(written) ? 'true' : 'false')
    }
    if (type === 'DATE' && /^\d{4}-\d{2}-\d{2}$/.test(written)) {
      return sql`CAST(${text(written)} AS DATE)`
    }
  }
  throw unsupported(scope, `a cast to ${type}`)
}

const LIKENESS: Readonly<Record<string, string>> = { '~~': 'LIKE', '!~~': 'NOT LIKE' }

function likeness(
  node: Readonly<Record<string, unknown>>,
  [value, pattern]: readonly unknown[],
  scope: ConditionScope,
): Sql {
  const name = String(node['function_name'])
  const operator = LIKENESS[name]
  const held = isNode(pattern) && isNode(pattern['value']) ? pattern['value']['value'] : undefined
  if (operator === undefined || typeof held !== 'string') {
    throw unsupported(scope, operator === undefined ? `the function ${name}` : 'such a LIKE')
  }
  // Without ESCAPE a backslash is one here, and escapes there.
  return sql`(${translateCondition(value, scope)} ${raw(operator)} ${text(held.replaceAll('\\', '\\\\'))})`
}

const unsupported = ({ engine }: ConditionScope, what: string): SessionizeError =>
  new SessionizeError(
    'unsupported',
    `${option('where')} with ${what} cannot be done in ${engine}.`,
    {
      hint: `It takes comparisons, AND, OR, NOT, IN, BETWEEN, LIKE and IS NULL there. Put the rest into a view of the table, and name the view with ${option('table')}.`,
    },
  )
