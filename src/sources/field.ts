/** A value inside a row: a column, or a path into a nested one. */

import { identifier, join, raw, type Sql, sql, text } from '../sql/sql.js'
import { differInCase } from '../units/text-order.js'
import type { Column, SourceGroup } from './group.js'
import { listElement, mapValue, pairValue, structMembers } from './nested-type.js'

export interface Field {
  readonly column: Column
  /** Keys below the column; empty for the column itself. */
  readonly path: readonly string[]
}

/**
 * Finds `name` as a column, or as a dotted path below one (`properties.distinct_id`). Keys are
 * those of structs, maps and JSON text, and those of a list of `{key, value}` pairs
 * (`event_params.ga_session_id`). What is spelt exactly so wins over what differs in case, and that
 * over what people take for the same name: `User ID` for `user_id`.
 */
export const findField = (group: SourceGroup, name: string): Field | undefined =>
  findAlike(group, name, [isSame, isSameInCase, isSameName])

function findAlike(
  { columns }: SourceGroup,
  name: string,
  ways: readonly Alike[],
): Field | undefined {
  for (const alike of ways) {
    const column = columns.find((one) => alike(one.name, name))
    if (column !== undefined) return standing(column, wrappers(column.type))
    for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
      const above = columns.find((one) => alike(one.name, name.slice(0, dot)))
      if (above !== undefined && isNested(above.type)) {
        const path = name.slice(dot + 1).split('.')
        return standing(above, [...path, ...wrappers(typeBelow(above.type, path))])
      }
    }
  }
  return undefined
}

const standing = (column: Column, path: readonly string[]): Field => {
  const { standsFor } = column
  return standsFor === undefined
    ? { column, path }
    : { column: standsFor.column, path: [...standsFor.path, ...path] }
}

/** MongoDB writes `{"$oid": "..."}` for an id, and the like for times and numbers. */
const WRAPPER = /^\$(oid|date|uuid|numberLong|numberInt|numberDouble|numberDecimal)$/

function wrappers(type: string): string[] {
  const [only, ...others] = structMembers(type)
  return only !== undefined && others.length === 0 && WRAPPER.test(only.name)
    ? [only.name, ...wrappers(only.type)]
    : []
}

const typeBelow = (type: string, path: readonly string[]): string =>
  path.reduce(
    (above, key) => structMembers(above).find(({ name }) => name === key)?.type ?? '',
    type,
  )

type Alike = (name: string, wanted: string) => boolean
const isSame: Alike = (name, wanted) => name === wanted
const isSameInCase: Alike = (name, wanted) => name.toLowerCase() === wanted.toLowerCase()
const isSameName: Alike = (name, wanted) => plainName(name) === plainName(wanted)

/** Without what people write between the words of a name, and before it. */
export const plainName = (name: string): string =>
  name.toLowerCase().replaceAll(/[\s_.@$-]/g, '') || name

/** Of JSON objects some may spell a key otherwise: where one lacks it, its other spellings stand for it. */
export const spellings = ({ columns }: SourceGroup, column: Column): readonly Column[] => [
  column,
  ...columns.filter(
    ({ name }) => name !== column.name && name.toLowerCase() === column.name.toLowerCase(),
  ),
]

/** Whether some names differ in case only, which the engine takes for one. */
export const hasVariants = ({ columns }: SourceGroup): boolean =>
  differInCase(columns.map(({ name }) => name))

const isNested = (type: string): boolean =>
  /^(STRUCT|MAP|JSON|VARCHAR)/.test(type) &&
  (listElement(type) === undefined || type === 'JSON[]' || pairValue(type) !== undefined)

/** The names that a user may give: columns, and one level below the nested ones. */
export function fieldNames(group: SourceGroup): string[] {
  return group.columns.flatMap(({ name, type }) => [
    name,
    ...structMembers(type)
      .filter((member) => !member.name.includes('\0'))
      .map((member) => `${name}.${member.name}`),
  ])
}

/** A dotted name counts only where the type names its key, or else where `seen` says so. */
export function fieldExists(group: SourceGroup, name: string, seen: () => boolean): boolean {
  const field = findField(group, name)
  return field !== undefined && isThere(field, seen)
}

/** The same of a column that differs from the name in case at most. */
export function fieldIsNamed(group: SourceGroup, name: string, seen: () => boolean): boolean {
  const field = findAlike(group, name, [isSame, isSameInCase])
  return field !== undefined && isThere(field, seen)
}

function isThere(field: Field, seen: () => boolean): boolean {
  const [key, ...deeper] = field.path
  if (key === undefined) return true
  const members = structMembers(field.column.type)
  if (members.length === 0) return seen()
  return members.some((member) => member.name === key) && (deeper.length === 0 || seen())
}

/** A typed value as text: numbers keep all their digits, and 12.0 that stands for an id is 12. */
export function typedText(value: Sql, type: string): Sql {
  if (type === 'VARCHAR') return value
  if (type === 'DOUBLE' || type === 'FLOAT') {
    return sql`CASE WHEN isnan(${value}) THEN NULL WHEN ${value} = trunc(${value}) AND abs(${value}) < 9e15 THEN CAST(CAST(${value} AS BIGINT) AS VARCHAR) ELSE CAST(${value} AS VARCHAR) END`
  }
  // Writers that do not mark text as such; what is no UTF-8 is shown byte by byte.
  if (type === 'BLOB') return sql`coalesce(TRY(decode(${value})), CAST(${value} AS VARCHAR))`
  return sql`CAST(${value} AS VARCHAR)`
}

/** A field of typed columns with its type, where that is known below the column too; else text. */
export function valueBelow({ column, path }: Field): Sql {
  let value: Sql = raw(column.readAs)
  let { type } = column
  for (const [i, key] of path.entries()) {
    const members = structMembers(type)
    const member =
      members.find(({ name }) => name === key) ??
      members.find(({ name }) => name.toLowerCase() === key.toLowerCase())
    if (member === undefined) return textBelow(value, type, path.slice(i))
    value = sql`${value}.${identifier(member.name)}`
    type = member.type
  }
  return value
}

/** The text at `path` below a typed value; NULL where there is nothing. */
export function textBelow(value: Sql, type: string, path: readonly string[]): Sql {
  const [key, ...rest] = path
  if (key === undefined) return typedText(value, type)
  if (type === 'JSON') return pointed(value, path)
  if (type === 'VARCHAR')
    return sql`CASE WHEN json_valid(${value}) THEN ${pointed(value, path)} END`
  const pair = pairValue(type)
  if (pair !== undefined) return pairText(value, pair, key)
  const inMap = mapValue(type)
  if (inMap !== undefined) return textBelow(sql`${value}[${text(key)}]`, inMap, rest)
  const members = structMembers(type)
  const member =
    members.find(({ name }) => name === key) ??
    members.find(({ name }) => name.toLowerCase() === key.toLowerCase())
  return member === undefined
    ? raw('CAST(NULL AS VARCHAR)')
    : textBelow(sql`${value}.${identifier(member.name)}`, member.type, rest)
}

/** GA4 puts a parameter's value into one of several members, by its type. */
function pairText(pairs: Sql, type: string, key: string): Sql {
  const value = sql`list_filter(${pairs}, pair -> pair.key = ${text(key)})[1].value`
  const members = structMembers(type)
  if (members.length === 0) return typedText(value, type)
  return sql`coalesce(${join(members.map((member) => typedText(sql`${value}.${identifier(member.name)}`, member.type)))})`
}

/** The same where the list is JSON. */
export function jsonPairText(pairs: Sql, key: string): Sql {
  const value = sql`list_filter(json_transform(${pairs}, '[{"key": "VARCHAR", "value": "JSON"}]'), pair -> pair.key = ${text(key)})[1].value`
  const members = ['string_value', 'int_value', 'float_value', 'double_value']
  return sql`coalesce(${join(members.map((member) => sql`json_extract_string(${value}, ${text(`/${member}`)})`))}, CASE WHEN json_type(${value}) NOT IN ('OBJECT', 'NULL') THEN json_extract_string(${value}, '$') END)`
}

const pointed = (value: Sql, path: readonly string[]): Sql =>
  sql`json_extract_string(${value}, ${jsonPointer(path)})`

export const jsonPointer = (path: readonly string[]): Sql =>
  text(`/${path.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`)
