/**
 * Events that come like clockwork. A person's pauses vary by more than their median; a timer's do
 * not. Per user and event name the intervals shorter than the gap, which are those that keep a
 * session alive, are judged by a robust coefficient of variation, 0.75 IQR / median: equal to the
 * standard deviation over the mean for normal intervals, and unmoved by the pauses between visits.
 * Arachchige, Prendergast & Staudte (2022), Robust analogs to the coefficient of variation, Journal
 * of Applied Statistics 49(2), 268-290 (RCV_Q).
 */
import type { Engine } from '../../engines/duckdb.js'
import type { SessionDefinition } from '../../sessions/definition.js'
import { rankedGaps } from '../../sessions/timeout.js'
import { type Sql, sql } from '../../sql/sql.js'
import { isPassive } from '../passive.js'
import type { Rhythm } from './background.js'

/** Fewer intervals can be alike by chance. */
export const LEAST_INTERVALS = 20
/** A timer of 30 s that is off by a second or two has 0.05; people's pauses have over 0.5. */
export const COEFFICIENT_THRESHOLD = 0.1
/** Of the users that can be judged: an event that only some bots send evenly is not a timer. */
export const REGULAR_USER_SHARE = 0.5
/** Times rounded to seconds make all short pauses alike, so a period must be well above the rounding. */
const PERIODS_PER_TICK = 10

export interface RhythmicEvent {
  readonly name: string
  readonly rhythm: Rhythm
}

/**
 * One row per user and event name with enough intervals to tell: `intervals`, `period` (their median,
 * in microseconds), `coefficient`, and `resolved`, whether the period is well above the rounding of
 * the times.
 */
export function rhythms(definition: SessionDefinition): Sql {
  const [longestGap = definition.gapMicros] = rankedGaps(definition)
  return sql`
    WITH frequent AS (
      SELECT user, name FROM events
      WHERE name IS NOT NULL AND NOT ${isPassive(definition)}
      GROUP BY user, name HAVING count(*) > ${LEAST_INTERVALS}
    ),
    pauses AS (
      SELECT user, name, t, t - lag(t) OVER (PARTITION BY user, name ORDER BY t) AS pause
      FROM events SEMI JOIN frequent USING (user, name)
    ),
    ticks AS (
      SELECT name, CASE
        WHEN bool_and(t % 60000000 = 0) THEN 60000000
        WHEN bool_and(t % 1000000 = 0) THEN 1000000
        WHEN bool_and(t % 1000 = 0) THEN 1000
        ELSE 1 END AS tick
      FROM pauses GROUP BY name
    ),
    spread AS (
      SELECT user, name, count(*) AS intervals, quantile_cont(pause, [0.25, 0.5, 0.75]) AS quartiles
      FROM pauses WHERE pause > 0 AND pause <= ${longestGap}
      GROUP BY user, name HAVING count(*) >= ${LEAST_INTERVALS}
    )
    SELECT user, name, intervals, quartiles[2] AS period,
      0.75 * (quartiles[3] - quartiles[1]) / quartiles[2] AS coefficient,
      period >= ${PERIODS_PER_TICK} * tick AS resolved
    FROM spread JOIN ticks USING (name)`
}

/** Event names with a rhythm, those of the most users first. */
export async function rhythmicEvents(
  engine: Engine,
  definition: SessionDefinition,
): Promise<RhythmicEvent[]> {
  const rows = await engine.rows<{
    name: string
    measured: bigint
    regular: bigint
    period: number
    coefficient: number
  }>(sql`
    SELECT name, count(*) AS measured, count(*) FILTER (WHERE regular) AS regular,
      quantile_cont(period, 0.5) FILTER (WHERE regular) AS period,
      quantile_cont(coefficient, 0.5) FILTER (WHERE regular) AS coefficient
    FROM (
      SELECT *, coefficient <= ${COEFFICIENT_THRESHOLD} AND resolved AS regular
      FROM (${rhythms(definition)})
    )
    GROUP BY name
    HAVING regular >= ${REGULAR_USER_SHARE} * measured AND regular > 0
    ORDER BY regular DESC, name`)
  return rows.map(({ name, measured, regular, period, coefficient }) => ({
    name,
    rhythm: {
      measuredUsers: Number(measured),
      regularUsers: Number(regular),
      periodSeconds: period / 1e6,
      coefficient,
    },
  }))
}
