/** Blocks as a table that grows: its columns, how two blocks of one window become one. */
import { duckdb } from '../dialects/duckdb.js'
import { blockStage } from '../sessions/blocks.js'
import { namedMeasures } from '../sessions/build.js'
import { codedColumns, codeStage, storedValue } from '../sessions/codes.js'
import { hasGapRules } from '../sessions/definition.js'
import type { SessionPlan } from '../sessions/plan.js'
import type { NamedMeasure } from '../sessions/request.js'
import { decodedBlocks, storedTime } from '../sessions/stored-blocks.js'
import { identifier, join, raw, type Sql, sql, withStages } from '../sql/sql.js'
import type { StateSpec } from './manifest.js'
import { readProperties } from './spec.js'

const columnAt = (position: number): string => `d${position}`
const measureAt = (position: number): string => `s${position}`

/** Columns of events with what a state keeps. */
export const readColumns = (spec: StateSpec): string[] =>
  readProperties(spec).map((_, i) => columnAt(i))

export const columnOf = (spec: StateSpec, property: string): string => {
  const at = readProperties(spec).indexOf(property)
  if (at < 0) throw new RangeError(`the state does not read ${property}`)
  return columnAt(at)
}

const stateMeasures = (spec: StateSpec): readonly NamedMeasure[] =>
  namedMeasures(spec.columns, (property) => columnOf(spec, property))

/** The column of `blocks AS e` that holds the sums of each measure. */
export const measureColumnsOf = (spec: StateSpec): Map<string, Sql> =>
  new Map(stateMeasures(spec).map(({ name }, i) => [name, sql`e.${identifier(measureAt(i))}`]))

/** Blocks of the events of a relation, as they are stored. */
export function compileBlocks(spec: StateSpec, events: Sql): Sql {
  const { definition, columns } = spec
  const properties = columns.properties.map((name) => columnOf(spec, name))
  const measures = stateMeasures(spec)
  const plan: SessionPlan = {
    events,
    definition,
    blocks: 'blocks',
    attributes: properties.flatMap((column) => [
      { column, pick: 'first', as: `${column}f` } as const,
      { column, pick: 'last', as: `${column}l` } as const,
    ]),
    measures: measures.map(({ value }, i) => ({ value, as: measureAt(i) })),
    ruleColumns: Object.fromEntries(
      (definition.gaps ?? []).map(({ property }) => [property, columnOf(spec, property)]),
    ),
    names: true,
    distinctNames: true,
    recordedIds: true,
  }
  const blocks = withStages(
    [
      ...codedColumns(plan).map((column) => codeStage(column, plan, duckdb)),
      blockStage(plan, duckdb),
    ],
    decodedBlocks(plan),
  )
  if (measures.length === 0) return blocks
  // Parquet has no integer of 128 bits.
  const typed = measures.map((measure, i) => {
    const column = identifier(measureAt(i))
    return sql`CAST(${column} AS ${measureType(measure)}) AS ${column}`
  })
  return sql`SELECT * REPLACE (${join(typed)}) FROM (${blocks})`
}

const measureType = ({ as }: NamedMeasure): Sql =>
  raw(as === 'double' ? 'DECIMAL(38, 6)' : 'BIGINT')

/** One block per key of several blocks of a relation: all its columns merge. */
export function mergedBlocks(spec: StateSpec, from: Sql): Sql {
  const { definition, columns } = spec
  const midnight = definition.midnightZone === undefined ? [] : [raw('day')]
  const keys = [raw('user'), raw('block'), ...midnight]
  const properties = columns.properties.map((name) => columnOf(spec, name))
  const merged = [
    sql`min(first) AS first`,
    sql`max(last) AS last`,
    sql`CAST(sum(events) AS BIGINT) AS events`,
    sql`min({t: first, value: first_event}).value AS first_event`,
    sql`max({t: last, value: last_event}).value AS last_event`,
    ...properties.flatMap((column) => [
      ...extremeValue(column, 'first', sql`min`),
      ...extremeValue(column, 'last', sql`max`),
    ]),
    ...(hasGapRules(definition)
      ? [sql`max(alive) AS alive`, sql`min({t: first, value: gap_rank}).value AS gap_rank`]
      : []),
    ...['names', 'recorded'].map((set) => sql`${duckdb.merge(raw(set))} AS ${raw(set)}`),
    ...stateMeasures(spec).map((measure, i) => {
      const column = identifier(measureAt(i))
      return sql`CAST(sum(${column}) AS ${measureType(measure)}) AS ${column}`
    }),
  ]
  return sql`SELECT ${join([...keys, ...merged])} FROM ${from} GROUP BY ${join(keys)}`
}

function extremeValue(column: string, pick: 'first' | 'last', best: Sql): Sql[] {
  const [value, at] = [storedValue(column, pick), storedTime(column, pick)]
  return [
    sql`${best}({t: ${at}, value: ${value}}) FILTER (WHERE ${value} IS NOT NULL).value AS ${value}`,
    sql`${best}(${at}) AS ${at}`,
  ]
}
