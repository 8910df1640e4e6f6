/**
 * Blocks: two events of one user in the same window of at most the gap's width are less than a gap
 * apart, so they share a session. Events are therefore first reduced to blocks, one per user and
 * window, by a hash aggregation that is parallel, spills and merges; only blocks are ordered.
 */

import type { Dialect } from '../dialects/dialect.js'
import { identifier, join, raw, type Sql, type Stage, sql } from '../sql/sql.js'
import { MICROS_PER_HOUR } from '../units/time.js'
import {
  CODE_BITS,
  codedColumns,
  codedEvents,
  codeOf,
  extreme,
  measureColumns,
  packedOffset,
  summedMeasures,
  timeOf,
} from './codes.js'
import { hasGapRules, type SessionDefinition, smallestGapMicros } from './definition.js'
import type { SessionPlan } from './plan.js'
import { collectedSetColumns, collectedSets, splittingColumns } from './sets.js'
import { storedBlockStage } from './stored-blocks.js'
import { aliveUntil, gapRank, localDay } from './timeout.js'

/** The widest block that leaves room for a code: times within it are below 2^32 microseconds. */
const WIDEST_BLOCK_MICROS = MICROS_PER_HOUR

export const blockWidthMicros = (definition: SessionDefinition): number =>
  Math.min(smallestGapMicros(definition), WIDEST_BLOCK_MICROS)

/** The window in which the time `t` falls. */
export const blockOf = (definition: SessionDefinition, t: Sql, dialect: Dialect): Sql =>
  dialect.quotient(t, blockWidthMicros(definition))

/**
 * `user`, `block`, `first`, `last`, `events`, codes with their times, sets, measures; with gaps per
 * value `alive` and `gap_rank`, the first event's; with a cut at midnight `day`. Where values split
 * blocks there may be several of one window, which then overlap in time.
 */
export function blockStage(plan: SessionPlan, dialect: Dialect): Stage {
  const { definition, stored } = plan
  if (stored !== undefined) return storedBlockStage(plan, stored)
  const width = blockWidthMicros(definition)
  const gaps = hasGapRules(definition)
  const midnight = definition.midnightZone !== undefined
  const { select, from } = codedEvents(plan, codedColumns(plan), [
    sql`${blockOf(definition, sql`e.t`, dialect)} AS block`,
    ...(gaps ? [sql`${aliveUntil(plan)} AS alive`, sql`${gapRank(plan)} AS gap_rank`] : []),
    ...(midnight ? [sql`${localDay(definition, dialect)} AS day`] : []),
  ])
  const offset = dialect.remainder(sql`t`, width)
  const packed = (column: string): Sql => packedOffset(offset, codeOf(column))
  const unpackTime = (key: Sql): Sql =>
    sql`block * ${width} + ${dialect.shiftRight(key, CODE_BITS)}`
  const unpackCode = (key: Sql): Sql => dialect.lowBits(key, CODE_BITS)
  const keyOf = (as: string): Sql => identifier(`${as}_key`)

  const keys = [
    ...(plan.names
      ? [sql`min(${packed('name')}) AS first_key`, sql`max(${packed('name')}) AS last_key`]
      : [sql`min(t) AS first`, sql`max(t) AS last`]),
    ...plan.attributes.map(
      ({ as, pick, column }) => sql`${extreme(pick, packed(column))} AS ${keyOf(as)}`,
    ),
    ...(gaps
      ? [sql`max(alive) AS alive`, sql`min(${packedOffset(offset, sql`gap_rank`)}) AS gap_key`]
      : []),
    ...collectedSets(plan, dialect),
    ...summedMeasures(plan),
  ]
  const unpacked = [
    ...(plan.names
      ? [
          sql`${unpackTime(sql`first_key`)} AS first`,
          sql`${unpackTime(sql`last_key`)} AS last`,
          sql`${unpackCode(sql`first_key`)} AS first_event_code`,
          sql`${unpackCode(sql`last_key`)} AS last_event_code`,
        ]
      : [sql`first`, sql`last`]),
    ...plan.attributes.flatMap(({ as }) => [
      sql`${unpackTime(keyOf(as))} AS ${timeOf(as)}`,
      sql`${unpackCode(keyOf(as))} AS ${codeOf(as)}`,
    ]),
    ...(gaps ? [sql`alive`, sql`${unpackCode(sql`gap_key`)} AS gap_rank`] : []),
    ...(midnight ? [sql`day`] : []),
    ...collectedSetColumns(plan),
    ...splittingColumns(plan),
    ...measureColumns(plan),
  ]
  const split = splittingColumns(plan)
  const group = join([raw('"user", block'), ...(midnight ? [raw('day')] : []), ...split])
  return {
    name: 'sz_blocks',
    comment: `One row per ${['user', ...(midnight ? ['local day'] : []), ...split.map(({ text }) => text)].join(', ')} and window of ${width} microseconds with events in it.`,
    body: sql`SELECT "user", block, ${join(unpacked)}, events
FROM (
  SELECT ${group}, ${join([sql`${dialect.count()} AS events`, ...keys])}
  FROM (
    SELECT ${join(select)}
    ${from}
  ) AS coded
  GROUP BY ${group}
) AS packed`,
  }
}
