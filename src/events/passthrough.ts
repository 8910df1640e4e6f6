/** Columns of the files that stay with their events, beside what the mapping takes out of them. */
import { option } from '../errors/option.js'
import { type Field, findField } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import type { Reading } from '../sources/row-relation.js'
import { raw, type Sql } from '../sql/sql.js'
import { requireColumn } from './mapping.js'
import { isTyped } from './time-column.js'

export interface PassthroughColumn {
  /** As the files call it. */
  readonly name: string
  /** In the stages. */
  readonly column: string
  /** Some files have another column whose name differs in case only. */
  readonly apart: boolean
  /** The type that all files give it; undefined where they differ or are text, and it is text. */
  readonly type: string | undefined
}

/** Of later files too: a column that only some have is empty in the others. */
export function passthroughColumns(
  groups: readonly SourceGroup[],
  wanted: readonly string[] | 'all',
): PassthroughColumn[] {
  const names =
    wanted === 'all'
      ? allNames(groups)
      : wanted.map((name) => requireColumn(groups, name, option('columns')))
  return names.map((name, i) => {
    const apart = areApart(groups, name)
    const types = groups.flatMap((group) => {
      const field = ownField(group, name, apart)
      if (field === undefined) return []
      return [isTyped(group) && field.path.length === 0 ? field.column.type : 'VARCHAR']
    })
    const [first] = types
    return {
      name,
      column: `c${i}`,
      apart,
      type: first !== 'VARCHAR' && types.every((type) => type === first) ? first : undefined,
    }
  })
}

export function passthroughValue(
  { name, type, apart }: PassthroughColumn,
  group: SourceGroup,
  reading: Reading,
): Sql {
  const field = ownField(group, name, apart)
  if (field === undefined)
    return type === undefined ? raw('CAST(NULL AS VARCHAR)') : raw(`CAST(NULL AS ${type})`)
  return type === undefined
    ? apart
      ? reading.exact(field)
      : reading.text(field)
    : reading.value(field)
}

/** Of names that differ in case only the first, unless some files have both: then each is a column. */
function allNames(groups: readonly SourceGroup[]): string[] {
  const names = [...new Set(groups.flatMap(({ columns }) => columns.map(({ name }) => name)))]
  return names.filter(
    (name, i) =>
      areApart(groups, name) || names.findIndex((other) => isSpelling(other, name)) === i,
  )
}

const isSpelling = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

const areApart = (groups: readonly SourceGroup[], name: string): boolean =>
  groups.some(({ columns }) => columns.filter((column) => isSpelling(column.name, name)).length > 1)

const ownField = (group: SourceGroup, name: string, apart: boolean): Field | undefined =>
  apart && !group.columns.some((column) => column.name === name)
    ? undefined
    : findField(group, name)
