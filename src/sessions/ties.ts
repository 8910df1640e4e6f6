/**
 * Instants in which one session ends and another starts. The end belongs to the session before if
 * one was open; else to the one that starts there, and then it comes last.
 *
 * Such an instant leaves a session open behind it if it found one open, and none if not. So whether
 * one was open is what the last such instant before it says, unless it is the same for both answers:
 * then nothing before matters. Both answers follow from windows.
 *
 * A session is open by its timeouts: since the last start or end event, and the same day where
 * midnight cuts, its active events keep it alive. Changed properties and limits are no matter.
 */
import type { Dialect, Ordered } from '../dialects/dialect.js'
import { raw, type Sql, type Stage, sql } from '../sql/sql.js'
import type { SessionDefinition } from './definition.js'
import { isPast } from './timeout.js'

export const hasTies = ({ startEvents, endEvents }: SessionDefinition): boolean =>
  (startEvents ?? []).length > 0 && (endEvents ?? []).length > 0

const BY_TIME: Ordered = { partition: raw('"user"'), order: raw('t') }
const over = raw('(PARTITION BY "user" ORDER BY t)')
const soFar = raw('ORDER BY t ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW')

/** From `coded`, events with their roles, to `ties`: `user`, `t`, `opened` (1 or 0). */
export function tieStages(definition: SessionDefinition, dialect: Dialect): Stage[] {
  const midnight = definition.midnightZone !== undefined
  const found = (alive: Sql): Sql =>
    sql`CASE WHEN ${alive} IS NULL OR after_end = 1 OR next_day = 1 OR ${isPast(definition, sql`t`, alive)} THEN 0 ELSE 1 END`
  return [
    {
      name: 'sz_instants',
      comment:
        'One row per user and instant with active events, and how long these keep a session.',
      body: sql`SELECT "user", t,
  max(CASE WHEN is_start THEN 1 ELSE 0 END) AS starts,
  max(CASE WHEN is_end AND NOT is_start THEN 1 ELSE 0 END) AS ends,
  max(CASE WHEN is_start OR NOT is_end THEN alive END) AS alive${midnight ? sql`, max(day) AS day` : raw('')}
FROM sz_coded
WHERE NOT is_passive
GROUP BY "user", t`,
    },
    {
      name: 'sz_lived_instants',
      comment:
        'Instants, with how long those before keep a session, left open by the last tie or not.',
      body: sql`SELECT "user", t, starts, ends, after_end, next_day,
  lag(if_open) OVER ${over} AS alive_if_open,
  lag(if_closed) OVER ${over} AS alive_if_closed
FROM (
  SELECT *,
    max(alive) OVER (PARTITION BY "user", segment ${soFar}) AS if_open,
    max(CASE WHEN starts + ends < 2 THEN alive END) OVER (PARTITION BY "user", segment ${soFar}) AS if_closed
  FROM (
    SELECT *, sum(CASE WHEN starts + after_end + next_day > 0 THEN 1 ELSE 0 END) OVER (PARTITION BY "user" ${soFar}) AS segment
    FROM (
      SELECT *,
        coalesce(lag(CASE WHEN ends > starts THEN 1 ELSE 0 END) OVER ${over}, 0) AS after_end,
        ${midnight ? sql`CASE WHEN day > lag(day) OVER ${over} THEN 1 ELSE 0 END` : raw('0')} AS next_day
      FROM sz_instants
    ) AS marked_instants
  ) AS segments
) AS living`,
    },
    {
      name: 'sz_ties',
      comment: 'Instants in which a session ends and another starts: whether one was open before.',
      body: sql`SELECT "user", t, coalesce(${dialect.lastKnown(raw('known'), BY_TIME, 'here')}, 0) AS opened
FROM (
  SELECT "user", t, CASE WHEN if_open = if_closed THEN if_open END AS known
  FROM (
    SELECT "user", t, ${found(raw('alive_if_open'))} AS if_open, ${found(raw('alive_if_closed'))} AS if_closed
    FROM sz_lived_instants
    WHERE starts + ends = 2
  ) AS answers
) AS known_answers`,
    },
  ]
}
