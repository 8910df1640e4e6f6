/** Recorded ids that are not what a session id should be. */
import type { Engine } from '../../engines/duckdb.js'
import { count, countDistinct, numeric, select } from '../../figures/figure.js'
import type { Events } from '../../sessions/dataset.js'
import { type Sql, sql } from '../../sql/sql.js'
import { YEAR_ONE_MICROS } from '../../units/instant.js'
import { ratio } from '../exact.js'
import type { IdChecks, IdFinding, StartTimeFinding } from './audit.js'

/** Clocks of one device agree with themselves: more than a second is not rounding. */
const START_TOLERANCE_MILLIS = 1_000
/** Ids are times in milliseconds where nearly all of them fall between 1973 and 2286. */
const TIME_LIKE_SHARE = 0.9
const EXAMPLES = 3

/** Over `recorded_sessions`. */
export async function checkIds(engine: Engine, events: Events): Promise<IdChecks> {
  const { sessions, ids } = await select(engine, sql`recorded_sessions`, {
    sessions: count(),
    ids: countDistinct(sql`session`),
  })
  return {
    sessions,
    equalToUser: await finding(
      engine,
      sessions,
      sql`SELECT session, uid, CAST(NULL AS DOUBLE) AS value FROM recorded_sessions WHERE session = user`,
    ),
    underSeveralUsers: await finding(
      engine,
      ids,
      sql`SELECT session, min(uid) AS uid, CAST(count(*) AS DOUBLE) AS value FROM recorded_sessions GROUP BY session HAVING count(*) > 1`,
    ),
    notStartTime: await checkStartTimes(engine, events, sessions),
    overlapping: await finding(
      engine,
      sessions,
      sql`SELECT session, uid, (least("end", reached) - start) / 1e6 AS value
        FROM (
          SELECT *, max("end") OVER (PARTITION BY uid ORDER BY recorded ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
          FROM recorded_sessions
        )
        WHERE start < reached`,
    ),
  }
}

interface OddId {
  readonly session: string
  readonly user: string
  readonly value: number | null
}

/** @param odd sessions or ids by `session`, `uid` and `value`, whose largest make the examples */
async function finding(engine: Engine, checked: number, odd: Sql): Promise<IdFinding> {
  // Users are numbered in their order.
  const rows = await engine.rows<OddId>(sql`
    WITH examples AS (
      SELECT *, abs(value) AS size FROM (${odd}) ORDER BY size DESC NULLS LAST, uid, session LIMIT ${EXAMPLES}
    )
    SELECT session, user, value
    FROM examples JOIN (SELECT uid, any_value(user) AS user FROM recorded_sessions SEMI JOIN examples USING (uid) GROUP BY uid) USING (uid)
    ORDER BY size DESC NULLS LAST, uid, session`)
  const { found } = await select(engine, sql`(${odd})`, { found: count() })
  return {
    checked,
    found,
    share: ratio(found, checked),
    examples: rows.map(({ session, user, value }) => ({ recordedSession: session, user, value })),
  }
}

async function checkStartTimes(
  engine: Engine,
  events: Events,
  sessions: number,
): Promise<StartTimeFinding | null> {
  const timed = sql`
    SELECT session, uid, millis, millis - (start - ${YEAR_ONE_MICROS}) / 1000 AS off
    FROM (SELECT *, TRY_CAST(session AS BIGINT) AS millis FROM recorded_sessions)
    WHERE millis BETWEEN 100000000000 AND 9999999999999`
  const { checked } = await select(engine, sql`(${timed})`, { checked: count() })
  if (checked === 0 || checked < TIME_LIKE_SHARE * sessions) return null
  // A session that began before the data does has an id before its first event, as it should.
  const dataStart = ((events.firstMicros ?? 0n) - YEAR_ONE_MICROS) / 1000n
  const wrong = sql`
    SELECT session, uid, off / 1000 AS value FROM (${timed})
    WHERE off > ${START_TOLERANCE_MILLIS} OR (off < ${-START_TOLERANCE_MILLIS} AND millis >= ${dataStart})`
  return {
    ...(await finding(engine, checked, wrong)),
    toleranceSeconds: START_TOLERANCE_MILLIS / 1_000,
    ...(await select(engine, sql`(${wrong})`, {
      later: count(sql`value > 0`),
      earlier: count(sql`value < 0`),
      medianSeconds: numeric(sql`quantile_cont(value, 0.5)`),
    })),
  }
}
