/**
 * JSON that is nested very deep: some functions of the engine walk a value by calling themselves, and
 * end the process 17,000 levels down. Reading it as text, or a few of its keys, is safe (a million
 * levels were). A row with more levels than this is not looked into.
 */
import { type Sql, sql, text } from '../sql/sql.js'

/** Levels of objects and lists in one row, itself the first. */
export const DEEPEST = 1_000
/** Each level opens and closes: shorter text is not deeper. */
export const SHORTEST_DEEP = 2 * (DEEPEST + 1)

/** Levels that one pattern takes away. */
const LEVELS = 100

/** Whether JSON, as valid text, has more levels than are looked into; only long text costs anything. */
export const nestedTooDeep = (json: Sql): Sql => sql`CASE
    WHEN strlen(${json}) < ${SHORTEST_DEEP} THEN false
    WHEN len(string_split(${json}, '[')) + len(string_split(${json}, '{')) - 2 <= ${DEEPEST} THEN false
    ELSE ${withoutLevels(brackets(json), DEEPEST)} <> ''
  END`

/** Its brackets outside of texts, as round ones. */
const brackets = (json: Sql): Sql =>
  sql`translate(regexp_replace(${json}, ${text('"(?:[^"\\\\]|\\\\.)*"|[^\\[\\]{}"]+')}, '', 'gs'), '[]{}', '()()')`

/** What is left when whatever is nested up to `levels` deep is taken out; the pattern cannot be longer. */
const withoutLevels = (value: Sql, levels: number): Sql =>
  levels === 0
    ? value
    : withoutLevels(
        sql`regexp_replace(${value}, ${text(nested(LEVELS))}, '', 'g')`,
        levels - LEVELS,
      )

const nested = (levels: number): string =>
  `\\((?:${levels === 1 ? '' : `(?:${nested(levels - 1)})*`})\\)`
