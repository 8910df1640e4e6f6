/** Each figure over rows, over none, and of a row that nothing was joined to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engines/duckdb.js'
import {
  columnsOf,
  count,
  countDistinct,
  type Figure,
  list,
  max,
  numeric,
  quantiles,
  readFigures,
  select,
  sum,
} from '../../src/figures/figure.js'
import { Workspace } from '../../src/sources/workspace.js'
import { sql } from '../../src/sql/sql.js'

const workspace = Workspace.create()
let engine: Engine
beforeAll(async () => {
  engine = await Engine.open({ tempDirectory: workspace.path() })
  await engine.run(
    sql`CREATE TABLE rows AS FROM (VALUES ('a', 1), ('a', 4), ('b', 9007199254740)) AS t(who, n)`,
  )
})
afterAll(() => {
  engine.close()
  workspace.close()
})

const FIGURES: readonly (readonly [string, Figure<unknown>, unknown, unknown])[] = [
  ['count', count(), 3, 0],
  ['count where', count(sql`n > 1`), 2, 0],
  ['distinct', countDistinct(sql`who`), 2, 0],
  ['sum', sum(sql`n`), 9_007_199_254_745, 0],
  ['sum where', sum(sql`n`, sql`who = 'a'`), 5, 0],
  ['sum of none of them', sum(sql`n`, sql`who = 'c'`), 0, 0],
  ['largest', max(sql`n`), 9_007_199_254_740, null],
  ['any other', numeric(sql`avg(n) FILTER (WHERE who = 'a')`), 2.5, null],
  ['quantiles', quantiles(sql`n`, [0, 0.5, 1]), [1, 4, 9_007_199_254_740], [null, null, null]],
  ['quantiles where', quantiles(sql`n`, [0.5], sql`who = 'a'`), [2.5], [null]],
  ['list', list([count(sql`n > 1`), count(sql`n > 9`)]), [2, 1], [0, 0]],
]

describe.each(FIGURES)('%s', (_, figure, ofAll, ofNone) => {
  it('of rows', async () => {
    expect(await select(engine, sql`rows`, { figure })).toEqual({ figure: ofAll })
  })

  it('of no rows', async () => {
    expect(await select(engine, sql`rows WHERE false`, { figure })).toEqual({ figure: ofNone })
  })

  it('of a row that nothing was joined to', async () => {
    const row = await engine.row(sql`
      SELECT found.* FROM (SELECT 'c' AS who)
      LEFT JOIN (SELECT who, ${columnsOf({ figure })} FROM rows GROUP BY who) AS found USING (who)`)
    expect(readFigures(row, { figure })).toEqual({ figure: ofNone })
  })
})

it('is no text', async () => {
  const figures = { name: numeric(sql`min(who)`) }
  await expect(select(engine, sql`rows`, figures)).rejects.toThrow('a figure is string')
})
