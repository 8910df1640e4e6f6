/** Users who are active round the clock: shared accounts, kiosks, monitors, bots. */
import type { Engine } from '../../engines/duckdb.js'
import { count, countDistinct, select, sum } from '../../figures/figure.js'
import { type Sql, sql } from '../../sql/sql.js'
import { ratio } from '../exact.js'
import { lengthsOf } from '../lengths.js'
import type { RoundTheClock } from './background.js'

/** Hours of a UTC day with events, and days with so many. A person sleeps more than four hours. */
export const ACTIVE_HOURS = 20
export const ACTIVE_DAYS = 3
const EXAMPLES = 3

/** UTC days of users with events in so many of their hours: `user`, `day` (since year 1), `hours`, `events`. */
export const activeDays = (leastHours: number): Sql => sql`
  SELECT user, hour // 24 AS day, count(*) AS hours, CAST(sum(n) AS BIGINT) AS events
  FROM (SELECT user, t // 3600000000 AS hour, count(*) AS n FROM events GROUP BY ALL)
  GROUP BY user, day HAVING count(*) >= ${leastHours}`

/** Over `events` and `rebuilt_sessions`. */
export async function roundTheClockUsers(engine: Engine): Promise<RoundTheClock> {
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE always_on AS
    SELECT user, count(*) AS days FROM (${activeDays(ACTIVE_HOURS)})
    GROUP BY user HAVING count(*) >= ${ACTIVE_DAYS}`)
  const theirs = sql`user IN (SELECT user FROM always_on)`
  const { users } = await select(engine, sql`always_on`, { users: count() })
  const sessions = await select(engine, sql`rebuilt_sessions`, {
    users: countDistinct(sql`user`),
    theirTime: sum(sql`length`, theirs),
    time: sum(sql`length`),
  })
  const events = await select(engine, sql`events`, { theirs: count(theirs), all: count() })
  const examples = await engine.rows<{ user: string; days: bigint; name: string | null }>(sql`
    WITH examples AS (SELECT * FROM always_on ORDER BY days DESC, user LIMIT ${EXAMPLES})
    SELECT user, any_value(days) AS days, min({n: -n, name: name}).name AS name
    FROM (
      SELECT user, days, name, count(*) AS n FROM events JOIN examples USING (user) GROUP BY ALL
    )
    GROUP BY user ORDER BY days DESC, user`)
  return {
    users,
    userShare: ratio(users, sessions.users),
    eventShare: ratio(events.theirs, events.all),
    timeShare: ratio(sessions.theirTime, sessions.time),
    withoutThem: await lengthsOf(
      engine,
      sql`(FROM rebuilt_sessions ANTI JOIN always_on USING (user))`,
    ),
    examples: examples.map(({ user, days, name }) => ({
      user,
      days: Number(days),
      commonestEvent: name,
    })),
  }
}
