/** Values of the first rows of each group, as text. */
import type { Engine } from '../engines/duckdb.js'
import { fieldNames, findField } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import { readGroup } from '../sources/reading.js'
import { Misread } from '../sources/scan.js'
import { identifier, join, sql } from '../sql/sql.js'
import { isNothing } from './null-like.js'

export const SAMPLE_ROWS = 1_000

type Values = ReadonlyMap<string, readonly (string | null)[]>

export class Samples {
  private constructor(private readonly groups: readonly Values[]) {}

  /** @param paths nested names to look for besides those that the columns' types tell of */
  static async take(
    engine: Engine,
    groups: readonly SourceGroup[],
    paths: readonly string[],
  ): Promise<Samples> {
    const taken: Values[] = []
    for (const group of groups) taken.push(await sample(engine, group, paths))
    return new Samples(taken)
  }

  /** No row of any group could be read. */
  get none(): boolean {
    return this.groups.every((values) => [...values.values()].every((list) => list.length === 0))
  }

  /** Non-empty values of a column, distinct unless more are asked for. */
  of(name: string | undefined, limit = 5): string[] {
    const found = this.all(name ?? '').filter(isFilled)
    return limit > 5 ? found.slice(0, limit) : [...new Set(found)].slice(0, limit)
  }

  /** Non-empty values in one group. */
  inGroup(group: number, name: string): string[] {
    return (this.groups[group]?.get(name) ?? []).filter(isFilled)
  }

  /** Values of a time in one group, of which the key may have several columns. */
  timesInGroup(group: number, { columns }: SourceGroup, key: string): string[] {
    const values = this.groups[group]
    if (values?.has(key) === true || !/[+,]/.test(key)) return this.inGroup(group, key)
    const named = (name: string): readonly (string | null)[] => {
      const found = columns.find((column) => column.name === name.trim())
      return values?.get(found?.name ?? name.trim()) ?? []
    }
    const joined = key.split(',').map((part) => part.split('+').map(named))
    const rows = Math.max(0, ...joined.flat().map((list) => list.length))
    return Array.from({ length: rows }, (_, i) => {
      const alternatives = joined.map((part) => part.map((list) => list[i] ?? null))
      const there = alternatives.find((part) => part.every(isFilled))
      const [date = null, ...times] = there ?? []
      return times.length === 0
        ? date
        : `${date?.replace(/[ T]0{1,2}:00(:00(\.0+)?)?Z?$/, '')} ${times.join(' ')}`
    }).filter(isFilled)
  }

  /** Share of sampled rows in which the column is not empty. */
  share(name: string): number {
    const all = this.all(name)
    return all.length === 0 ? 0 : all.filter(isFilled).length / all.length
  }

  /** Share of the rows with both in which the two columns have one value; 0 for few rows. */
  equalShare(a: string, b: string): number {
    const left = this.all(a)
    const right = this.all(b)
    let both = 0
    let equal = 0
    left.forEach((value, i) => {
      const other = right[i] ?? null
      if (!isFilled(value) || !isFilled(other)) return
      both++
      if (value === other) equal++
    })
    return both < 20 ? 0 : equal / both
  }

  private all(name: string): (string | null)[] {
    return this.groups.flatMap((values) => [...(values.get(name) ?? [])])
  }
}

async function sample(
  engine: Engine,
  group: SourceGroup,
  paths: readonly string[],
): Promise<Values> {
  const names = [...new Set([...fieldNames(group), ...paths])]
  const found = names.flatMap((name) => {
    const field = findField(group, name)
    return field === undefined ? [] : [{ name, field }]
  })
  if (found.length === 0) return new Map()
  const reading = readGroup(
    group,
    found.map(({ field }) => field),
  )
  const columns = found.map(
    ({ field }, i) => sql`left(${reading.text(field)}, 1000) AS ${identifier(`c${i}`)}`,
  )
  const rows = await engine.rows<Record<string, string | null> & { file: number }>(
    sql`SELECT ${join(columns)}, ${reading.file} AS file, ${reading.refused} AS refused FROM ${reading.from} LIMIT ${SAMPLE_ROWS}`,
  )
  if (group.format === 'ndjson' && group.byRows !== true) {
    // It may have taken the next row with it.
    const damaged = rows.find(({ refused }) => refused === 'malformed')?.file
    const file = group.files.find(({ number }) => number === damaged)
    if (file !== undefined) throw new Misread([file.path])
  }
  return new Map(found.map(({ name }, i) => [name, rows.map((row) => row[`c${i}`] ?? null)]))
}

export const isFilled = (value: string | null): value is string =>
  value !== null && value.trim() !== '' && !isNothing(value.trim())
