/** Columns of the files that stay with their events, beside what the mapping takes out of them. */
import { findField } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import type { Reading } from '../sources/reading.js'
import { raw, type Sql } from '../sql/sql.js'
import { requireColumn } from './mapping.js'
import { isTyped } from './time-column.js'

export interface CarriedColumn {
  /** As the files call it. */
  readonly name: string
  /** In the stages. */
  readonly column: string
  /** The type that all files give it; undefined where they differ or are text, and it is text. */
  readonly type: string | undefined
}

/** Of later files too: a column that only some have is empty in the others. */
export function carriedColumns(
  groups: readonly SourceGroup[],
  wanted: readonly string[] | 'all',
): CarriedColumn[] {
  const names =
    wanted === 'all'
      ? [...new Set(groups.flatMap(({ columns }) => columns.map(({ name }) => name)))]
      : wanted.map((name) => requireColumn(groups, name, '--columns'))
  return names.map((name, i) => {
    const types = groups.flatMap((group) => {
      const field = findField(group, name)
      if (field === undefined) return []
      return [isTyped(group) && field.path.length === 0 ? field.column.type : 'VARCHAR']
    })
    const [first] = types
    return {
      name,
      column: `c${i}`,
      type: first !== 'VARCHAR' && types.every((type) => type === first) ? first : undefined,
    }
  })
}

export function carriedValue(
  { name, type }: CarriedColumn,
  group: SourceGroup,
  reading: Reading,
): Sql {
  const field = findField(group, name)
  if (field === undefined)
    return type === undefined ? raw('CAST(NULL AS VARCHAR)') : raw(`CAST(NULL AS ${type})`)
  return type === undefined ? reading.text(field) : reading.value(field)
}
