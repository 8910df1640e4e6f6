/** Users who never sleep: shared accounts, kiosks, monitors, bots. */
import type { Engine } from '../../engines/duckdb.js'
import { type Sql, sql } from '../../sql/sql.js'
import { ratio } from '../exact.js'
import type { RoundTheClock } from './background.js'
import { lengthsOf } from './lengths.js'

/** Hours of a UTC day with events, and days with so many. A person sleeps more than four hours. */
export const ACTIVE_HOURS = 20
export const ACTIVE_DAYS = 3
const EXAMPLES = 3

/** UTC days of users with events in so many of their hours: `user`, `day` (since year 1), `hours`, `events`. */
export const wakefulDays = (leastHours: number): Sql => sql`
  SELECT user, hour // 24 AS day, count(*) AS hours, CAST(sum(n) AS BIGINT) AS events
  FROM (SELECT user, t // 3600000000 AS hour, count(*) AS n FROM events GROUP BY ALL)
  GROUP BY user, day HAVING count(*) >= ${leastHours}`

/** Over `events` and `rebuilt_sessions`. */
export async function roundTheClockUsers(engine: Engine): Promise<RoundTheClock> {
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE sleepless AS
    SELECT user, count(*) AS days FROM (${wakefulDays(ACTIVE_HOURS)})
    GROUP BY user HAVING count(*) >= ${ACTIVE_DAYS}`)
  const row = await engine.row<Record<'sleepless' | 'users' | 'time' | 'all_time', bigint>>(sql`
    SELECT (SELECT count(*) FROM sleepless) AS sleepless, count(DISTINCT user) AS users,
      coalesce(sum(length) FILTER (WHERE user IN (SELECT user FROM sleepless)), 0) AS time,
      coalesce(sum(length), 0) AS all_time
    FROM rebuilt_sessions`)
  const events = await engine.row<{ theirs: bigint; n: bigint }>(sql`
    SELECT count(*) FILTER (WHERE user IN (SELECT user FROM sleepless)) AS theirs, count(*) AS n FROM events`)
  const examples = await engine.rows<{ user: string; days: bigint; name: string | null }>(sql`
    WITH shown AS (SELECT * FROM sleepless ORDER BY days DESC, user LIMIT ${EXAMPLES})
    SELECT user, any_value(days) AS days, min({n: -n, name: name}).name AS name
    FROM (
      SELECT user, days, name, count(*) AS n FROM events JOIN shown USING (user) GROUP BY ALL
    )
    GROUP BY user ORDER BY days DESC, user`)
  return {
    users: Number(row.sleepless),
    userShare: ratio(Number(row.sleepless), Number(row.users)),
    eventShare: ratio(Number(events.theirs), Number(events.n)),
    timeShare: ratio(Number(row.time), Number(row.all_time)),
    withoutThem: await lengthsOf(
      engine,
      sql`(FROM rebuilt_sessions ANTI JOIN sleepless USING (user))`,
    ),
    examples: examples.map(({ user, days, name }) => ({
      user,
      days: Number(days),
      commonestEvent: name,
    })),
  }
}
