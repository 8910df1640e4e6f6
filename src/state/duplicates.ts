/**
 * Duplicates across runs. Of rows with one key the first by time, then by content, stays an event:
 * mostly the one that the state has, and the new row is dropped. But a new row can come before the
 * one that the state has; then that one is taken back, and its window is made anew from the rows
 * that the state keeps for this purpose.
 */

import { duckdb } from '../dialects/duckdb.js'
import type { Engine } from '../engines/duckdb.js'
import { REJECT_REASONS } from '../events/ledger.js'
import { blockWidthMicros } from '../sessions/blocks.js'
import { identifier, join, raw, type Sql, sql, text } from '../sql/sql.js'
import { readColumns } from './block-table.js'
import type { StateSpec } from './manifest.js'

/** Where rows moved from in the ledger, to `duplicates`. */
export interface Moved {
  /** Of this run's files by their number; of the state's by their position. */
  readonly file: number
  readonly fate: string | null
  readonly rows: number
}

export interface Settled {
  readonly here: readonly Moved[]
  readonly before: readonly Moved[]
}

/**
 * Compares this run's `rows` with the rows of the state. Leaves the tables `superseded` (rows of the
 * state that lost: keys and `segment`), `stale_windows` (theirs: `user`, `block`) and `restored` (the
 * other events of those windows).
 */
export async function settleDuplicates(
  engine: Engine,
  spec: StateSpec,
  before: Sql,
): Promise<Settled> {
  const contents = ['t', 'user', 'name', 'session', ...readColumns(spec)].map(identifier)
  const keys = raw('key_low, key_high')
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE clashes AS
    WITH fresh AS MATERIALIZED (
      SELECT rowid AS id, *, ${keyHashes} FROM rows WHERE ${isCandidate}
    ),
    known AS MATERIALIZED (
      SELECT * FROM (${before}) SEMI JOIN fresh USING (${keys})
    ),
    both_sides AS (
      SELECT ${join(contents)}, fate, file, ${keys}, id, NULL AS segment FROM fresh SEMI JOIN known USING (${keys})
      UNION ALL
      SELECT ${join(contents)}, fate, file, ${keys}, NULL AS id, segment FROM known
    )
    SELECT * FROM both_sides
    QUALIFY row_number() OVER (PARTITION BY ${keys} ORDER BY ${join(contents)}, fate NULLS FIRST, segment NULLS LAST) > 1`)
  const here = await moved(engine, sql`segment IS NULL`)
  const earlier = await moved(engine, sql`segment IS NOT NULL`)
  await engine.run(
    sql`UPDATE rows SET fate = 'duplicate' WHERE rowid IN (SELECT id FROM clashes WHERE id IS NOT NULL)`,
  )
  await engine.run(
    sql`CREATE OR REPLACE TEMP TABLE superseded AS SELECT ${keys}, segment FROM clashes WHERE segment IS NOT NULL`,
  )
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE stale_windows AS
    SELECT DISTINCT user, ${windowOf(spec)} AS block FROM clashes WHERE segment IS NOT NULL AND fate IS NULL`)
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE restored AS
    SELECT ${eventColumns(spec)} FROM (SELECT *, ${windowOf(spec)} AS block FROM (${before}) WHERE fate IS NULL)
    SEMI JOIN stale_windows USING (user, block)
    ANTI JOIN superseded USING (${keys}, segment)`)
  return { here, before: earlier }
}

/** What blocks are made of. */
export const eventColumns = (spec: StateSpec): Sql =>
  join([raw('user, t, name, session'), ...readColumns(spec).map(identifier)])

const windowOf = ({ definition }: StateSpec): Sql =>
  duckdb.quotient(sql`t`, blockWidthMicros(definition))

const rejected = join(Object.keys(REJECT_REASONS).map(text))

/** Rows that stay, or would if they had come alone. */
const isCandidate = sql`key IS NOT NULL AND (fate IS NULL OR fate NOT IN (${rejected}, 'duplicate'))`

/** 128 bits of a key: two keys of a state are never the same by chance, and none is kept as text. */
const keyHashes = sql`md5_number_lower(CAST(key AS VARCHAR)) AS key_low, md5_number_upper(CAST(key AS VARCHAR)) AS key_high`

/** This run's rows as the state keeps them: all that may meet a duplicate, and all other events. */
export const keptRows = (spec: StateSpec, segment: number, firstFile: number): Sql => sql`
  SELECT CAST(${segment} AS INTEGER) AS segment, CAST(file + ${firstFile} AS INTEGER) AS file, ${eventColumns(spec)}, fate, ${keyHashes}
  FROM rows WHERE fate IS NULL OR (${isCandidate})`

async function moved(engine: Engine, where: Sql): Promise<Moved[]> {
  const rows = await engine.rows<{ file: number; fate: string | null; n: bigint }>(
    sql`SELECT file, fate, count(*) AS n FROM clashes WHERE ${where} GROUP BY ALL ORDER BY ALL`,
  )
  return rows.map(({ file, fate, n }) => ({ file, fate, rows: Number(n) }))
}
