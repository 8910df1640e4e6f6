import { sql } from '../../sql/sql.js'
import { EXAMPLES_SHOWN } from '../rule.js'
import type { Relation } from './relation.js'

export const rejected: Relation = {
  comment: 'the first rejected rows per reason: file, row, reason, value',
  body({ events }) {
    const all = events.rejectsQuery()
    return all === undefined
      ? sql`SELECT '' AS file, 0::BIGINT AS row, '' AS reason, '' AS value WHERE false`
      : sql`SELECT file, row, reason, value FROM (${all})
            QUALIFY row_number() OVER (PARTITION BY reason ORDER BY file, row) <= ${EXAMPLES_SHOWN}`
  },
}
