/**
 * Who is who: ids that stand in one row belong to one person (`--stitch`), and so do ids that the
 * vendor merged (`--merged-ids`).
 *
 * Ids of two columns are apart even when they are spelt alike. The person's id is the smallest one
 * of the first column that has any, so that it does not depend on the order of rows. Values that
 * programs write where they have no id (`0`, `null`, zeros) never join anybody; a row that has
 * nothing else keeps the user that it would have had.
 */
import type { Engine } from '../engines/duckdb.js'
import { readJson } from '../engines/files.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import type { SkippedFile } from '../sources/source.js'
import { identifier, join, list, raw, type Sql, sql, text } from '../sql/sql.js'
import { findComponents } from './components.js'
import { REJECT_REASONS } from './ledger.js'
import { nullLike } from './null-like.js'

/** More ids than a person has: something else glues them together. */
export const DEFAULT_STITCH_LIMIT = 1_000

export interface Identity {
  readonly usersBefore: number
  readonly usersAfter: number
  /** Persons with most ids, largest first; those with one id left out. */
  readonly largest: readonly JoinedUser[]
  /** Rows in which a value stood that looks like no id. */
  readonly nullLikeRows: number
}

export interface JoinedUser {
  readonly user: string
  readonly ids: number
  /** A few of them, those in most pairs first. */
  readonly examples: readonly string[]
}

/** In the `rows` stage. */
export const idColumn = (position: number): string => `id${position}`

const LARGEST_SHOWN = 5
const EXAMPLES_SHOWN = 5

const isEvent = sql`(fate IS NULL OR fate NOT IN (${join(Object.keys(REJECT_REASONS).map(text))}))`

/**
 * Gives each row of `rows` the user that its ids belong to.
 *
 * @param keys of the id columns, as messages show them
 * @throws SessionizeError `mapping_uncertain` when one user has more than `limit` ids.
 */
export async function stitchUsers(
  engine: Engine,
  keys: readonly string[],
  limit: number,
): Promise<Identity> {
  const usersBefore = await countUsers(engine)
  const usable = (position: number): Sql => {
    const id = identifier(idColumn(position))
    return sql`CASE WHEN NOT ${nullLike(id)} THEN ${id} END`
  }
  const ids = keys.map((_, i) => sql`${usable(i)} AS ${identifier(idColumn(i))}`)
  await engine.run(
    sql`CREATE OR REPLACE TEMP TABLE id_sets AS SELECT DISTINCT ${join(ids)} FROM rows WHERE ${isEvent}`,
  )
  const nodes = keys.map(
    (_, i) => sql`SELECT ${i} AS kind, ${identifier(idColumn(i))} AS id FROM id_sets`,
  )
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE nodes AS
    SELECT row_number() OVER (ORDER BY kind, id) AS node, kind, id
    FROM (SELECT DISTINCT kind, id FROM (${join(nodes, ' UNION ALL ')}) WHERE id IS NOT NULL)`)
  const pairs = keys.flatMap((_, i) =>
    keys.slice(i + 1).map((_, step) => {
      const j = i + 1 + step
      return sql`
        SELECT DISTINCT x.node AS a, y.node AS b FROM id_sets
        JOIN nodes AS x ON x.kind = ${i} AND x.id = ${identifier(idColumn(i))}
        JOIN nodes AS y ON y.kind = ${j} AND y.id = ${identifier(idColumn(j))}`
    }),
  )
  await engine.run(
    sql`CREATE OR REPLACE TEMP TABLE pairs AS ${pairs.length === 0 ? sql`SELECT 0 AS a, 0 AS b WHERE false` : join(pairs, ' UNION ALL ')}`,
  )
  await findComponents(engine)
  await assertPlausible(engine, keys, limit)

  // The same text in two columns may stand for two people: then the column is part of the name.
  const column = sql`${list(keys)}[n.kind + 1]`
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE people AS
    SELECT n.node AS root, CASE WHEN n.kind > 0 AND count(*) OVER (PARTITION BY n.id) > 1 THEN ${column} || ':' || n.id ELSE n.id END AS person
    FROM nodes AS n WHERE n.node IN (SELECT root FROM components)`)
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE known AS
    SELECT n.kind, n.id, p.person FROM nodes AS n JOIN components USING (node) JOIN people AS p USING (root)`)
  const { rows: nullLikeRows } = await engine.row<{ rows: bigint }>(
    sql`SELECT count(*) AS rows FROM rows WHERE ${isEvent} AND (${join(
      keys.map((_, i) => nullLike(identifier(idColumn(i)))),
      ' OR ',
    )})`,
  )
  const firstKind = sql`CASE ${join(
    keys.map((_, i) => sql`WHEN ${usable(i)} IS NOT NULL THEN ${i}`),
    ' ',
  )} END`
  const firstId = sql`coalesce(${join(keys.map((_, i) => usable(i)))})`
  await replaceRows(
    engine,
    sql`SELECT r.* EXCLUDE (__kind, __id) REPLACE (coalesce(k.person, r.user) AS user)
      FROM (SELECT *, ${firstKind} AS __kind, ${firstId} AS __id FROM rows) AS r
      LEFT JOIN known AS k ON k.kind = r.__kind AND k.id = r.__id`,
  )
  const largest = await largestUsers(engine)
  for (const table of ['id_sets', 'nodes', 'pairs', 'components', 'people', 'known']) {
    await engine.run(sql`DROP TABLE ${identifier(table)}`)
  }
  return {
    usersBefore,
    usersAfter: await countUsers(engine),
    largest,
    nullLikeRows: Number(nullLikeRows),
  }
}

/** One device that many people use, or a placeholder, would make them one. */
async function assertPlausible(
  engine: Engine,
  keys: readonly string[],
  limit: number,
): Promise<void> {
  const [largest] = await engine.rows<{ root: bigint; n: bigint }>(
    sql`SELECT root, count(*) AS n FROM components GROUP BY root HAVING n > ${limit} ORDER BY n DESC, root LIMIT 1`,
  )
  if (largest === undefined) return
  const glue = await engine.rows<{ kind: number; id: string; partners: bigint }>(sql`
    SELECT n.kind, n.id, count(*) AS partners
    FROM (SELECT a AS node, b AS other FROM pairs UNION SELECT b, a FROM pairs) AS p
    JOIN nodes AS n USING (node) JOIN components AS c USING (node)
    WHERE c.root = ${largest.root}
    GROUP BY ALL ORDER BY partners DESC, kind, id LIMIT ${EXAMPLES_SHOWN}`)
  const named = glue.map(
    ({ kind, id, partners }) => `${keys[kind] ?? ''} "${id}" (with ${partners} others)`,
  )
  throw new SessionizeError(
    'mapping_uncertain',
    `${option('stitch')} would make one user of ${largest.n} ids (limit ${limit}). Most are joined by ${named.join(', ')}.`,
    {
      hint: `Leave such a value out with ${option('where')}, or raise the limit with ${option('stitchLimit')} if they are one person.`,
    },
  )
}

async function largestUsers(engine: Engine): Promise<JoinedUser[]> {
  const rows = await engine.rows<{ user: string; ids: bigint; examples: string[] }>(sql`
    WITH largest AS (
      SELECT root, count(*) AS ids FROM components GROUP BY root HAVING ids > 1 ORDER BY ids DESC, root LIMIT ${LARGEST_SHOWN}
    ), degrees AS (
      SELECT node, count(*) AS degree FROM (SELECT a AS node FROM pairs UNION ALL SELECT b FROM pairs) GROUP BY node
    )
    SELECT p.person AS user, l.ids, list(n.id ORDER BY d.degree DESC, n.node)[1:${EXAMPLES_SHOWN}] AS examples
    FROM largest AS l JOIN people AS p USING (root) JOIN components AS c USING (root)
    JOIN nodes AS n USING (node) LEFT JOIN degrees AS d USING (node)
    GROUP BY ALL ORDER BY l.ids DESC, user`)
  return rows.map(({ user, ids, examples }) => ({ user, ids: Number(ids), examples }))
}

/**
 * Applies Amplitude's merged-id files: each says that `amplitude_id` now belongs to
 * `merged_amplitude_id`, and a chain of merges ends at the id that was never merged itself.
 *
 * @param columns of `rows` that hold Amplitude ids
 */
export async function mergeIds(
  engine: Engine,
  files: readonly SkippedFile[],
  columns: readonly string[],
): Promise<Identity> {
  const usersBefore = await countUsers(engine)
  const readers = files.flatMap(({ path, compression }) =>
    path === undefined
      ? []
      : [
          sql`SELECT amplitude_id AS source, merged_amplitude_id AS target FROM ${readJson(
            [path],
            sql`format = 'newline_delimited', ignore_errors = true, records = true`,
            sql`compression = ${text(compression === undefined || compression === 'none' ? 'uncompressed' : compression)}`,
            sql`columns = {amplitude_id: 'VARCHAR', merged_amplitude_id: 'VARCHAR'}`,
          )}`,
        ],
  )
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE merges AS
    SELECT DISTINCT source, target FROM (${join(readers, ' UNION ALL ')})
    WHERE source IS NOT NULL AND target IS NOT NULL AND source <> target`)
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE nodes AS
    SELECT row_number() OVER (ORDER BY id) AS node, id FROM (SELECT source AS id FROM merges UNION SELECT target FROM merges)`)
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE pairs AS
    SELECT x.node AS a, y.node AS b FROM merges JOIN nodes AS x ON x.id = source JOIN nodes AS y ON y.id = target`)
  await findComponents(engine)
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE people AS
    SELECT root, coalesce(min(id) FILTER (WHERE id NOT IN (SELECT source FROM merges)), min(id)) AS person
    FROM components JOIN nodes USING (node) GROUP BY root`)
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE known AS
    SELECT n.id, p.person FROM nodes AS n JOIN components USING (node) JOIN people AS p USING (root)`)
  for (const column of columns) {
    const id = sql`r.${identifier(column)}`
    await replaceRows(
      engine,
      sql`SELECT r.* REPLACE (coalesce(k.person, ${id}) AS ${identifier(column)}) FROM rows AS r LEFT JOIN known AS k ON k.id = ${id}`,
    )
  }
  const largest = await largestUsers(engine)
  for (const table of ['merges', 'nodes', 'pairs', 'components', 'people', 'known']) {
    await engine.run(sql`DROP TABLE ${identifier(table)}`)
  }
  return { usersBefore, usersAfter: await countUsers(engine), largest, nullLikeRows: 0 }
}

async function replaceRows(engine: Engine, query: Sql): Promise<void> {
  await engine.run(sql`CREATE TEMP TABLE new_rows AS ${query}`)
  await engine.run(raw('DROP TABLE rows'))
  await engine.run(raw('ALTER TABLE new_rows RENAME TO rows'))
}

async function countUsers(engine: Engine): Promise<number> {
  const { n } = await engine.row<{ n: bigint }>(
    sql`SELECT count(DISTINCT user) AS n FROM rows WHERE fate IS NULL`,
  )
  return Number(n)
}
