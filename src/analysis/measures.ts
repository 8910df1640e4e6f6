/**
 * Figures that a user may name in a condition (`--having`, and `users --where`), as aggregates over
 * the rows of `sessions`. Lengths are in seconds.
 */
import { asTimestamp } from '../events/clock.js'
import { raw, type Sql, sql } from '../sql/sql.js'

export interface Measure {
  readonly name: string
  /** A text compared with it is a length of time (`'5m'`). */
  readonly duration: boolean
  readonly type: 'BIGINT' | 'DOUBLE' | 'TIMESTAMPTZ'
  readonly aggregate: Sql
  /** Of a quantile of the length. */
  readonly share?: number
}

const count = (name: string, aggregate: Sql): Measure => ({
  name,
  duration: false,
  type: 'BIGINT',
  aggregate,
})
const ratio = (name: string, aggregate: Sql): Measure => ({
  name,
  duration: false,
  type: 'DOUBLE',
  aggregate,
})
const length = (name: string, aggregate: Sql): Measure => ({
  name,
  duration: true,
  type: 'DOUBLE',
  aggregate,
})
const time = (name: string, micros: Sql): Measure => ({
  name,
  duration: false,
  type: 'TIMESTAMPTZ',
  aggregate: asTimestamp(micros),
})

const total = sql`CAST(coalesce(sum(length), 0) AS DOUBLE)`

const MEASURES: readonly Measure[] = [
  count('sessions', raw('count(*)')),
  count('users', raw('count(DISTINCT user)')),
  count('events', raw('CAST(coalesce(sum(events), 0) AS BIGINT)')),
  count('bounces', raw('count(*) FILTER (WHERE bounce)')),
  ratio('bounce_share', raw('count(*) FILTER (WHERE bounce) / count(*)')),
  ratio('events_per_session', raw('CAST(sum(events) AS DOUBLE) / count(*)')),
  ratio('sessions_per_user', raw('count(*) / count(DISTINCT user)')),
  length('total_length', sql`${total} / 1e6`),
  length('mean_length', sql`${total} / count(*) / 1e6`),
  length('min_length', raw('min(length) / 1e6')),
  length('max_length', raw('max(length) / 1e6')),
  time('first_start', raw('min(start)')),
  time('last_start', raw('max(start)')),
  time('last_end', raw('max("end")')),
]

/** Examples of the quantiles, of which any can be named: `p90_length`, `p99.9_length`. */
const QUANTILE_EXAMPLES = ['p50_length', 'p75_length', 'p90_length', 'p95_length', 'p99_length']

export const MEASURE_NAMES: readonly string[] = [
  ...MEASURES.map(({ name }) => name),
  ...QUANTILE_EXAMPLES,
]

/** Undefined when there is no figure of that name. */
export function findMeasure(written: string): Measure | undefined {
  const name = written.toLowerCase()
  const known = MEASURES.find((measure) => measure.name === name)
  if (known !== undefined) return known
  const percent = Number(/^p(\d{1,2}(?:\.\d+)?)_length$/.exec(name)?.[1] ?? Number.NaN)
  if (!Number.isFinite(percent)) return undefined
  const share = percent / 100
  return { ...length(name, sql`quantile_cont(length, ${share}) / 1e6`), share }
}
