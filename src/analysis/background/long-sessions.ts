/** What happens in the later half of long sessions, compared with all other sessions. */
import type { Engine } from '../../engines/duckdb.js'
import type { SessionDefinition } from '../../sessions/definition.js'
import { type Sql, sql } from '../../sql/sql.js'
import { isPassive } from '../passive.js'
import type { LongSessions } from './background.js'

/** An event that is most of the later halves, and there far more common than elsewhere, fills them. */
export const TAIL_SHARE = 0.5
export const TAIL_LIFT = 2
const NAMES_SHOWN = 5

/**
 * Over `rebuilt_sessions`, passive events apart.
 *
 * @param inRebuilt events with the `start` and `length` of their rebuilt sessions
 */
export async function longSessions(
  engine: Engine,
  definition: SessionDefinition,
  inRebuilt: Sql,
): Promise<LongSessions> {
  const { sessions, shortest } = await engine.row<{
    sessions: bigint
    shortest: bigint | null
  }>(sql`
    SELECT count(*) AS sessions, min(length) AS shortest FROM rebuilt_sessions
    WHERE length > 0 AND length >= (SELECT quantile_cont(length, 0.9) FROM rebuilt_sessions WHERE length > 0)`)
  const rows = await engine.rows<{
    name: string | null
    share: number
    elsewhere: number | null
  }>(sql`
    WITH active AS (
      SELECT name, t, start, length FROM (${inRebuilt}) WHERE NOT ${isPassive(definition)}
    ),
    everywhere AS (
      SELECT name, count(*) AS n FROM active GROUP BY name
    ),
    in_long AS (
      SELECT name, count(*) AS n, count(*) FILTER (WHERE t > start + length // 2) AS late
      FROM active
      WHERE length >= ${shortest ?? 0n}
      GROUP BY name
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
