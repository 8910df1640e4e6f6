/**
 * A key as flags and presets write it: a column or a dotted path; `a+b` joins two into one value,
 * `a,b` takes the first that is filled. A column whose own name has such a sign is found first.
 */
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { type Field, fieldNames, findField } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import type { Reading } from '../sources/row-relation.js'
import { join, raw, type Sql, sql } from '../sql/sql.js'

/** Alternatives, each of the names that it joins. */
type Key = readonly (readonly string[])[]

/** Between joined values; the result is what reports show for a user. */
const JOINED_BY = '|'

function parseKey(groups: readonly SourceGroup[], key: string): Key {
  const isName = (name: string): boolean =>
    groups.some((group) => findField(group, name) !== undefined)
  if (isName(key)) return [[key]]
  return split(key, ',').map((part) => (isName(part) ? [part] : split(part, '+')))
}

const split = (text: string, by: string): string[] =>
  text
    .split(by)
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** The names in a key. */
export const keyNames = (groups: readonly SourceGroup[], key: string): string[] =>
  parseKey(groups, key).flat()

/** The part of a key that these files have; undefined when they have none of it. */
export function availableKey(
  groups: readonly SourceGroup[],
  key: string,
  exists: (name: string) => boolean,
): string | undefined {
  const found = parseKey(groups, key).filter((parts) => parts.length > 0 && parts.every(exists))
  const spelt = found.map((parts) => parts.map((name) => spelling(groups, name)).join('+'))
  return spelt.length === 0 ? undefined : spelt.join(',')
}

/** A column's name in the files' own case. */
function spelling(groups: readonly SourceGroup[], name: string): string {
  for (const group of groups) {
    const field = findField(group, name)
    if (field !== undefined && field.path.length === 0) return field.column.name
  }
  return name
}

/**
 * The same key with columns spelt as the files spell them.
 *
 * @throws SessionizeError `unknown_column` when no group has one of its names.
 */
export function requireKey(groups: readonly SourceGroup[], key: string, flag: string): string {
  return parseKey(groups, key)
    .map((parts) => parts.map((name) => requireColumn(groups, name, flag)).join('+'))
    .join(',')
}

/**
 * @param flag that named it, where that is known
 * @throws SessionizeError `unknown_column` when no group has it.
 */
export function requireColumn(groups: readonly SourceGroup[], name: string, flag?: string): string {
  for (const group of groups) {
    const field = findField(group, name)
    if (field !== undefined) return field.path.length === 0 ? field.column.name : name
  }
  const names = [...new Set(groups.flatMap(fieldNames))]
  throw new SessionizeError(
    'unknown_column',
    `No column \`${name}\` in ${groupLabel(groups)}.${didYouMean(name, names)}`,
    { hint: `${flag === undefined ? 'There are' : `${flag} takes one of`}: ${shortList(names)}.` },
  )
}

export const shortList = (names: readonly string[]): string =>
  `${names.slice(0, 30).join(', ')}${names.length > 30 ? ', ...' : ''}`

export const groupLabel = (groups: readonly SourceGroup[]): string => {
  const files = groups.flatMap((group) => group.files)
  const [first] = files
  return files.length === 1
    ? (first?.label ?? '')
    : `${first?.label ?? ''} and ${files.length - 1} other files`
}

export const keyFields = (group: SourceGroup, key: string): Field[] =>
  keyNames([group], key).flatMap((name) => findField(group, name) ?? [])

/** The key's text in a row: NULL when nothing is there; blank text is nothing where there is a choice. */
export function keyText(reading: Reading, group: SourceGroup, key: string): Sql {
  const alternatives = parseKey([group], key)
  const texts = alternatives.map((parts) => {
    const values = parts.map((name) => columnText(reading, group, name))
    if (values.length === 1 && alternatives.length === 1) return values[0] ?? noValue
    return join(values.map(filled), ` || '${JOINED_BY}' || `)
  })
  return texts.length === 1 ? (texts[0] ?? noValue) : sql`coalesce(${join(texts)})`
}

const noValue = raw('CAST(NULL AS VARCHAR)')

function columnText(reading: Reading, group: SourceGroup, name: string): Sql {
  const field = findField(group, name)
  return field === undefined ? noValue : reading.text(field)
}

/** NULL for blank text. Text that starts after the space is never trimmed: that is four times faster. */
export const filled = (value: Sql): Sql =>
  sql`CASE WHEN ${value} >= '!' THEN ${value} WHEN trim(${value}) <> '' THEN ${value} END`
