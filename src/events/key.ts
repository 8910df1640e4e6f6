/**
 * A key as flags and presets write it: a column or a dotted path; `a+b` joins two into one value,
 * `a,b` takes the first that is filled. A column whose own name has such a sign is found first.
 */
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { type Field, fieldExists, fieldNames, findField } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import type { Reading } from '../sources/row-relation.js'
import { join, raw, type Sql, sql } from '../sql/sql.js'
import { nothing } from './null-like.js'

/** Alternatives, each of the names that it joins. */
type Key = readonly (readonly string[])[]

/** Between joined values; the result is what reports show for a user. */
const JOINED_BY = '|'

function parseKey(groups: readonly SourceGroup[], key: string): Key {
  const isName = (name: string): boolean => groups.some((group) => hasName(group, name))
  if (isName(key)) return [[key]]
  return split(key, ',').map((part) => (isName(part) ? [part] : split(part, '+')))
}

/** Below JSON there may be a key of any name: with a sign it has to be seen. */
function hasName(group: SourceGroup, name: string): boolean {
  const field = findField(group, name)
  if (field === undefined) return false
  return field.path.length === 0 || !/[+,]/.test(name) || fieldExists(group, name, () => false)
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
  const parsed = parseKey(groups, key)
  if (parsed.flat().length === 0) throw nameless(groups, flag)
  return parsed
    .map((parts) => parts.map((name) => requireColumn(groups, name, flag)).join('+'))
    .join(',')
}

export const nameless = (groups: readonly SourceGroup[], flag: string): SessionizeError =>
  new SessionizeError('usage', `${flag} needs a column.`, {
    hint: `There are: ${shortList([...new Set(groups.flatMap(fieldNames))])}.`,
  })

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

/**
 * The key's text in a row: NULL when nothing is there; text that is blank or says that there is nothing
 * is nothing where there is a choice.
 *
 * @param more texts that say so, besides the usual ones
 */
export const keyText = (
  reading: Reading,
  group: SourceGroup,
  key: string,
  more: readonly string[] = [],
): Sql => joinedText(reading, group, key, more, (parts) => join(parts, ` || '${JOINED_BY}' || `))

/** @param joined one text of several columns' */
function joinedText(
  reading: Reading,
  group: SourceGroup,
  key: string,
  more: readonly string[],
  joined: (parts: readonly Sql[]) => Sql,
): Sql {
  const alternatives = parseKey([group], key)
  const texts = alternatives.map((parts) => {
    const values = parts.map((name) => columnText(reading, group, name))
    if (values.length === 1 && alternatives.length === 1) return values[0] ?? noValue
    return joined(values.map((value) => meant(value, more)))
  })
  return texts.length === 1 ? (texts[0] ?? noValue) : sql`coalesce(${join(texts)})`
}

/** Empty text where some column of the keys says that there is nothing, so that such rows are told. */
export function saysNothing(
  reading: Reading,
  group: SourceGroup,
  keys: readonly string[],
  more: readonly string[],
): Sql {
  const tests = keys
    .flatMap((key) => keyNames([group], key))
    .map((name) => nothing(sql`trim(${columnText(reading, group, name)})`, more))
  return tests.length === 0 ? noValue : sql`CASE WHEN ${join(tests, ' OR ')} THEN '' END`
}

/** The text of a key that is a time: a date and a time of day with a blank between them. */
export const timeText = (
  reading: Reading,
  group: SourceGroup,
  key: string,
  more: readonly string[] = [],
): Sql =>
  joinedText(reading, group, key, more, ([first = noValue, ...rest]) => {
    if (rest.length === 0) return first
    const date = sql`regexp_replace(${first}, '[ T]0{1,2}:00(:00(\\.0+)?)?Z?$', '')`
    return join([date, ...rest], " || ' ' || ")
  })

const noValue = raw('CAST(NULL AS VARCHAR)')

function columnText(reading: Reading, group: SourceGroup, name: string): Sql {
  const field = findField(group, name)
  return field === undefined ? noValue : reading.text(field)
}

/** NULL for blank text. Text that starts after the space is never trimmed: that is four times faster. */
export const filled = (value: Sql): Sql =>
  sql`CASE WHEN ${value} >= '!' THEN ${value} WHEN trim(${value}) <> '' THEN ${value} END`

/** The same, and empty for text that says that there is nothing; flat, as nested cases copy each text. */
export const meantOrEmpty = (value: Sql, more: readonly string[]): Sql =>
  sql`CASE WHEN ${nothing(value, more)} THEN '' WHEN ${value} >= '!' THEN ${value} WHEN trim(${value}) <> '' THEN CASE WHEN ${nothing(sql`trim(${value})`, more)} THEN '' ELSE ${value} END END`

/** NULL for blank text, and for text that says that there is nothing. */
export const meant = (value: Sql, more: readonly string[] = []): Sql =>
  sql`CASE WHEN ${value} >= '!' THEN CASE WHEN NOT ${nothing(value, more)} THEN ${value} END WHEN trim(${value}) <> '' AND NOT ${nothing(sql`trim(${value})`, more)} THEN ${value} END`
