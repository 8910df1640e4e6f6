/** Values that programs write where they have no id. */
import { join, type Sql, sql, text } from '../sql/sql.js'

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
