/** Users chosen by figures over their sessions, for a list or a cohort upload. */
import type { Engine } from '../engines/duckdb.js'
import { option } from '../errors/option.js'
import { asTimestamp } from '../events/clock.js'
import type { Ledger } from '../events/ledger.js'
import { count, countDistinct, select } from '../figures/figure.js'
import { measureSessions, planSessions, settleLedger } from '../sessions/build.js'
import type { Events } from '../sessions/dataset.js'
import type { SessionDefinition } from '../sessions/definition.js'
import type { BlockPlan } from '../sessions/plan.js'
import { identifier, join, raw, type Sql, sql } from '../sql/sql.js'
import { parseFigureCondition } from './figure-condition.js'
import { rankedLengths, rankedQuantile } from './group-quantile.js'

export interface CohortOptions {
  readonly definition: SessionDefinition
  /** On figures over the sessions of one user: `sessions >= 3 and p90_length > '5m'`. */
  readonly where?: string
  readonly plan?: BlockPlan
}

export interface Cohort {
  readonly ledger: Ledger
  readonly users: number
  /** Of so many. */
  readonly ofUsers: number
  /** `user`, in order. */
  readonly ids: Sql
  /** `user` and figures over the sessions of each, in order of the user. */
  readonly figures: Sql
}

/** One of `Cohort.figures`; lengths are in seconds, times are instants. */
const COLUMNS: readonly (readonly [name: string, aggregate: Sql])[] = [
  ['sessions', raw('count(*)')],
  ['events', raw('CAST(sum(events) AS BIGINT)')],
  ['bounces', raw('count(*) FILTER (WHERE bounce)')],
  ['total_seconds', raw('CAST(sum(length) AS DOUBLE) / 1e6')],
  ['mean_seconds', raw('CAST(sum(length) AS DOUBLE) / count(*) / 1e6')],
  ['p50_seconds', sql`${rankedQuantile(0.5)} / 1e6`],
  ['p90_seconds', sql`${rankedQuantile(0.9)} / 1e6`],
  ['max_seconds', raw('max(length) / 1e6')],
  ['first_start', asTimestamp(raw('min(start)'))],
  ['last_end', asTimestamp(raw('max("end")'))],
]

/** Creates the table `cohort`; the queries are good for as long as the engine is open. */
export async function cohort(
  engine: Engine,
  events: Events,
  options: CohortOptions,
): Promise<Cohort> {
  const condition =
    options.where === undefined
      ? undefined
      : await parseFigureCondition(engine, options.where, option('where'))
  const request = await planSessions(engine, events, {
    definition: options.definition,
    dimensions: [],
    properties: [],
    ...(options.plan === undefined ? {} : { plan: options.plan }),
  })
  await measureSessions(engine, request)
  const measures = (condition?.measures ?? []).map(
    ({ name, aggregate, share }) =>
      sql`, ${share === undefined ? aggregate : sql`${rankedQuantile(share)} / 1e6`} AS ${identifier(name)}`,
  )
  const needsRanks = condition?.measures.some(({ share }) => share !== undefined) === true
  const sessions = needsRanks ? rankedLengths(sql`sessions`, 'user') : sql`sessions`
  // The user's own column must not be mistaken for one that a condition names.
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE cohort AS
    SELECT user FROM (SELECT user${join(measures, '')} FROM ${sessions} GROUP BY user)
    ${condition === undefined ? sql`` : sql`WHERE (${condition.expression})`}`)
  const columns = COLUMNS.map(([name, aggregate]) => sql`${aggregate} AS ${identifier(name)}`)
  return {
    ledger: await settleLedger(engine, events, request),
    ...(await select(engine, sql`cohort`, { users: count() })),
    ...(await select(engine, sql`sessions`, { ofUsers: countDistinct(sql`user`) })),
    ids: sql`SELECT user FROM cohort ORDER BY user`,
    figures: sql`SELECT user, ${join(columns)} FROM ${rankedLengths(sql`(FROM sessions SEMI JOIN cohort USING (user))`, 'user')} GROUP BY user ORDER BY user`,
  }
}
