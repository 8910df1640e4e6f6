import { sql, text } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import type { Dialect } from './dialect.js'
import { standard, walkedStages } from './standard.js'

const quoted = (value: string): string =>
  `'${value.replaceAll(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`

/**
 * Pointer jumping within each long session: its events as an array of who comes `next`. Spark's own
 * recursion makes a plan per round and ends after a hundred.
 */
const WALKED = sql`SELECT base, aggregate(
  sequence(1, CAST(ceil(log2(size(jump) + 1)) AS INT)),
  named_struct('jump', jump, 'found', array(0)),
  (walk, round) -> named_struct(
    'jump', transform(walk.jump, nth -> walk.jump[nth]),
    'found', array_union(walk.found, array_compact(transform(walk.found, nth -> walk.jump[nth])))
  ),
  walk -> walk.found
) AS found
FROM (
  SELECT base, transform(array_sort(collect_list(struct(nth, CAST(next - base AS INT) AS next))), event -> event.next) AS jump
  FROM sz_successors
  GROUP BY base
) AS lined_up`

const OPENERS = sql`SELECT base + nth AS node
FROM (SELECT base, explode(found) AS nth FROM sz_walked) AS unfolded`

/**
 * Spark SQL from 3.5 on. The session must be in UTC (`spark.sql.session.timeZone`); quoting is that of
 * Spark's defaults, under which double quotes are text.
 */
export const spark: Dialect = {
  ...standard,
  name: 'spark',
  identifier: (name) => `\`${name.replaceAll('`', '``')}\``,
  text: quoted,
  like: (value, pattern) =>
    `${value} LIKE ${quoted(pattern.replaceAll(/[!%_]/g, '!$&').replaceAll('*', '%'))} ESCAPE '!'`,
  small: (relations) =>
    relations.length === 0 ? '' : `/*+ BROADCAST(${relations.join(', ')}) */ `,
  // It would read the events again for each, unless it happens to see that the plans are the same.
  sharesStages: false,
  quotient: (a, b) => sql`((${a}) div ${b})`,
  remainder: (a, b) => sql`((${a}) % ${b})`,
  asText: (value) => sql`CAST(${value} AS STRING)`,
  double: (value) => sql`CAST(${value} AS DOUBLE)`,
  instant: (micros) => sql`timestamp_micros(${micros})`,
  epochMicros: (instant) => sql`unix_micros(${instant})`,
  localDay: (t, zone) =>
    sql`CAST(unix_date(CAST(from_utc_timestamp(timestamp_micros(${t} - ${YEAR_ONE_MICROS}), ${text(zone)}) AS DATE)) AS BIGINT)`,
  collect: (value) => sql`collect_set(${value})`,
  single: (value) => sql`array_compact(array(${value}))`,
  merge: (set) => sql`array_distinct(flatten(collect_list(${set})))`,
  size: (set) => sql`CAST(size(${set}) AS BIGINT)`,
  quantile: (value, share) => ({ value: sql`percentile(${value}, ${share})`, exact: true }),
  sorted: (set) => sql`array_sort(${set})`,
  advice: () => ['Run it with spark.sql.session.timeZone = UTC.'],
  openers: () => walkedStages(WALKED, OPENERS),
}
