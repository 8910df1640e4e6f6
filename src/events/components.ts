/**
 * Connected components in set operations, so that they spill like any query and come out the same
 * in every run. Each round every node hooks onto its smallest smaller neighbour, pointers jump until
 * all point at roots, and the pairs are contracted to roots: at most half of the roots of a
 * component are left after a round (cf. Shiloach and Vishkin, An O(log n) parallel connectivity
 * algorithm, 1982).
 */
import type { Engine } from '../engines/duckdb.js'
import { identifier, sql } from '../sql/sql.js'

/**
 * From tables `nodes(node)` and `pairs(a, b)` with integer nodes: creates `components(node, root)`,
 * where a root is the smallest node of its component. `pairs` is left as it is.
 */
export async function findComponents(engine: Engine): Promise<void> {
  await engine.run(
    sql`CREATE OR REPLACE TEMP TABLE components AS SELECT node, node AS root FROM nodes`,
  )
  await engine.run(
    sql`CREATE OR REPLACE TEMP TABLE open_pairs AS SELECT DISTINCT least(a, b) AS a, greatest(a, b) AS b FROM pairs WHERE a <> b`,
  )
  while (await holdsRows(engine, 'open_pairs')) {
    await engine.run(
      sql`CREATE OR REPLACE TEMP TABLE hooks AS SELECT b AS node, min(a) AS onto FROM open_pairs GROUP BY b`,
    )
    await jump(engine)
    await engine.run(sql`
      CREATE OR REPLACE TEMP TABLE components AS
      SELECT c.node, coalesce(h.onto, c.root) AS root FROM components AS c LEFT JOIN hooks AS h ON h.node = c.root`)
    await engine.run(sql`
      CREATE OR REPLACE TEMP TABLE open_pairs AS
      SELECT DISTINCT least(a, b) AS a, greatest(a, b) AS b FROM (
        SELECT coalesce(x.onto, p.a) AS a, coalesce(y.onto, p.b) AS b
        FROM open_pairs AS p LEFT JOIN hooks AS x ON x.node = p.a LEFT JOIN hooks AS y ON y.node = p.b
      ) WHERE a <> b`)
  }
  await engine.run(sql`DROP TABLE open_pairs`)
  await engine.run(sql`DROP TABLE IF EXISTS hooks`)
}

/** Hooks point at smaller nodes only, so that following them ends at a node without a hook. */
async function jump(engine: Engine): Promise<void> {
  for (;;) {
    const { n } = await engine.row<{ n: bigint }>(
      sql`SELECT count(*) AS n FROM hooks AS h JOIN hooks AS further ON further.node = h.onto`,
    )
    if (n === 0n) return
    await engine.run(sql`
      CREATE OR REPLACE TEMP TABLE hooks AS
      SELECT h.node, coalesce(further.onto, h.onto) AS onto FROM hooks AS h LEFT JOIN hooks AS further ON further.node = h.onto`)
  }
}

async function holdsRows(engine: Engine, table: 'open_pairs'): Promise<boolean> {
  const { n } = await engine.row<{ n: bigint }>(
    sql`SELECT count(*) AS n FROM (SELECT 1 FROM ${identifier(table)} LIMIT 1)`,
  )
  return n > 0n
}
