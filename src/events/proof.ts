/**
 * What can be proven of typed columns without reading them. The engine passes over every row group
 * of a Parquet file whose statistics rule out what is looked for, so that asking it for the first
 * bad row costs nothing where there is none. Where a file has no statistics the column is read: the
 * answer is the same.
 */
import type { Engine } from '../engines/duckdb.js'
import { findField } from '../sources/field.js'
import type { SourceGroup } from '../sources/group.js'
import { readGroup } from '../sources/reading.js'
import { join, raw, type Sql, sql } from '../sql/sql.js'
import { YEAR_10000_MICROS, YEAR_ONE_MICROS } from '../units/instant.js'
import { epochMicros, fromYearOne } from './clock.js'
import type { FateCount, RowCounts } from './row-counts.js'
import { neededFields, type Place, type RowPlan, typedTime } from './rows.js'

/**
 * The counts of rows that are all events; undefined where some row may not be one, and each has to
 * be looked at.
 *
 * @param groups are read in place, and have typed columns
 */
export async function provenCounts(
  engine: Engine,
  plan: RowPlan,
  groups: readonly SourceGroup[],
): Promise<RowCounts | undefined> {
  if (chooses(plan)) return undefined
  const proofs = groups.map((group, at) =>
    proofOf(plan, { group, at, reading: reading(plan, group) }),
  )
  const counts: FateCount[] = []
  let first: bigint | null = null
  let last: bigint | null = null
  for (const proof of proofs) {
    if (proof === undefined) return undefined
    if (await occurs(engine, proof.from, proof.faults)) return undefined
    const edges = await engine.row<{
      first: bigint | null
      last: bigint | null
      sound: boolean | null
    }>(proof.edges)
    const files = await engine.rows<{ file: number; n: bigint }>(proof.files)
    if (files.length === 0) continue
    if (edges.first === null || edges.last === null || edges.sound !== true) return undefined
    if (first === null || edges.first < first) first = edges.first
    if (last === null || edges.last > last) last = edges.last
    counts.push(...files.map(({ file, n }) => ({ file, fate: null, n: Number(n) })))
  }
  return { counts, edges: { first, last } }
}

/**
 * Columns of the stage `events` whose text is never empty, so that they need not be looked at value
 * by value: the engine works on their dictionaries.
 */
export async function neverEmpty(
  engine: Engine,
  plan: RowPlan,
  groups: readonly SourceGroup[],
): Promise<ReadonlySet<string>> {
  const { event } = plan.mapping
  const wanted = [
    ...(event === null ? [] : [{ column: 'name', sources: [event] }]),
    ...plan.dimensions,
  ]
  const found = new Set<string>()
  for (const { column, sources } of wanted) {
    const [source, ...others] = sources
    if (source === undefined || others.length > 0) continue
    if (await everyGroup(groups, (group) => isNeverEmpty(engine, plan, group, source))) {
      found.add(column)
    }
  }
  return found
}

/** Rows are left out by what they hold, and not only because they are unusable. */
const chooses = ({
  mapping,
  condition,
  fromMicros,
  toMicros,
  ignore,
  recordedOnly,
  ids,
}: RowPlan) =>
  condition !== undefined ||
  fromMicros !== undefined ||
  toMicros !== undefined ||
  ignore.length > 0 ||
  recordedOnly ||
  ids ||
  mapping.outOfSession !== null ||
  mapping.clock.correction !== undefined ||
  mapping.clock.skew !== undefined

interface Proof {
  readonly from: Sql
  /** Each a test of one column with a constant, which statistics can answer. */
  readonly faults: readonly Sql[]
  /** `first` and `last` time, in microseconds since year 1, and whether both are in range. */
  readonly edges: Sql
  /** `file`, `n`, of those that have rows. */
  readonly files: Sql
}

const reading = (plan: RowPlan, group: SourceGroup) => readGroup(group, neededFields(plan, group))

/** Undefined where a row's fate does not follow from a user and a time that are columns. */
function proofOf(plan: RowPlan, place: Place): Proof | undefined {
  const { mapping } = plan
  const { group, at } = place
  const { time } = mapping.clock
  const [key, ...others] = mapping.user
  const user = key === undefined || others.length > 0 ? undefined : textColumn(group, key)
  const typed = typedTime(place, time)
  const format = time.formats[at]
  if (user === undefined || typed === undefined || format === undefined) return undefined
  const { from, file } = place.reading
  const [only, ...otherFiles] = group.files
  const micros = (value: Sql): Sql => epochMicros(value, format, 'UTC')
  // The earliest and the latest time are finite and in range, so those between them are.
  const edges = sql`(SELECT min(${typed}) AS first, max(${typed}) AS last FROM ${from})`
  return {
    from,
    // As in `filled`: text below '!' may be blank.
    faults: [sql`${user} IS NULL`, sql`${user} < '!'`, sql`${typed} IS NULL`],
    edges: sql`SELECT ${fromYearOne(sql`first`)} AS first, ${fromYearOne(sql`last`)} AS last,
      first >= ${-YEAR_ONE_MICROS} AND last < ${YEAR_10000_MICROS} AS sound
      FROM (SELECT ${micros(raw('first'))} AS first, ${micros(raw('last'))} AS last FROM ${edges})`,
    files:
      only === undefined || otherFiles.length > 0
        ? sql`SELECT ${file} AS file, count(*) AS n FROM ${from} GROUP BY ALL ORDER BY ALL`
        : // Rows that need not be told apart are not read: the file says how many it has.
          sql`SELECT ${only.number} AS file, count(*) AS n FROM ${from} HAVING n > 0`,
  }
}

async function isNeverEmpty(
  engine: Engine,
  plan: RowPlan,
  group: SourceGroup,
  source: string,
): Promise<boolean> {
  const column = textColumn(group, source)
  if (column === undefined) return false
  return !(await occurs(engine, reading(plan, group).from, [sql`${column} = ''`]))
}

/** A column of text by itself, not joined of several or taken out of one. */
function textColumn(group: SourceGroup, key: string): Sql | undefined {
  const field = findField(group, key)
  return field !== undefined &&
    field.path.length === 0 &&
    field.column.type === 'VARCHAR' &&
    field.column.partition !== true
    ? raw(field.column.readAs)
    : undefined
}

async function occurs(engine: Engine, from: Sql, tests: readonly Sql[]): Promise<boolean> {
  const found = await engine.rows(
    join(
      tests.map((test) => sql`(SELECT 1 AS found FROM ${from} WHERE ${test} LIMIT 1)`),
      ' UNION ALL ',
    ),
  )
  return found.length > 0
}

async function everyGroup(
  groups: readonly SourceGroup[],
  holds: (group: SourceGroup) => Promise<boolean>,
): Promise<boolean> {
  for (const group of groups) if (!(await holds(group))) return false
  return true
}
