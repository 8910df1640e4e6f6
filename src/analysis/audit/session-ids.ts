/** Recorded ids that are not what a session id should be. */
import type { Engine } from '../../engines/duckdb.js'
import { YEAR_ONE_MICROS } from '../../events/clock.js'
import type { Events } from '../../sessions/dataset.js'
import { type Sql, sql } from '../../sql/sql.js'
import { ratio } from '../exact.js'
import type { IdChecks, IdFinding, StartTimeFinding } from './audit.js'

/** Clocks of one device agree with themselves: more than a second is not rounding. */
const START_TOLERANCE_MILLIS = 1_000
/** Ids are times in milliseconds where nearly all of them fall between 1973 and 2286. */
const TIME_LIKE_SHARE = 0.9
const EXAMPLES = 3

/** Over `recorded_sessions`. */
export async function checkIds(engine: Engine, events: Events): Promise<IdChecks> {
  const { sessions, ids } = await engine.row<{ sessions: bigint; ids: bigint }>(
    sql`SELECT count(*) AS sessions, count(DISTINCT session) AS ids FROM recorded_sessions`,
  )
  const all = Number(sessions)
  return {
    sessions: all,
    equalToUser: await finding(
      engine,
      all,
      sql`SELECT session, uid, CAST(NULL AS DOUBLE) AS value FROM recorded_sessions WHERE session = user`,
    ),
    underSeveralUsers: await finding(
      engine,
      Number(ids),
      sql`SELECT session, min(uid) AS uid, CAST(count(*) AS DOUBLE) AS value FROM recorded_sessions GROUP BY session HAVING count(*) > 1`,
    ),
    notStartTime: await checkStartTimes(engine, events),
    overlapping: await finding(
      engine,
      all,
      sql`SELECT session, uid, (least("end", reached) - start) / 1e6 AS value
        FROM (
          SELECT *, max("end") OVER (PARTITION BY uid ORDER BY recorded ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
          FROM recorded_sessions
        )
        WHERE start < reached`,
    ),
  }
}

interface Found {
  readonly session: string
  readonly user: string
  readonly value: number | null
}

/** `found` has `session`, `uid` and `value`, whose largest make the examples. */
async function finding(engine: Engine, checked: number, found: Sql): Promise<IdFinding> {
  // Users are numbered in their order.
  const rows = await engine.rows<Found>(sql`
    WITH shown AS (
      SELECT *, abs(value) AS size FROM (${found}) ORDER BY size DESC NULLS LAST, uid, session LIMIT ${EXAMPLES}
    )
    SELECT session, user, value
    FROM shown JOIN (SELECT uid, any_value(user) AS user FROM recorded_sessions SEMI JOIN shown USING (uid) GROUP BY uid) USING (uid)
    ORDER BY size DESC NULLS LAST, uid, session`)
  const counted = await engine.row<{ n: bigint }>(sql`SELECT count(*) AS n FROM (${found})`)
  const n = Number(counted.n)
  return {
    checked,
    found: n,
    share: ratio(n, checked),
    examples: rows.map(({ session, user, value }) => ({ recordedSession: session, user, value })),
  }
}

async function checkStartTimes(engine: Engine, events: Events): Promise<StartTimeFinding | null> {
  const timed = sql`
    SELECT session, uid, millis, millis - (start - ${YEAR_ONE_MICROS}) / 1000 AS off
    FROM (SELECT *, TRY_CAST(session AS BIGINT) AS millis FROM recorded_sessions)
    WHERE millis BETWEEN 100000000000 AND 9999999999999`
  const { checked, all } = await engine.row<{ checked: bigint; all: bigint }>(
    sql`SELECT count(*) AS checked, (SELECT count(*) FROM recorded_sessions) AS all FROM (${timed})`,
  )
  if (checked === 0n || Number(checked) < TIME_LIKE_SHARE * Number(all)) return null
  // A session that began before the data does has an id before its first event, as it should.
  const dataStart = ((events.firstMicros ?? 0n) - YEAR_ONE_MICROS) / 1000n
  const wrong = sql`
    SELECT session, uid, off / 1000 AS value FROM (${timed})
    WHERE off > ${START_TOLERANCE_MILLIS} OR (off < ${-START_TOLERANCE_MILLIS} AND millis >= ${dataStart})`
  const split = await engine.row<{ later: bigint; earlier: bigint; median: number | null }>(sql`
    SELECT count(*) FILTER (WHERE value > 0) AS later, count(*) FILTER (WHERE value < 0) AS earlier,
      quantile_cont(value, 0.5) AS median
    FROM (${wrong})`)
  return {
    ...(await finding(engine, Number(checked), wrong)),
    toleranceSeconds: START_TOLERANCE_MILLIS / 1_000,
    later: Number(split.later),
    earlier: Number(split.earlier),
    medianSeconds: split.median,
  }
}
