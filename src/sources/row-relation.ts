/** What every reader gives: a relation of rows, and how a field is taken out of one. */
import { join, type Sql, sql } from '../sql/sql.js'
import type { Field } from './field.js'
import type { SourceGroup } from './group.js'
import { partsOf } from './source.js'

export interface Reading {
  readonly from: Sql
  /** Position of the row's file among all files. */
  readonly file: Sql
  /** Why the row cannot be looked into, as `RefusedRow` says it; NULL where it can. */
  readonly refused: Sql
  /** Digest of the whole row; only where it was asked for. */
  readonly digest: Sql
  text(field: Field): Sql
  /** The same of this very column, whatever other spellings of its name hold. */
  exact(field: Field): Sql
  /** In the type that the files give it, for conditions written by the user. */
  value(field: Field): Sql
}

/** A row that could not be parsed, and JSON of more levels than are looked into. */
export type RefusedRow = 'malformed' | 'nested_too_deep'

export interface ReadOptions {
  /** Also `digest`, for which every column is read. */
  readonly whole?: boolean
}

export const paths = ({ files }: Pick<SourceGroup, 'files'>): string[] => files.flatMap(partsOf)

/** Position in the `paths` of a group to position among all files. */
export function fileNumber(group: SourceGroup, position: Sql): Sql {
  const numbers = group.files.flatMap((file) => partsOf(file).map(() => file.number))
  const first = numbers[0] ?? 0
  return numbers.every((number, i) => number === first + i)
    ? sql`CAST(${position} AS INTEGER) + ${first}`
    : sql`[${join(numbers)}][CAST(${position} AS INTEGER) + 1]`
}
