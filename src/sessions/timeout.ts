/** How long an event keeps its session alive, and on which local day it falls. */
import type { Dialect } from '../dialects/dialect.js'
import { join, type Sql, sql, text } from '../sql/sql.js'
import type { SessionDefinition } from './definition.js'
import {
  type DataEdges,
  type EventRow,
  ofEvents,
  type SessionPath,
  type SessionPlan,
} from './plan.js'

/** Whether `micros`, the time between an event and the next, ends a session with the single gap. */
export function exceedsGap({ gapMicros, boundary }: SessionDefinition, micros: Sql): Sql {
  return boundary === 'after' ? sql`${micros} > ${gapMicros}` : sql`${micros} >= ${gapMicros}`
}

/** Whether an event at `t` comes too late for a session that is alive until `alive`. */
export const isPast = ({ boundary }: SessionDefinition, t: Sql, alive: Sql): Sql =>
  boundary === 'after' ? sql`${t} > ${alive}` : sql`${t} >= ${alive}`

/** Over `joined AS s`: a session that goes beyond the data's edges is cut by neither. */
export const withinEdges = ({ first, last, beyond }: DataEdges, cut: Sql): Sql =>
  beyond === true ? sql`(s."start" >= ${first} AND s."end" <= ${last} AND ${cut})` : cut

/** Of sessions that a single gap ends: whether one lies within a gap of the data's edges. */
export const nearEdges = (
  definition: SessionDefinition,
  edges: DataEdges,
): Pick<SessionPath, 'startCensored' | 'endCensored'> => {
  const near = (pause: Sql): Sql => withinEdges(edges, sql`NOT (${exceedsGap(definition, pause)})`)
  return {
    startCensored: near(sql`s."start" - ${edges.first}`),
    endCensored: near(sql`${edges.last} - s."end"`),
  }
}

/** The timeouts of a definition, longest first: of tied events the longest counts. */
export function rankedGaps({ gapMicros, gaps }: SessionDefinition): number[] {
  return [...new Set([gapMicros, ...(gaps ?? []).map((rule) => rule.gapMicros)])].sort(
    (a, b) => b - a,
  )
}

function perRule(plan: SessionPlan, event: EventRow, value: (gapMicros: number) => number): Sql {
  const { gaps, gapMicros } = plan.definition
  const whens = (gaps ?? []).map(({ property, value: of, gapMicros: micros }) => {
    const column = plan.ruleColumns[property]
    if (column === undefined) throw new RangeError(`no column for the property ${property}`)
    return sql`WHEN ${event(column)} = ${text(of)} THEN ${value(micros)}`
  })
  return whens.length === 0
    ? sql`${value(gapMicros)}`
    : sql`CASE ${join(whens, ' ')} ELSE ${value(gapMicros)} END`
}

/** Until when an event of `events AS e` keeps its session alive. */
export const aliveUntil = (plan: SessionPlan, event = ofEvents): Sql =>
  sql`${event('t')} + ${perRule(plan, event, (micros) => micros)}`

/** The place of an event's own timeout among `rankedGaps`. */
export function gapRank(plan: SessionPlan, event = ofEvents): Sql {
  const ranked = rankedGaps(plan.definition)
  return perRule(plan, event, (micros) => ranked.indexOf(micros))
}

export function gapOfRank(definition: SessionDefinition, rank: Sql): Sql {
  const whens = rankedGaps(definition).map((micros, i) => sql`WHEN ${i} THEN ${micros}`)
  return sql`CASE ${rank} ${join(whens, ' ')} END`
}

/** Days since a fixed day, in the definition's zone. */
export const localDay = (
  { midnightZone }: SessionDefinition,
  dialect: Dialect,
  event = ofEvents,
): Sql => dialect.localDay(event('t'), midnightZone ?? 'UTC')
