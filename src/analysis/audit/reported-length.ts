/** Lengths that an app reports by itself, in an event of its own, against the measured ones. */
import type { Engine } from '../../engines/duckdb.js'
import { SessionizeError } from '../../errors/errors.js'
import { option } from '../../errors/option.js'
import { count, numeric, select } from '../../figures/figure.js'
import type { Events } from '../../sessions/dataset.js'
import { type Sql, sql, text } from '../../sql/sql.js'
import { eventColumn } from '../event-access.js'
import { ratio } from '../exact.js'
import type { ReportedAgainst, ReportedLength } from './audit.js'

/** A reported length may be rounded to seconds and taken a little before or after the last event. */
const TOLERANCE = { seconds: 1, share: 0.05 } as const
const EXAMPLES = 5

/** Where an app reports the length of a session. */
export interface ReportedLengthOption {
  readonly event: string
  /** Seconds. */
  readonly property: string
}

/** Reads `session_completed:session_length_seconds`; an event's name may hold colons itself. */
export function parseReportedLength(value: string): ReportedLengthOption {
  const at = value.lastIndexOf(':')
  if (at > 0 && at < value.length - 1) {
    return { event: value.slice(0, at), property: value.slice(at + 1) }
  }
  throw new SessionizeError(
    'usage',
    `${option('reportedLength')} ${value} names no event and property.`,
    {
      hint: `Write it as ${option('reportedLength')} session_completed:session_length_seconds.`,
    },
  )
}

/** @param inRebuilt events with the `length` of their rebuilt sessions; over `recorded_sessions` too */
export async function checkReportedLength(
  engine: Engine,
  events: Events,
  { event, property }: ReportedLengthOption,
  inRebuilt: Sql,
): Promise<ReportedLength> {
  const value = eventColumn(events, property)
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE reports AS
    SELECT e.user, e.session, e.t, TRY_CAST(e.${value} AS DOUBLE) AS reported,
      s.length / 1e6 AS recorded, e.length / 1e6 AS rebuilt
    FROM (${inRebuilt}) AS e
    JOIN recorded_sessions AS s ON s.user = e.user AND s.session = e.session
    WHERE e.name = ${text(event)}`)
  const counts = await select(engine, sql`reports`, {
    events: count(),
    unreadable: count(sql`reported IS NULL`),
  })
  const examples = await engine.rows<{
    user: string
    session: string
    reported: number
    recorded: number
    rebuilt: number | null
  }>(sql`
    SELECT user, session, reported, recorded, rebuilt FROM reports
    WHERE ${disagrees('recorded')}
    ORDER BY abs(reported - recorded) DESC, user, session, t LIMIT ${EXAMPLES}`)
  return {
    event,
    property,
    ...counts,
    tolerance: TOLERANCE,
    recorded: await against(engine, 'recorded'),
    rebuilt: await against(engine, 'rebuilt'),
    examples: examples.map(({ user, session, reported, recorded, rebuilt }) => ({
      user,
      recordedSession: session,
      reportedSeconds: reported,
      recordedSeconds: recorded,
      rebuiltSeconds: rebuilt,
    })),
  }
}

const measured = { recorded: sql`recorded`, rebuilt: sql`rebuilt` } as const

const disagrees = (side: keyof typeof measured) =>
  sql`abs(reported - ${measured[side]}) > greatest(${TOLERANCE.seconds}, ${TOLERANCE.share} * ${measured[side]})`

async function against(engine: Engine, side: keyof typeof measured): Promise<ReportedAgainst> {
  const { median, ...counts } = await select(
    engine,
    sql`reports WHERE reported IS NOT NULL AND ${measured[side]} IS NOT NULL`,
    {
      compared: count(),
      disagree: count(disagrees(side)),
      median: numeric(sql`quantile_cont(reported - ${measured[side]}, 0.5)`),
    },
  )
  return {
    ...counts,
    share: ratio(counts.disagree, counts.compared),
    medianDifferenceSeconds: median,
  }
}
