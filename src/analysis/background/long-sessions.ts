/** What happens in the later half of long sessions, compared with all other sessions. */
import type { Engine } from '../../engines/duckdb.js'
import { matchesPattern } from '../../events/pattern.js'
import { sql } from '../../sql/sql.js'
import type { LongSessions } from './background.js'

/** An event that is most of the later halves, and there far more common than elsewhere, fills them. */
export const TAIL_SHARE = 0.5
export const TAIL_LIFT = 2
const NAMES_SHOWN = 5

/** Over `events`, the passive ones apart, and `rebuilt_sessions`. */
export async function longSessions(
  engine: Engine,
  passive: readonly string[],
): Promise<LongSessions> {
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE long_sessions AS
    SELECT user, start, "end", length FROM rebuilt_sessions
    WHERE length > 0 AND length >= (SELECT quantile_cont(length, 0.9) FROM rebuilt_sessions WHERE length > 0)`)
  const { sessions, shortest } = await engine.row<{ sessions: bigint; shortest: bigint | null }>(
    sql`SELECT count(*) AS sessions, min(length) AS shortest FROM long_sessions`,
  )
  const rows = await engine.rows<{
    name: string | null
    share: number
    elsewhere: number | null
  }>(sql`
    WITH active AS (
      SELECT user, t, name FROM events WHERE NOT ${matchesPattern(sql`name`, passive)}
    ),
    everywhere AS (
      SELECT name, count(*) AS n FROM active GROUP BY name
    ),
    in_long AS (
      SELECT e.name, count(*) AS n, count(*) FILTER (WHERE e.t > s.start + s.length // 2) AS late
      FROM active AS e
      ASOF JOIN long_sessions AS s ON s.user = e.user AND e.t >= s.start
      WHERE e.t <= s."end"
      GROUP BY e.name
    )
    SELECT l.name, l.late / sum(l.late) OVER () AS share,
      (a.n - l.n) / nullif((SELECT sum(n) FROM everywhere) - (SELECT sum(n) FROM in_long), 0) AS elsewhere
    FROM in_long AS l JOIN everywhere AS a ON a.name IS NOT DISTINCT FROM l.name
    WHERE l.late > 0
    ORDER BY share DESC, l.name LIMIT ${NAMES_SHOWN}`)
  return {
    fromSeconds: shortest === null ? null : Number(shortest) / 1e6,
    sessions: Number(sessions),
    tail: rows.map(({ name, share, elsewhere }) => ({
      name,
      share,
      shareElsewhere: elsewhere ?? 0,
    })),
  }
}

/** The event, if any, that long sessions are filled with. */
export const fillsTails = ({ share, shareElsewhere }: LongSessions['tail'][number]): boolean =>
  share >= TAIL_SHARE && share >= TAIL_LIFT * shareElsewhere
