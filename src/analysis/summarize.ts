/** The main job's answer: figures over all sessions and per segment, computed in the engine. */
import type { Engine } from '../engines/duckdb.js'
import { formatName } from '../events/clock.js'
import { rejectedTotal } from '../events/ledger.js'
import { type Events, isoTime } from '../events/open.js'
import { measureSessions, planSessions } from '../sessions/build.js'
import type { SessionDefinition } from '../sessions/definition.js'
import type { BlockPlan } from '../sessions/stages.js'
import { identifier, join, type Sql, sql } from '../sql/sql.js'
import type { Figures, HistogramBin, LengthStatistics } from './figures.js'
import type { Summary, Warning } from './summary.js'

export interface SummaryOptions {
  readonly definition: SessionDefinition
  readonly by: readonly string[]
  readonly plan?: BlockPlan
}

const QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99] as const

/** Buckets that product analytics use; at least `from`, less than the next `from`, in seconds. */
const BUCKETS: readonly { label: string; from: number }[] = [
  { label: '0 s', from: 0 },
  { label: '0-10 s', from: 0.000001 },
  { label: '10-30 s', from: 10 },
  { label: '30-60 s', from: 30 },
  { label: '1-3 min', from: 60 },
  { label: '3-10 min', from: 180 },
  { label: '10-30 min', from: 600 },
  { label: '30-60 min', from: 1_800 },
  { label: '1 h+', from: 3_600 },
]

export async function summarize(
  engine: Engine,
  events: Events,
  options: SummaryOptions,
): Promise<Summary> {
  const request = await planSessions(engine, events, {
    definition: options.definition,
    dimensions: options.by,
    properties: [],
    ...(options.plan === undefined ? {} : { plan: options.plan }),
  })
  await measureSessions(engine, request)
  const overall = (await figures(engine, []))[0]
  if (overall === undefined) throw new RangeError('an aggregate without a row')
  const { mapping, ledger } = events
  return {
    schema: 'sessionize/summary/v1',
    definition: options.definition,
    mapping: {
      preset: mapping.preset,
      user: mapping.user.join(','),
      time: `${mapping.time} (${formatName(mapping.timeFormat)})`,
      event: mapping.event,
      recordedSession: mapping.session,
      dedupe: mapping.dedupe.length === 0 ? null : mapping.dedupe.join(','),
    },
    firstEvent: events.firstMicros === null ? null : isoTime(events.firstMicros),
    lastEvent: events.lastMicros === null ? null : isoTime(events.lastMicros),
    overall: overall.figures,
    segments:
      options.by.length === 0
        ? null
        : {
            dimensions: options.by,
            rows: await figures(
              engine,
              options.by.map((_, i) => `segment_${i}`),
            ),
          },
    ledger,
    warnings: warnings(events, overall.figures),
  }
}

interface FigureRow {
  readonly sessions: bigint
  readonly users: bigint
  readonly events: bigint
  readonly bounces: bigint
  readonly total: bigint
  readonly start_censored: bigint
  readonly end_censored: bigint
  readonly quantiles: number[] | null
  readonly longest: bigint | null
  readonly quantiles_long: number[] | null
}

async function figures(
  engine: Engine,
  by: readonly string[],
): Promise<{ values: (string | null)[]; figures: Figures }[]> {
  const keys = by.map(identifier)
  const quantiles = sql`[${join([...QUANTILES])}]`
  const buckets = BUCKETS.map(({ from }, i) => {
    const to = BUCKETS[i + 1]?.from
    const upper = to === undefined ? sql`` : sql` AND length < ${micros(to)}`
    return sql`count(*) FILTER (WHERE length >= ${micros(from)}${upper}) AS ${identifier(`bucket_${i}`)}`
  })
  const columns: Sql[] = [
    ...keys,
    sql`count(*) AS sessions`,
    sql`count(DISTINCT user) AS users`,
    sql`coalesce(sum(events), 0)::BIGINT AS events`,
    sql`count(*) FILTER (WHERE events = 1) AS bounces`,
    sql`coalesce(sum(length), 0) AS total`,
    sql`count(*) FILTER (WHERE start_censored) AS start_censored`,
    sql`count(*) FILTER (WHERE end_censored) AS end_censored`,
    sql`quantile_cont(length, ${quantiles}) AS quantiles`,
    sql`max(length) AS longest`,
    sql`quantile_cont(length, ${quantiles}) FILTER (WHERE events > 1) AS quantiles_long`,
    ...buckets,
  ]
  const grouping =
    keys.length === 0
      ? sql``
      : sql` GROUP BY ${join(keys)} ORDER BY sessions DESC, ${join(keys.map((key) => sql`${key} NULLS LAST`))}`
  const rows = await engine.rows<FigureRow & Record<string, unknown>>(
    sql`SELECT ${join(columns)} FROM sessions${grouping}`,
  )
  return rows.map((row) => ({
    values: by.map((key) => (typeof row[key] === 'string' ? row[key] : null)),
    figures: toFigures(row),
  }))
}

const micros = (seconds: number): number => Math.round(seconds * 1e6)

function toFigures(row: FigureRow & Record<string, unknown>): Figures {
  const sessions = Number(row.sessions)
  const users = Number(row.users)
  const events = Number(row.events)
  const bounces = Number(row.bounces)
  // A bounce has length 0, so the total and the longest are the same with and without them.
  const longer = sessions - bounces
  return {
    sessions,
    users,
    events,
    bounces,
    bounceShare: ratio(bounces, sessions),
    totalSeconds: Number(row.total) / 1e6,
    eventsPerSession: ratio(events, sessions),
    sessionsPerUser: ratio(sessions, users),
    length: statistics(sessions, row.total, row.quantiles, row.longest),
    lengthWithoutBounces: statistics(
      longer,
      row.total,
      row.quantiles_long,
      longer === 0 ? null : row.longest,
    ),
    histogram: BUCKETS.map(
      ({ label, from }, i): HistogramBin => ({
        label,
        fromSeconds: from,
        toSeconds: BUCKETS[i + 1]?.from ?? null,
        sessions: Number(row[`bucket_${i}`] ?? 0),
      }),
    ),
    startCensored: Number(row.start_censored),
    endCensored: Number(row.end_censored),
  }
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

function statistics(
  sessions: number,
  total: bigint,
  quantiles: readonly number[] | null,
  longest: bigint | null,
): LengthStatistics {
  const at = (i: number): number | null => {
    const value = quantiles?.[i]
    return value === undefined ? null : value / 1e6
  }
  return {
    sessions,
    meanSeconds: sessions === 0 ? null : Number(total) / sessions / 1e6,
    p50Seconds: at(0),
    p75Seconds: at(1),
    p90Seconds: at(2),
    p95Seconds: at(3),
    p99Seconds: at(4),
    maxSeconds: longest === null ? null : Number(longest) / 1e6,
  }
}

function warnings(events: Events, overall: Figures): Warning[] {
  const { ledger, mapping } = events
  const found: Warning[] = mapping.doubts.map((message) => ({ id: 'mapping_doubt', message }))
  const rejected = rejectedTotal(ledger)
  if (rejected > 0 && rejected / ledger.read >= 0.01) {
    found.push({
      id: 'many_rejects',
      message: `${percent(rejected / ledger.read)} of the rows were rejected.`,
      hint: 'See them with --rejects rejects.csv.',
    })
  }
  if (
    overall.sessions >= 20 &&
    overall.eventsPerSession !== null &&
    overall.eventsPerSession < 1.05
  ) {
    found.push({
      id: 'nearly_all_bounces',
      message: 'Nearly every session is a single event.',
      hint: `Check that --user (${mapping.user.join(',')}) is a user id and not an event or session id, or try a longer --gap.`,
    })
  }
  if (
    overall.sessions >= 20 &&
    (overall.startCensored + overall.endCensored) / overall.sessions > 0.2
  ) {
    found.push({
      id: 'edges',
      message:
        'More than a fifth of the sessions touch the edge of the data: their true length is unknown.',
      hint: 'Export a longer period, or use a shorter --gap.',
    })
  }
  return found
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
