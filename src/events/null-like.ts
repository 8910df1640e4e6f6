/** Values that programs write where they have nothing, and where they have no id. */
import { join, type Sql, sql, text } from '../sql/sql.js'

/** Nothing, as a text: what databases, Python and JavaScript write for it. None is longer than `undefined`. */
const NOTHING = [
  ...['\\n', 'null', '(null)', '<null>', '[null]', 'nil', '<nil>'],
  ...['none', 'nan', 'nat', '<na>', 'undefined', '""', "''"],
]
const LONGEST = 9

/** @param more texts that the user takes for nothing as well, as they are spelt */
export const isNothing = (value: string, more: readonly string[] = []): boolean =>
  NOTHING.includes(value.toLowerCase()) || more.includes(value)

/** The same in SQL: NULL for NULL. */
export function nothing(value: Sql, more: readonly string[] = []): Sql {
  const usual = sql`length(${value}) <= ${LONGEST} AND lower(${value}) IN (${join(NOTHING.map(text))})`
  return more.length === 0
    ? sql`(${usual})`
    : sql`(${usual} OR ${value} IN (${join(more.map(text))}))`
}

const WORDS = [
  '0',
  '-1',
  'null',
  '(null)',
  'nil',
  'none',
  'nan',
  'n/a',
  'undefined',
  'unknown',
  'anonymous',
  'guest',
  '(not set)',
  '\\n',
  '[object object]',
]

/** Zeros and dashes only: the UUID of nobody, an advertising id that was switched off. */
const ZEROS = '^0[0-]*$'

export const isNullLike = (value: string): boolean => {
  const word = value.trim().toLowerCase()
  return WORDS.includes(word) || new RegExp(ZEROS).test(word)
}

/** The same in SQL; also true for blank text, false for NULL. */
export const nullLike = (value: Sql): Sql =>
  sql`coalesce(lower(trim(${value})) IN (${join(WORDS.map(text))}) OR trim(${value}) = '' OR regexp_matches(${value}, '^\\s*0[0-]*\\s*$'), false)`
