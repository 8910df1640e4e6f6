import { expect, it } from 'vitest'
import { Engine } from '../../src/engines/duckdb.js'
import { count, numeric, select } from '../../src/figures/figure.js'
import { withRelation } from '../../src/figures/relation.js'
import { Workspace } from '../../src/sources/workspace.js'
import { sql } from '../../src/sql/sql.js'

it('is computed once, apart from others, and gone afterwards', async () => {
  const workspace = Workspace.create()
  const engine = await Engine.open({ tempDirectory: workspace.path() })
  try {
    const names = await withRelation(engine, sql`SELECT random() AS n`, (one) =>
      withRelation(engine, sql`SELECT n FROM ${one} UNION ALL FROM ${one}`, async (two) => {
        const figures = { rows: count(), kinds: numeric(sql`count(DISTINCT n)`) }
        expect(await select(engine, two, figures)).toEqual({ rows: 2, kinds: 1 })
        return [one.text, two.text]
      }),
    )
    expect(new Set(names).size).toBe(2)
    expect(await engine.rows(sql`SELECT table_name FROM duckdb_tables()`)).toEqual([])
  } finally {
    engine.close()
    workspace.close()
  }
})
