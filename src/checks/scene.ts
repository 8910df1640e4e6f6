/** What rules are measured on: the events and sessions of one export, and what is known of them. */

import type { Engine } from '../engines/duckdb.js'
import type { Events } from '../sessions/dataset.js'
import type { SessionDefinition } from '../sessions/definition.js'
import type { SourceGroup } from '../sources/group.js'
import { identifier, type Sql, sql } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import { MICROS_PER_DAY } from '../units/time.js'
import type { ExtraRole } from './extras.js'

/** A property of events that sessions carry too. */
export interface SegmentColumn {
  readonly name: string
  /** Column of `rows` and `events`. */
  readonly ofEvents: Sql
  /** Column of `sessions`. */
  readonly ofSessions: Sql
}

export interface Scene {
  readonly engine: Engine
  readonly events: Events
  readonly groups: readonly SourceGroup[]
  /** A row of input holds a list of events, so that rows cannot be counted through. */
  readonly unnested: boolean
  readonly definition: SessionDefinition
  /** The present, in microseconds since year 1. */
  readonly nowMicros: bigint
  /** Column of `rows` and `events`, as text, per role that the export has. */
  readonly extras: Readonly<Partial<Record<ExtraRole, Sql>>>
  /** Time of an extra column in microseconds since year 1; undefined where it cannot be read. */
  readonly times: Readonly<Partial<Record<'arrived' | 'sent', Sql>>>
  /** Platform, version, and what `--by` names. */
  readonly segments: readonly SegmentColumn[]
  readonly platform: SegmentColumn | undefined
  readonly version: SegmentColumn | undefined
}

/** Times in microseconds since year 1 as readers see them. */
export const shownTime = (micros: Sql): Sql =>
  sql`strftime(timezone('UTC', make_timestamptz(${micros} - ${YEAR_ONE_MICROS})), '%Y-%m-%dT%H:%M:%S.%gZ')`

/** Times of the data's span that are neither before 1970 nor still to come: those are other rules' business. */
export const plausible = (scene: Scene, t: Sql): Sql =>
  sql`${t} BETWEEN ${plausibleSpan(scene).first} AND ${plausibleSpan(scene).last}`

export function plausibleSpan({ nowMicros, events: { firstMicros, lastMicros } }: Scene) {
  const day = BigInt(MICROS_PER_DAY)
  const [earliest, latest] = [YEAR_ONE_MICROS + day, nowMicros + day]
  return {
    first: firstMicros !== null && firstMicros > earliest ? firstMicros : earliest,
    last: lastMicros !== null && lastMicros < latest ? lastMicros : latest,
  }
}

/** How long the data's span is. */
export const spanMicros = ({ events: { firstMicros, lastMicros } }: Scene): number =>
  firstMicros === null || lastMicros === null ? 0 : Number(lastMicros - firstMicros)

export const segmentColumn = (name: string, column: string, position: number): SegmentColumn => ({
  name,
  ofEvents: identifier(column),
  ofSessions: identifier(`segment_${position}`),
})

export const nowMicros = (now: Date): bigint => BigInt(now.getTime()) * 1_000n + YEAR_ONE_MICROS
