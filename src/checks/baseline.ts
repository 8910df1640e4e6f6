/**
 * What an export looked like, kept in a small file to compare later ones with. It holds no user and
 * no event: only counts, lengths, and the values of the segments.
 */
import * as v from 'valibot'
import { quantileEstimates } from '../analysis/quantile-interval.js'
import { SessionizeError } from '../errors/errors.js'
import { isoTime } from '../events/open.js'
import type { SessionDefinition } from '../sessions/definition.js'
import { join, raw, type Sql, sql, text } from '../sql/sql.js'
import { MICROS_PER_DAY } from '../units/time.js'
import { type Scene, spanMicros } from './scene.js'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const instant = v.nullable(v.string())

const BASELINE = v.strictObject({
  schema: v.literal('sessionize/baseline/v1'),
  /** As JSON: lengths under two definitions cannot be compared. */
  definition: v.record(v.string(), v.unknown()),
  firstEvent: instant,
  lastEvent: instant,
  days: v.number(),
  sessions: count,
  users: count,
  events: count,
  bounces: count,
  quantiles: v.array(v.strictObject({ share: v.number(), seconds: v.nullable(v.number()) })),
  lengths: v.array(v.strictObject({ bin: v.pipe(v.number(), v.integer()), sessions: count })),
  segments: v.array(v.strictObject({ dimension: v.string(), value: v.string(), sessions: count })),
  columns: v.array(v.strictObject({ name: v.string(), kind: v.string() })),
})

type Plain<T> = T extends readonly (infer Item)[]
  ? readonly Plain<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Plain<T[Key]> }
    : T

/** Lengths by bin: -2 is 0 s, -1 is less than 1 s, n is from 2^(n/8) s to the next. */
export type Baseline = Plain<v.InferOutput<typeof BASELINE>>

export const BINS_PER_OCTAVE = 8
const SHARES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const
/** Values of a segment that are kept, most sessions first. */
const MOST_VALUES = 50

/** Over the tables `sessions` and `file_columns`. */
export async function takeBaseline(scene: Scene): Promise<Baseline> {
  const { engine, events } = scene
  const totals = await engine.row<Record<'sessions' | 'users' | 'events' | 'bounces', bigint>>(sql`
    SELECT count(*) AS sessions, count(DISTINCT user) AS users,
      CAST(coalesce(sum(events), 0) AS BIGINT) AS events, count(*) FILTER (WHERE bounce) AS bounces
    FROM sessions`)
  const bins = await engine.rows<{ bin: number; sessions: bigint }>(sql`
    SELECT CASE WHEN length = 0 THEN -2 WHEN length < 1000000 THEN -1
      ELSE CAST(floor(log2(length / 1e6) * ${BINS_PER_OCTAVE}) AS INTEGER) END AS bin,
      count(*) AS sessions
    FROM sessions GROUP BY bin ORDER BY bin`)
  const quantiles = await quantileEstimates(engine, raw('sessions'), SHARES, 0.95)
  const columns = await engine.rows<{ name: string; kind: string }>(sql`
    SELECT name, coalesce(min(kind) FILTER (WHERE kind <> 'unknown'), 'unknown') AS kind
    FROM file_columns GROUP BY name ORDER BY name`)
  return {
    schema: 'sessionize/baseline/v1',
    definition: plainDefinition(scene.definition),
    firstEvent: events.firstMicros === null ? null : isoTime(events.firstMicros),
    lastEvent: events.lastMicros === null ? null : isoTime(events.lastMicros),
    days: spanMicros(scene) / MICROS_PER_DAY,
    sessions: Number(totals.sessions),
    users: Number(totals.users),
    events: Number(totals.events),
    bounces: Number(totals.bounces),
    quantiles: quantiles.map(({ share, seconds }) => ({ share, seconds })),
    lengths: bins.map(({ bin, sessions }) => ({ bin, sessions: Number(sessions) })),
    segments: await segmentVolumes(scene),
    columns,
  }
}

async function segmentVolumes(scene: Scene): Promise<Baseline['segments']> {
  if (scene.segments.length === 0) return []
  const each = scene.segments.map(
    ({ name, ofSessions }): Sql => sql`
      SELECT * FROM (
        SELECT ${text(name)} AS dimension, ${ofSessions} AS value, count(*) AS sessions FROM sessions
        WHERE ${ofSessions} IS NOT NULL GROUP BY ALL ORDER BY sessions DESC, value LIMIT ${MOST_VALUES}
      )`,
  )
  const rows = await scene.engine.rows<{ dimension: string; value: string; sessions: bigint }>(
    sql`SELECT * FROM (${join(each, ' UNION ALL ')}) ORDER BY dimension, sessions DESC, value`,
  )
  return rows.map((row) => ({ ...row, sessions: Number(row.sessions) }))
}

/** Without what was left out, keys in one order, so that equal definitions are equal texts. */
function plainDefinition(definition: SessionDefinition): Baseline['definition'] {
  return Object.fromEntries(
    Object.entries(definition)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** @throws SessionizeError `usage` when the file is no baseline. */
export function parseBaseline(json: string, file: string): Baseline {
  const refuse = (why: string, cause?: unknown): SessionizeError =>
    new SessionizeError('usage', `${file} is not a baseline: ${why}.`, {
      hint: 'Make one from an export that is fine: sessionize check FILE --save-baseline baseline.json',
      cause,
    })
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw refuse('it is not JSON', error)
  }
  const result = v.safeParse(BASELINE, value)
  if (result.success) return result.output
  const [issue] = result.issues
  throw refuse(`${v.getDotPath(issue) ?? 'it'}: ${issue.message}`)
}

/** @throws SessionizeError `usage` */
export function assertComparable(
  baseline: Baseline,
  definition: SessionDefinition,
  file: string,
): void {
  const text = (value: unknown): string => JSON.stringify(value)
  const now = plainDefinition(definition)
  if (text(baseline.definition) === text(now)) return
  const keys = [...new Set([...Object.keys(baseline.definition), ...Object.keys(now)])]
  const changed = keys.filter((key) => text(baseline.definition[key]) !== text(now[key]))
  throw new SessionizeError(
    'usage',
    `${file} was saved with another session definition (${changed.join(', ')} ${changed.length === 1 ? 'differs' : 'differ'}).`,
    { hint: 'Use the same definition, or save the baseline again.' },
  )
}
