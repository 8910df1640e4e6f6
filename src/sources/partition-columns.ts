/** What the folders' names say of files, as columns of those that have none of this name. */
import { join, raw, type Sql, sql, text } from '../sql/sql.js'
import type { Column, NumberedFile, SourceGroup } from './group.js'
import type { Reading } from './row-relation.js'

const alike = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** The group with the columns that its files have by their folders. */
export function withPartitions(group: SourceGroup): SourceGroup {
  const names: string[] = []
  const taken = group.columns.map(({ name }) => name)
  for (const { name } of group.files.flatMap(({ partitions = [] }) => partitions)) {
    if (![...taken, ...names].some((other) => alike(other, name))) names.push(name)
  }
  if (names.length === 0) return group
  const columns = names.map(
    (name, i): Column => ({ name, type: 'VARCHAR', readAs: `h${i}`, partition: true }),
  )
  return { ...group, columns: [...group.columns, ...columns] }
}

/** Fields that stand in no file come from where the file lies. */
export function placed(group: SourceGroup, reading: Reading): Reading {
  if (!group.columns.some(({ partition }) => partition === true)) return reading
  const json = group.format === 'json' || group.format === 'ndjson'
  const read = (of: Reading['text']): Reading['text'] => {
    return (field) => {
      const { column, path } = field
      if (column.partition !== true || path.length > 0) return of(field)
      const value = valueByFile(group.files, column.name, reading.file)
      // A row that was not looked at may have the key all the same.
      return json ? sql`coalesce(${of(field)}, ${value})` : value
    }
  }
  return {
    ...reading,
    text: read(reading.text),
    exact: read(reading.exact),
    value: read(reading.value),
  }
}

function valueByFile(files: readonly NumberedFile[], name: string, file: Sql): Sql {
  // Of folders within each other the innermost counts.
  const values = new Map(
    files.map(({ number, partitions = [] }) => [
      number,
      partitions.findLast((partition) => alike(partition.name, name))?.value ?? null,
    ]),
  )
  const literal = (value: string | null | undefined): Sql =>
    value === null || value === undefined ? raw('CAST(NULL AS VARCHAR)') : text(value)
  const distinct = [...new Set(values.values())]
  if (distinct.length === 1) return literal(distinct[0])
  const numbers = [...values.keys()]
  const first = numbers.reduce((a, b) => Math.min(a, b))
  const last = numbers.reduce((a, b) => Math.max(a, b))
  const all = Array.from({ length: last - first + 1 }, (_, i) => literal(values.get(first + i)))
  return sql`[${join(all)}][${file} - ${first} + 1]`
}
