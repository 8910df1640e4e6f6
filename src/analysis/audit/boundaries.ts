/**
 * Boundaries between consecutive events of a user: where the recorded id changes, where the rebuilt
 * session does, and why they differ.
 */

import type { Engine } from '../../engines/duckdb.js'
import { isoTime } from '../../events/open.js'
import { count, list, numeric, select } from '../../figures/figure.js'
import { type SessionDefinition, smallestGapMicros } from '../../sessions/definition.js'
import { sql } from '../../sql/sql.js'
import { MICROS_PER_DAY, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../units/time.js'
import { ratio } from '../exact.js'
import {
  type Boundaries,
  type BoundaryExample,
  CAUSES,
  type Cause,
  type CauseId,
  type Timeouts,
} from './audit.js'

/** An id that changes within this time changed for another reason than a pause. */
const RESTART_MICROS = MICROS_PER_MINUTE
/** A recorded session that went on over a longer silence was not held together by a timeout. */
const KEPT_OPEN_MICROS = 4 * 60 * MICROS_PER_MINUTE
/** Single timeouts that are tried on the recorded boundaries; vendors' defaults are among them. */
const TIMEOUTS_SECONDS = [
  60, 120, 300, 600, 900, 1_200, 1_800, 2_700, 3_600, 7_200, 14_400,
] as const
const SHORTEST_TIMEOUT = Math.min(...TIMEOUTS_SECONDS) * MICROS_PER_SECOND

const EXAMPLES_PER_CAUSE = 2
/** Events shown before and after a boundary. */
const EVENTS_AROUND = 2

/** The order of a user's events; ties follow the sessions, so that they open no boundary of their own. */
const IN_ORDER = sql`(PARTITION BY uid ORDER BY t, rebuilt, recorded, name)`

/** Over `labelled`: leaves the table `steps`, the pairs of consecutive events that can tell anything. */
export async function measureBoundaries(engine: Engine): Promise<Boundaries> {
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE steps AS
    SELECT uid, position, t, t - previous_t AS gap, recorded, previous_recorded,
      recorded <> previous_recorded AS cut_recorded, rebuilt <> previous_rebuilt AS cut_rebuilt,
      coalesce(platform <> previous_platform, false) AS changed_platform
    FROM (
      SELECT *, row_number() OVER by_time AS position, lag(t) OVER by_time AS previous_t,
        lag(recorded) OVER by_time AS previous_recorded, lag(rebuilt) OVER by_time AS previous_rebuilt,
        lag(platform) OVER by_time AS previous_platform
      FROM labelled
      WHERE NOT passive
      WINDOW by_time AS ${IN_ORDER}
    )
    WHERE recorded <> previous_recorded OR rebuilt <> previous_rebuilt OR t - previous_t > ${SHORTEST_TIMEOUT}`)
  const { pairs } = await select(engine, sql`labelled WHERE NOT passive`, {
    pairs: numeric(sql`count(*) - count(DISTINCT uid)`),
  })
  const { both, recorded, rebuilt } = await select(engine, sql`steps`, {
    both: count(sql`cut_recorded AND cut_rebuilt`),
    recorded: count(sql`cut_recorded`),
    rebuilt: count(sql`cut_rebuilt`),
  })
  return {
    pairs: pairs ?? 0,
    both,
    recordedOnly: recorded - both,
    rebuiltOnly: rebuilt - both,
    precision: ratio(both, rebuilt),
    recall: ratio(both, recorded),
    f1: f1(both, recorded, rebuilt),
  }
}

/** The harmonic mean of precision and recall: van Rijsbergen (1979), Information Retrieval, chapter 7. */
const f1 = (both: number, recorded: number, rebuilt: number): number | null =>
  ratio(2 * both, recorded + rebuilt)

/** Over `steps`: the single timeout that explains the recorded boundaries best. */
export async function tryTimeouts(engine: Engine): Promise<Timeouts> {
  const cuts = TIMEOUTS_SECONDS.map((seconds) => sql`gap > ${seconds * MICROS_PER_SECOND}`)
  const { recorded, rebuilt, both } = await select(engine, sql`steps`, {
    recorded: count(sql`cut_recorded`),
    rebuilt: list(cuts.map((cut) => count(cut))),
    both: list(cuts.map((cut) => count(sql`${cut} AND cut_recorded`))),
  })
  const tried = TIMEOUTS_SECONDS.map((seconds, i) => ({
    seconds,
    f1: f1(both[i] ?? 0, recorded, rebuilt[i] ?? 0),
  }))
  let best: Timeouts['best'] = null
  for (const { seconds, f1 } of tried) {
    if (f1 !== null && f1 > (best?.f1 ?? 0)) best = { seconds, f1 }
  }
  return { best, tried }
}

/** Over `steps`: the boundaries that are on one side only, by cause, most of them first. */
export async function findCauses(
  engine: Engine,
  definition: SessionDefinition,
): Promise<readonly Cause[]> {
  const passive = (definition.passiveEvents ?? []).length > 0
  const between = sql`EXISTS (
      SELECT 1 FROM labelled AS p
      WHERE p.passive AND p.uid = s.uid AND p.t BETWEEN s.t - s.gap AND s.t
    )`
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE disagreements AS
    SELECT s.uid, s.position, s.gap, CASE
      WHEN NOT cut_recorded THEN CASE
        WHEN gap < ${smallestGapMicros(definition)} THEN 'other_rule'
        ${passive ? sql`WHEN ${between} THEN 'passive_events'` : sql``}
        WHEN gap > ${KEPT_OPEN_MICROS} THEN 'kept_open'
        ELSE 'longer_timeout'
      END
      WHEN before."end" >= s.t OR after.start < s.t THEN 'interleaved'
      WHEN changed_platform THEN 'platform_change'
      WHEN s.t // ${MICROS_PER_DAY} <> (s.t - gap) // ${MICROS_PER_DAY} THEN 'midnight'
      WHEN gap < ${RESTART_MICROS} THEN 'restart'
      ELSE 'shorter_timeout'
    END AS cause
    FROM steps AS s
    JOIN recorded_sessions AS before ON before.recorded = s.previous_recorded
    JOIN recorded_sessions AS after ON after.recorded = s.recorded
    WHERE cut_recorded <> cut_rebuilt`)
  const rows = await engine.rows<{ cause: string; n: bigint; gap: number }>(sql`
    SELECT cause, count(*) AS n, quantile_cont(gap, 0.5) AS gap FROM disagreements GROUP BY cause`)
  const examples = await boundaryExamples(engine)
  const counted = CAUSES.flatMap((id) => {
    const row = rows.find(({ cause }) => cause === id)
    return row === undefined
      ? []
      : [{ id, kind: kindOf(id), boundaries: Number(row.n), gap: row.gap }]
  })
  const of = (kind: Cause['kind']): number =>
    counted.reduce((sum, cause) => (cause.kind === kind ? sum + cause.boundaries : sum), 0)
  return counted
    .map(({ id, kind, boundaries, gap }) => ({
      id,
      kind,
      boundaries,
      share: boundaries / of(kind),
      medianGapSeconds: gap / MICROS_PER_SECOND,
      examples: examples.get(id) ?? [],
    }))
    .sort((a, b) => b.boundaries - a.boundaries)
}

const MERGING: readonly CauseId[] = ['other_rule', 'passive_events', 'longer_timeout', 'kept_open']

const kindOf = (id: CauseId): Cause['kind'] => (MERGING.includes(id) ? 'merged' : 'split')

/** The first boundaries of each cause in the order of users and times, with the events around them. */
async function boundaryExamples(engine: Engine): Promise<Map<string, BoundaryExample[]>> {
  const rows = await engine.rows<{
    cause: string
    nth: bigint
    user: string
    t: bigint
    name: string | null
    session: string
    rebuilt: bigint
    gap: bigint | null
    after: boolean
  }>(sql`
    WITH chosen AS (
      SELECT *, row_number() OVER (PARTITION BY cause ORDER BY uid, position) AS nth
      FROM disagreements
      QUALIFY nth <= ${EXAMPLES_PER_CAUSE}
    ),
    numbered AS (
      SELECT *, row_number() OVER by_time AS position, t - lag(t) OVER by_time AS gap
      FROM labelled
      WHERE NOT passive AND uid IN (SELECT uid FROM chosen)
      WINDOW by_time AS ${IN_ORDER}
    ),
    numbers AS (
      SELECT rebuilt, row_number() OVER (PARTITION BY user ORDER BY rebuilt) AS number
      FROM rebuilt_sessions
      WHERE user IN (SELECT user FROM recorded_sessions JOIN chosen USING (uid))
    )
    SELECT c.cause, c.nth, s.user, p.t, p.name, s.session, n.number AS rebuilt, p.gap,
      p.position = c.position AS after
    FROM chosen AS c
    JOIN numbered AS p ON p.uid = c.uid
      AND p.position BETWEEN c.position - ${EVENTS_AROUND} AND c.position + ${EVENTS_AROUND - 1}
    JOIN recorded_sessions AS s ON s.recorded = p.recorded
    JOIN numbers AS n ON n.rebuilt = p.rebuilt
    ORDER BY c.cause, c.nth, p.position`)
  const byCause = new Map<string, { user: string; events: BoundaryExample['events'][number][] }[]>()
  for (const row of rows) {
    const examples = byCause.get(row.cause) ?? []
    byCause.set(row.cause, examples)
    const at = Number(row.nth) - 1
    examples[at] ??= { user: row.user, events: [] }
    examples[at].events.push({
      time: isoTime(row.t),
      name: row.name,
      recordedSession: row.session,
      rebuiltSession: Number(row.rebuilt),
      secondsSincePrevious: row.gap === null ? null : Number(row.gap) / MICROS_PER_SECOND,
      afterBoundary: row.after,
    })
  }
  return byCause
}
