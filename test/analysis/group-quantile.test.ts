/** The quantile that can be written to disk is the engine's own, bit by bit. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rankedLengths, rankedQuantile } from '../../src/analysis/group-quantile.js'
import { Engine } from '../../src/engines/duckdb.js'
import { sql } from '../../src/sql/sql.js'

let engine: Engine
beforeAll(async () => {
  engine = await Engine.open({ tempDirectory: '.' })
  // Groups of one and of many, of ties, of zeros only, and of lengths up to years.
  await engine.run(sql`
    CREATE TEMP TABLE lengths AS
    SELECT CAST(sqrt(range) AS BIGINT) AS user,
      CAST(CASE WHEN hash(range) % 3 = 0 THEN 0 WHEN range < 500 THEN 7 ELSE hash(range * 31) % 100000000000000 END AS BIGINT) AS length
    FROM range(40000)`)
})
afterAll(() => engine.close())

test.each([0, 0.01, 0.25, 0.37, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9990000000000001])(
  '%d',
  async (share) => {
    const { groups, different } = await engine.row<{ groups: bigint; different: bigint }>(sql`
      SELECT count(*) AS groups, count(*) FILTER (WHERE own IS DISTINCT FROM theirs) AS different
      FROM (SELECT user, ${rankedQuantile(share)} AS own FROM ${rankedLengths(sql`lengths`, 'user')} GROUP BY user)
      JOIN (SELECT user, quantile_cont(length, ${share}) AS theirs FROM lengths GROUP BY user) USING (user)`)
    expect({ groups, different }).toEqual({ groups: 201n, different: 0n })
  },
)
