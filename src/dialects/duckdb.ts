import { PLAIN, type Stage, sql, text } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import type { Dialect } from './dialect.js'
import { standard } from './standard.js'

/**
 * The parts of a session by pointer jumping: each round doubles how far every event sees ahead, so
 * that n parts take log2(n) rounds (Wyllie, The Complexity of Parallel Computations, 1979).
 */
const JUMPS: Stage = {
  name: 'sz_jumps',
  comment: 'The same with twice the reach in each round, and whether each was seen to open a part.',
  recursive: ['node', 'next', 'opens'],
  body: sql`SELECT node, next, nth = 0 AS opens FROM sz_successors
UNION ALL
SELECT here.node, there.next, here.opens OR reached.node IS NOT NULL
FROM sz_jumps AS here
LEFT JOIN sz_jumps AS there ON there.node = here.next
LEFT JOIN (SELECT DISTINCT next AS node FROM sz_jumps WHERE opens) AS reached ON reached.node = here.node
WHERE (SELECT bool_or(opens AND next IS NOT NULL) FROM sz_jumps)`,
}

const OPENERS: Stage = {
  name: 'sz_openers',
  comment: 'The events that open a part.',
  body: sql`SELECT DISTINCT node FROM sz_jumps WHERE opens`,
}

export const duckdb: Dialect = {
  ...standard,
  ...PLAIN,
  name: 'duckdb',
  quotient: (a, b) => sql`((${a}) // ${b})`,
  remainder: (a, b) => sql`((${a}) % ${b})`,
  shiftRight: (value, bits) => sql`((${value}) >> ${bits})`,
  lowBits: (value, bits) => sql`((${value}) & ${2 ** bits - 1})`,
  wide: (value) => sql`CAST(${value} AS HUGEINT)`,
  instant: (micros) => sql`make_timestamptz(${micros})`,
  epochMicros: (instant) => sql`epoch_us(${instant})`,
  localDay: (t, zone) =>
    sql`datediff('day', DATE '1970-01-01', CAST(timezone(${text(zone)}, make_timestamptz(${t} - ${YEAR_ONE_MICROS})) AS DATE))`,
  double: (value) => sql`CAST(${value} AS DOUBLE)`,
  lastKnown: (value, { partition, order }, through) =>
    through === 'here'
      ? sql`last_value(${value} IGNORE NULLS) OVER (PARTITION BY ${partition} ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
      : sql`lag(${value} IGNORE NULLS) OVER (PARTITION BY ${partition} ORDER BY ${order})`,
  collect: (value) =>
    sql`list_sort(coalesce(list(DISTINCT ${value}) FILTER (WHERE ${value} IS NOT NULL), []))`,
  single: (value) => sql`CASE WHEN ${value} IS NULL THEN [] ELSE [${value}] END`,
  merge: (set) => sql`list_sort(list_distinct(flatten(list(${set}))))`,
  size: (set) => sql`len(${set})`,
  sorted: (set) => set,
  quantile: (value, share) => ({ value: sql`quantile_cont(${value}, ${share})`, exact: true }),
  openers: () => [JUMPS, OPENERS],
}
