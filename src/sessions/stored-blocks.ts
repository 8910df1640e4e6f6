/**
 * Blocks that outlive a run. Codes are numbered anew in every run, so stored blocks hold the values
 * themselves; reading them gives each its code again, and the later stages see no difference.
 *
 * Per block: `user`, `block`, `day` where midnight cuts, `first`, `last`, `events`, `first_event`,
 * `last_event`, per attribute its first and last value with their times, `alive` and `gap_rank`
 * where gaps differ, the sets `names` and `recorded`, and measures.
 */
import { identifier, join, type Sql, type Stage, sql } from '../sql/sql.js'
import { codedValues, codeOf, codeTable, measureColumns, storedValue, timeOf } from './codes.js'
import { hasGapRules } from './definition.js'
import type { Attribute, SessionPlan } from './plan.js'
import { collectedSetColumns } from './sets.js'

/** The time of a stored value. */
export const storedTime = (column: string, pick: Attribute['pick']): Sql =>
  identifier(`${column}_${pick}_at`)

/** As `blockStage`, from stored blocks. */
export function storedBlockStage(plan: SessionPlan, stored: Sql): Stage {
  const { definition } = plan
  const coded = codedValues(plan)
  const columns = [
    ...coded.map(({ as }) => sql`${identifier(`${as}_value`)}.code AS ${codeOf(as)}`),
    ...plan.attributes.map(
      ({ as, column, pick }) => sql`e.${storedTime(column, pick)} AS ${timeOf(as)}`,
    ),
    ...(hasGapRules(definition) ? [sql`e.alive`, sql`e.gap_rank`] : []),
    ...(definition.midnightZone === undefined ? [] : [sql`e.day`]),
    ...collectedSetColumns(plan).map((set) => sql`e.${set}`),
    ...plan.measures.map(({ value }, i) => sql`${value} AS ${measureColumns(plan)[i] ?? value}`),
  ]
  const joins = coded.map(({ as, column, pick, isName }) => {
    const value = identifier(`${as}_value`)
    const of = sql`e.${storedValue(column, pick)}`
    // No name is a name, but no value of a property is no value.
    return sql`\n  LEFT JOIN ${codeTable(column)} AS ${value} ON ${value}.value = ${isName ? sql`coalesce(${of}, '')` : of}`
  })
  return {
    name: 'sz_blocks',
    comment: 'One row per user and window with events in it, from earlier runs.',
    body: sql`SELECT ${join([sql`e."user"`, sql`e.block`, sql`e.first`, sql`e.last`, ...columns, sql`e.events`])}
FROM ${stored} AS e${join(joins, '')}`,
  }
}

/** The reverse of `storedBlockStage`, over the stage `blocks`. */
export function decodedBlocks(plan: SessionPlan): Sql {
  const decoded = plan.attributes.flatMap(({ as, column, pick }) => [
    sql`${identifier(`${as}_value`)}.value AS ${storedValue(column, pick)}`,
    sql`b.${timeOf(as)} AS ${storedTime(column, pick)}`,
  ])
  const columns = [
    sql`b."user"`,
    sql`b.block`,
    ...(plan.definition.midnightZone === undefined ? [] : [sql`b.day`]),
    sql`b.first`,
    sql`b.last`,
    sql`b.events`,
    sql`first_name.value AS first_event`,
    sql`last_name.value AS last_event`,
    ...decoded,
    ...(hasGapRules(plan.definition) ? [sql`b.alive`, sql`b.gap_rank`] : []),
    ...collectedSetColumns(plan).map((set) => sql`b.${set}`),
    ...measureColumns(plan).map((measure) => sql`b.${measure}`),
  ]
  const joins = plan.attributes.map(({ as, column }) => {
    const value = identifier(`${as}_value`)
    return sql`\nLEFT JOIN ${codeTable(column)} AS ${value} ON ${value}.code = b.${codeOf(as)}`
  })
  return sql`SELECT ${join(columns)}
FROM sz_blocks AS b
JOIN ${codeTable('name')} AS first_name ON first_name.code = b.first_event_code
JOIN ${codeTable('name')} AS last_name ON last_name.code = b.last_event_code${join(joins, '')}`
}
