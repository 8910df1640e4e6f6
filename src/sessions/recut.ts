/**
 * Limits on a session's length and number of events. Where a piece ends depends on where it began,
 * so pieces follow one from another; only sessions that exceed a limit are walked, one piece of each
 * per step.
 */
import { join, raw, type Sql, type Stage, sql } from '../sql/sql.js'
import { largestGapMicros, type SessionDefinition } from './definition.js'
import { isPast } from './liveness.js'
import type { SessionPlan } from './plan.js'

export const hasLimit = ({ maxEvents, maxLengthMicros }: SessionDefinition): boolean =>
  maxEvents !== undefined || maxLengthMicros !== undefined

const differs = ({ gaps }: SessionDefinition): boolean => (gaps ?? []).length > 0

/** From `based` to `assigned`: kept events with their `piece` of the session, numbered from 0. */
export function recutStages({ definition }: SessionPlan): Stage[] {
  const { maxEvents, maxLengthMicros } = definition
  const over = join(
    [
      ...(maxLengthMicros === undefined ? [] : [sql`max(t) - min(t) > ${maxLengthMicros}`]),
      ...(maxEvents === undefined ? [] : [sql`count(*) > ${maxEvents}`]),
    ],
    ' OR ',
  )
  return [
    {
      name: 'steps',
      comment: 'Kept events, numbered within their session.',
      body: sql`SELECT *, row_number() OVER (PARTITION BY user, run ORDER BY ord) - 1 AS step
FROM based
WHERE kept`,
    },
    {
      name: 'long_steps',
      comment: 'Events of the sessions that exceed a limit.',
      materialized: true,
      body: sql`SELECT steps.*
FROM steps
JOIN (SELECT user, run FROM steps GROUP BY user, run HAVING ${over}) AS long USING (user, run)`,
    },
    piecesStage(definition),
    assignedStage(definition),
  ]
}

interface Piece {
  /** Time and step of the event that opened it. */
  readonly t: Sql
  readonly step: Sql
  /** Until when its events before `e` keep it alive. */
  readonly alive: Sql
}

/** Why the event `e` cannot belong to a piece; NULL when it can. */
function reason(definition: SessionDefinition, piece: Piece): Sql {
  const { maxEvents, maxLengthMicros } = definition
  const whens = [
    // A new piece lives by its own events only; with a single gap the last of them decides anyway.
    ...(differs(definition)
      ? [sql`WHEN ${isPast(definition, sql`e.t`, piece.alive)} THEN 'gap'`]
      : []),
    ...(maxLengthMicros === undefined
      ? []
      : [sql`WHEN e.t - ${piece.t} > ${maxLengthMicros} THEN 'max_length'`]),
    ...(maxEvents === undefined
      ? []
      : [sql`WHEN e.step - ${piece.step} >= ${maxEvents} THEN 'max_events'`]),
  ]
  return sql`CASE ${join(whens, ' ')} END`
}

function piecesStage(definition: SessionDefinition): Stage {
  const { maxLengthMicros } = definition
  const alive = sql`max(e.alive) OVER (PARTITION BY p.user, p.run ORDER BY e.step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`
  // The next piece begins at the latest with the first event past the length, within one more gap.
  const near =
    maxLengthMicros === undefined
      ? sql``
      : sql` AND e.t <= p.t + ${maxLengthMicros + largestGapMicros(definition)}`
  return {
    name: 'pieces',
    comment: 'One row per piece of a session over a limit: the event that opens it, and why.',
    recursive: true,
    body: sql`SELECT user, run, step, t, CAST(NULL AS VARCHAR) AS reason FROM long_steps WHERE step = 0
UNION ALL
SELECT user, run, min(step), min(t), min_by(reason, step)
FROM (
  SELECT p.user, p.run, e.step, e.t, e.is_passive, ${reason(definition, { t: sql`p.t`, step: sql`p.step`, alive })} AS reason
  FROM pieces AS p
  JOIN long_steps AS e ON e.user = p.user AND e.run = p.run AND e.step >= p.step${near}
)
WHERE reason IS NOT NULL AND NOT is_passive
GROUP BY user, run`,
  }
}

function assignedStage(definition: SessionDefinition): Stage {
  const last = (column: string): Sql =>
    sql`last_value(${raw(column)} IGNORE NULLS) OVER (PARTITION BY user, run ORDER BY step ROWS UNBOUNDED PRECEDING)`
  const alive = sql`max(e.alive) OVER (PARTITION BY e.user, e.run, e.piece ORDER BY e.step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`
  const misfit = reason(definition, { t: sql`e.piece_t`, step: sql`e.piece_step`, alive })
  return {
    name: 'assigned',
    comment: 'Events with their piece; passive ones that no longer fit are not kept.',
    body: sql`SELECT * EXCLUDE (misfit, piece_t, piece_step, piece_opens, opens_t, piece_reason) REPLACE (
  NOT is_passive OR misfit IS NULL AS kept,
  CASE WHEN piece = 0 THEN reason ELSE piece_reason END AS reason
)
FROM (
  SELECT e.*, ${misfit} AS misfit
  FROM (
    SELECT *, sum(CASE WHEN piece_opens IS NULL THEN 0 ELSE 1 END) OVER (PARTITION BY user, run ORDER BY step ROWS UNBOUNDED PRECEDING) - 1 AS piece,
      ${last('opens_t')} AS piece_t, ${last('piece_opens')} AS piece_step
    FROM (
      SELECT s.*, p.step AS piece_opens, p.t AS opens_t, p.reason AS piece_reason
      FROM long_steps AS s
      LEFT JOIN pieces AS p ON p.user = s.user AND p.run = s.run AND p.step = s.step
    )
  ) AS e
)
UNION ALL BY NAME
SELECT *, 0 AS piece FROM steps ANTI JOIN pieces USING (user, run)`,
  }
}
