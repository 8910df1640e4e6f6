/** The figures of the summary as one query: of all sessions, or of each value of the dimensions. */
import type { Dialect } from '../dialects/dialect.js'
import { allStages, sessionPlan } from '../sessions/compile.js'
import type { SessionRequest } from '../sessions/request.js'
import { identifier, join, raw, type Sql, sql, withStages } from '../sql/sql.js'

const SHARES = [0.5, 0.9, 0.95, 0.99]

/**
 * Columns: the dimensions, `sessions`, `users`, `events`, `bounces`, `bounce_rate`, `mean_seconds`,
 * quantiles `p50_seconds` and so on, `max_seconds`, and the mean and median without bounces.
 * A quantile that the engine can only estimate is called `p50_seconds_estimate`.
 */
export function compileSummary(request: SessionRequest, dialect: Dialect): Sql {
  const dimensions = request.dimensions.map(({ name }) => name)
  const plan = sessionPlan(request, dimensions)
  const segments = plan.attributes.map(({ as }) => identifier(as))
  const length = sql`("end" - "start")`
  const longer = sql`CASE WHEN NOT bounce THEN ${length} END`
  const seconds = (micros: Sql): Sql => sql`${dialect.double(micros)} / 1000000`
  const mean = (value: Sql): Sql => sql`${seconds(sql`sum(${value})`)} / nullif(count(${value}), 0)`
  const quantile = (value: Sql, share: number, name: string): Sql => {
    const { value: micros, exact } = dialect.quantile(value, share)
    return sql`${seconds(micros)} AS ${raw(exact ? name : `${name}_estimate`)}`
  }
  const columns = [
    ...plan.attributes.map(({ as, name }) => sql`${identifier(as)} AS ${identifier(name)}`),
    sql`${dialect.count()} AS sessions`,
    sql`count(DISTINCT "user") AS users`,
    sql`${dialect.integer(sql`sum(events)`)} AS events`,
    sql`${dialect.count(raw('bounce'))} AS bounces`,
    sql`${dialect.double(dialect.count(raw('bounce')))} / nullif(count(*), 0) AS bounce_rate`,
    sql`${mean(length)} AS mean_seconds`,
    ...SHARES.map((share) => quantile(length, share, `p${Math.round(share * 100)}_seconds`)),
    sql`${seconds(sql`max(${length})`)} AS max_seconds`,
    sql`${mean(longer)} AS mean_seconds_without_bounces`,
    quantile(longer, 0.5, 'p50_seconds_without_bounces'),
  ]
  const grouped =
    segments.length === 0
      ? sql``
      : sql`\nGROUP BY ${join(segments)}\nORDER BY sessions DESC, ${join(segments.map((segment) => sql`${segment} NULLS FIRST`))}`
  return withStages(
    allStages(request, plan, dialect),
    sql`SELECT ${join(columns, ',\n  ')}\nFROM sz_sessions${grouped}`,
  )
}

/** Whether the summary's quantiles are estimates in this dialect. */
export const estimatesQuantiles = (dialect: Dialect): boolean =>
  !dialect.quantile(sql`0`, 0.5).exact
