import { type Sql, sql, text } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import type { Dialect } from './dialect.js'
import { standard, walkedStages } from './standard.js'

/** Pointer jumping within each long session: recursion would end after ten rounds. */
const WALKED = sql`SELECT base, reduce(
  sequence(1, CAST(ceil(log2(cardinality(jump) + 1)) AS BIGINT)),
  CAST(ROW(jump, ARRAY[0]) AS ROW(jump ARRAY(BIGINT), found ARRAY(BIGINT))),
  (walk, round) -> CAST(ROW(
    transform(walk.jump, nth -> element_at(walk.jump, nth + 1)),
    array_union(walk.found, filter(transform(walk.found, nth -> element_at(walk.jump, nth + 1)), nth -> nth IS NOT NULL))
  ) AS ROW(jump ARRAY(BIGINT), found ARRAY(BIGINT))),
  walk -> walk.found
) AS found
FROM (
  SELECT base, array_agg(next - base ORDER BY nth) AS jump
  FROM sz_successors
  GROUP BY base
) AS lined_up`

const OPENERS = sql`SELECT sz_walked.base + unfolded.nth AS node
FROM sz_walked
CROSS JOIN UNNEST(sz_walked.found) AS unfolded (nth)`

const EMPTY = sql`CAST(ARRAY[] AS ARRAY(VARCHAR))`

const instant = (micros: Sql): Sql =>
  sql`CAST(from_unixtime_nanos(CAST(${micros} AS DECIMAL(38, 0)) * 1000) AS TIMESTAMP(6) WITH TIME ZONE)`

/** Trino. */
export const trino: Dialect = {
  ...standard,
  name: 'trino',
  md5: (value) => sql`lower(to_hex(md5(to_utf8(${value}))))`,
  double: (value) => sql`CAST(${value} AS DOUBLE)`,
  instant,
  // A double holds the seconds to the microsecond until the year 2106.
  epochMicros: (value) =>
    sql`CAST(round(to_unixtime(CAST(${value} AS TIMESTAMP(6) WITH TIME ZONE)) * 1e6) AS BIGINT)`,
  localDay: (t, zone) =>
    sql`date_diff('day', DATE '1970-01-01', CAST(at_timezone(${instant(sql`${t} - ${YEAR_ONE_MICROS}`)}, ${text(zone)}) AS DATE))`,
  collect: (value) =>
    sql`coalesce(array_agg(DISTINCT ${value}) FILTER (WHERE ${value} IS NOT NULL), ${EMPTY})`,
  single: (value) => sql`CASE WHEN ${value} IS NULL THEN ${EMPTY} ELSE ARRAY[${value}] END`,
  merge: (set) => sql`array_distinct(flatten(array_agg(${set})))`,
  size: (set) => sql`cardinality(${set})`,
  sorted: (set) => sql`array_sort(${set})`,
  advice: () => ["Times without a zone are read in the session's: SET TIME ZONE 'UTC' first."],
  openers: () => walkedStages(WALKED, OPENERS),
  quantile: (value, share) => ({
    value: sql`approx_percentile(${value}, ${share})`,
    exact: false,
  }),
}
