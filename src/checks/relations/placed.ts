import { raw, sql } from '../../sql/sql.js'
import type { Relation } from './relation.js'

/**
 * The engine keeps the order of its input, so that the position in `rows` less that of the file's
 * first row is the record's number.
 */
export const placed: Relation = {
  comment: 'the rows of the input with their position among all rows',
  view: true,
  async body({ engine }) {
    const { tables } = await engine.row<{ tables: bigint }>(
      sql`SELECT count(*) AS tables FROM duckdb_tables() WHERE table_name = 'rows' AND temporary`,
    )
    const ordinal = tables > 0n ? raw('rowid') : raw('row_number() OVER ()')
    return sql`SELECT *, ${ordinal} AS ordinal FROM rows`
  },
}
