/** What most engines share, as the SQL standard has it where it has it. */
import { PLAIN, type Sql, type Stage, sql } from '../sql/sql.js'
import type { Dialect, Ordered } from './dialect.js'

/**
 * The parts of a session one after another: each round of the recursion takes every long session
 * one part further.
 */
const OPENERS: Stage = {
  name: 'sz_openers',
  comment: 'The events that open a part, each found from the one before it.',
  recursive: ['node'],
  body: sql`SELECT node FROM sz_successors WHERE nth = 0
UNION ALL
SELECT here.next FROM sz_openers JOIN sz_successors AS here ON here.node = sz_openers.node
WHERE here.next IS NOT NULL`,
}

/**
 * The same by pointer jumping within arrays, for engines whose recursion is short or dear.
 *
 * @param walked `base` and `found`: the positions in each long session of its events that open a part
 * @param openers `node`, from `walked`
 */
export const walkedStages = (walked: Sql, openers: Sql): Stage[] => [
  {
    name: 'sz_walked',
    comment: 'One row per long session, with the positions of its events that open a part.',
    body: walked,
  },
  { name: 'sz_openers', comment: 'The events that open a part.', body: openers },
]

/** The window over all rows of a partition up to the current one, or to the one before it. */
export const upTo = ({ partition, order }: Ordered, through: 'here' | 'before'): Sql =>
  sql`OVER (PARTITION BY ${partition} ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND ${through === 'here' ? sql`CURRENT ROW` : sql`1 PRECEDING`})`

/** What every dialect has to say for itself is left out. */
export const standard: Omit<
  Dialect,
  | 'name'
  | 'instant'
  | 'epochMicros'
  | 'localDay'
  | 'collect'
  | 'single'
  | 'merge'
  | 'size'
  | 'sorted'
  | 'quantile'
> = {
  ...PLAIN,
  materialized: '',
  decimal: (value) => `TRY_CAST(${value} AS DECIMAL(28, 6))`,
  quotient: (a, b) => sql`((${a}) / ${b})`,
  remainder: (a, b) => sql`mod(${a}, ${b})`,
  shiftRight(value, bits) {
    return this.quotient(value, 2 ** bits)
  },
  lowBits(value, bits) {
    return this.remainder(value, 2 ** bits)
  },
  wide: (value) => sql`CAST(${value} AS DECIMAL(38, 0))`,
  integer: (value) => sql`CAST(${value} AS BIGINT)`,
  count: (condition) =>
    condition === undefined ? sql`count(*)` : sql`count(CASE WHEN ${condition} THEN 1 END)`,
  md5: (value) => sql`md5(${value})`,
  asText: (value) => sql`CAST(${value} AS VARCHAR)`,
  bytewise: (value) => value,
  double: (value) => sql`CAST(${value} AS DOUBLE PRECISION)`,
  lastKnown: (value, over, through) =>
    sql`last_value(${value}) IGNORE NULLS ${upTo(over, through)}`,
  longRanges: true,
  sharesStages: true,
  openers: () => [OPENERS],
  advice: () => [],
  statement: (query) => query,
}
