/**
 * The sessions that are compared: the table `compared` has the group's number, the user, the length
 * in microseconds, and the user's bucket for resampling.
 */
import type { Engine } from '../../engines/duckdb.js'
import { readParquet } from '../../engines/files.js'
import {
  columnsOf,
  count,
  countDistinct,
  quantiles,
  readFigures,
  seconds,
  select,
  sum,
} from '../../figures/figure.js'
import { join, raw, type Sql, sql, text } from '../../sql/sql.js'
import { ratio } from '../exact.js'
import type { QuantileEstimate } from '../figures.js'
import { keysOf, keyValues } from '../segment-figures.js'

/** Which files a group's sessions are from. */
export type GroupSet = 'files' | 'baseline'

/** Sessions of one set of files with the same values of the dimensions. */
export interface Group {
  readonly set: GroupSet
  /** Of the dimensions; empty without. */
  readonly values: readonly (string | null)[]
}

/** A group in figures. */
export interface GroupFigures extends Group {
  readonly sessions: number
  readonly users: number
  readonly bounceShare: number | null
  readonly meanSeconds: number | null
  readonly quantiles: readonly Pick<QuantileEstimate, 'share' | 'seconds'>[]
  /** Share of the sessions that are at least as long as `longSeconds`. */
  readonly longShare: number | null
}

/** Users are resampled in at most so many buckets; each is its own while there are fewer. */
const MOST_BUCKETS = 512

/**
 * Creates `pool` of the relation `segmented`, and of the baseline's sessions where there are any
 * (a Parquet file with the same columns).
 */
export async function createPool(
  engine: Engine,
  by: readonly string[],
  withBounces: boolean,
  baselinePath: string | undefined,
): Promise<void> {
  const columns = poolColumns(by)
  const filter = withBounces ? raw('') : raw(' WHERE NOT bounce')
  const sets = [
    sql`SELECT 'files' AS side, ${columns} FROM segmented${filter}`,
    ...(baselinePath === undefined
      ? []
      : [sql`SELECT 'baseline' AS side, ${columns} FROM ${readParquet([baselinePath])}${filter}`]),
  ]
  await engine.run(sql`CREATE OR REPLACE TEMP TABLE pool AS ${join(sets, ' UNION ALL ')}`)
}

export const poolColumns = (by: readonly string[]): Sql =>
  join([raw('user'), raw('length'), raw('bounce'), ...keysOf(by)])

/** Every group in the pool, most sessions first. */
export async function listGroups(engine: Engine, by: readonly string[]): Promise<Group[]> {
  const keys = keysOf(by)
  const rows = await engine.rows<Record<string, unknown> & { side: GroupSet }>(sql`
    SELECT ${join([raw('side'), ...keys])} FROM pool GROUP BY ${join([raw('side'), ...keys])}
    ORDER BY ${join([raw('count(*) DESC'), ...keys.map((key) => sql`${key} NULLS LAST`), raw('side')])}`)
  return rows.map((row) => ({
    set: row.side,
    values: keyValues(row, by),
  }))
}

/** Creates `compared` of the chosen groups, numbered by their position. */
export async function createCompared(
  engine: Engine,
  by: readonly string[],
  groups: readonly Group[],
): Promise<number> {
  const keys = keysOf(by)
  const rows = groups.map(
    ({ set, values }, g) =>
      sql`(${join([sql`${g}`, text(set), ...values.map((value) => (value === null ? raw('NULL') : text(value)))])})`,
  )
  const same = join(
    [
      raw('named.side = pool.side'),
      ...keys.map((key) => sql`named.${key} IS NOT DISTINCT FROM pool.${key}`),
    ],
    ' AND ',
  )
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE compared AS
    SELECT g, user, length, bounce
    FROM pool JOIN (VALUES ${join(rows)}) AS named(${join([raw('g'), raw('side'), ...keys])}) ON ${same}`)
  const { users } = await select(engine, sql`compared`, { users: countDistinct(sql`user`) })
  const few = users <= MOST_BUCKETS
  // By content and never by chance: the same user is in the same bucket in every run.
  const bucket = few
    ? raw('row_number() OVER (ORDER BY user) - 1')
    : sql`CAST(md5_number_lower(user) % ${MOST_BUCKETS} AS BIGINT)`
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE buckets AS
    SELECT user, ${bucket} AS bucket FROM (SELECT DISTINCT user FROM compared)`)
  return few ? users : MOST_BUCKETS
}

export async function groupFigures(
  engine: Engine,
  groups: readonly Group[],
  shares: readonly number[],
  longMicros: number,
): Promise<GroupFigures[]> {
  const figures = {
    sessions: count(),
    users: countDistinct(sql`user`),
    bounces: count(sql`bounce`),
    total: sum(sql`length`),
    long: count(sql`length >= ${longMicros}`),
    quantiles: quantiles(sql`length`, shares),
  } as const
  const rows = await engine.rows<Record<string, unknown>>(
    sql`SELECT g, ${columnsOf(figures)} FROM compared GROUP BY g`,
  )
  return groups.map((group, g) => {
    const row = rows.find((one) => one['g'] === g) ?? {}
    const { sessions, users, bounces, total, long, quantiles: at } = readFigures(row, figures)
    return {
      ...group,
      sessions,
      users,
      bounceShare: ratio(bounces, sessions),
      meanSeconds: seconds(ratio(total, sessions)),
      quantiles: shares.map((share, i) => ({ share, seconds: seconds(at[i]) })),
      longShare: ratio(long, sessions),
    }
  })
}
