/**
 * Figures: aggregates over the rows of a relation, each with what becomes of its value. The engine
 * gives 64-bit integers as bigint and what it knows no value of as null; who asks gets numbers.
 */
import type { Engine } from '../engines/duckdb.js'
import { identifier, join, type Sql, sql } from '../sql/sql.js'

export interface Figure<Value> {
  readonly sql: Sql
  readonly read: (value: unknown) => Value
}

type Figures = Readonly<Record<string, Figure<unknown>>>

/** What is read of figures, by their names. */
export type ValuesOf<All extends Figures> = {
  readonly [Name in keyof All]: All[Name] extends Figure<infer Value> ? Value : never
}

/** The figures of all rows of a relation. */
export async function select<All extends Figures>(
  engine: Engine,
  from: Sql,
  figures: All,
): Promise<ValuesOf<All>> {
  return readFigures(await engine.row(sql`SELECT ${columnsOf(figures)} FROM ${from}`), figures)
}

/** As columns of a query, under their names. */
export const columnsOf = (figures: Figures): Sql =>
  join(Object.entries(figures).map(([name, { sql: of }]) => sql`${of} AS ${identifier(name)}`))

/** Of one row of such a query; of a row that none was joined to, figures of no rows. */
export function readFigures<All extends Figures>(
  row: Readonly<Record<string, unknown>>,
  figures: All,
): ValuesOf<All>
export function readFigures(row: Readonly<Record<string, unknown>>, figures: Figures): object {
  return Object.fromEntries(
    Object.entries(figures).map(([name, { read }]) => [name, read(row[name] ?? null)]),
  )
}

/** @throws TypeError for what is no number, which no aggregate here is */
function number(value: unknown): number | null {
  if (value === null || typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  throw new TypeError(`a figure is ${typeof value}`)
}

const counted = (value: unknown): number => number(value) ?? 0

const only = (where: Sql | undefined): Sql =>
  where === undefined ? sql`` : sql` FILTER (WHERE ${where})`

export const count = (where?: Sql): Figure<number> => ({
  sql: sql`count(*)${only(where)}`,
  read: counted,
})

export const countDistinct = (of: Sql): Figure<number> => ({
  sql: sql`count(DISTINCT ${of})`,
  read: counted,
})

/** 0 of no rows. */
export const sum = (of: Sql, where?: Sql): Figure<number> => ({
  sql: sql`coalesce(sum(${of})${only(where)}, 0)`,
  read: counted,
})

/** Any other aggregate of numbers; null of no rows. */
export const numeric = (aggregate: Sql): Figure<number | null> => ({ sql: aggregate, read: number })

export const max = (of: Sql): Figure<number | null> => numeric(sql`max(${of})`)

/** In the order of the shares; null of no rows. */
export const quantiles = (
  of: Sql,
  shares: readonly number[],
  where?: Sql,
): Figure<readonly (number | null)[]> => ({
  sql: sql`quantile_cont(${of}, [${join([...shares])}])${only(where)}`,
  read: (value) => shares.map((_, i) => (Array.isArray(value) ? number(value[i]) : null)),
})

/** The same aggregate under many conditions. */
export const list = <Value>(figures: readonly Figure<Value>[]): Figure<readonly Value[]> => ({
  sql: sql`[${join(figures.map(({ sql: of }) => of))}]`,
  read: (value) => figures.map(({ read }, i) => read(Array.isArray(value) ? value[i] : null)),
})

/** Microseconds as seconds. */
export const seconds = (micros: number | null | undefined): number | null =>
  micros === null || micros === undefined ? null : micros / 1e6
