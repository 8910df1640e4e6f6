/**
 * The two sets that a session may carry: the names of its events, and the recorded session ids that
 * it covers. As lists they need memory in proportion to the data, because an engine cannot write to
 * disk the state of an aggregate that grows. Two other forms can be written:
 *
 * - bits: a set of names is a bit per code in as many integers as it takes;
 * - rows: blocks are split by value, so that each carries one, and in the end the different pairs of
 *   a session and a value are counted or listed.
 */
import type { Dialect } from '../dialects/dialect.js'
import { identifier, join, raw, type Sql, type Stage, sql } from '../sql/sql.js'
import type { NameBits, SessionPlan, SetForms } from './plan.js'

/** Bits of a signed integer, so that no engine sees a negative one. */
const WORD_BITS = 63
const MOST_WORDS = 16

/** Names as bits where they are few enough. */
export const nameForm = (bits: NameBits): SetForms['names'] =>
  bits.codes <= WORD_BITS * MOST_WORDS ? bits : 'rows'

const nameBits = ({ distinctNames, sets }: SessionPlan): NameBits | undefined =>
  distinctNames && sets !== undefined && sets.names !== 'rows' ? sets.names : undefined

/** Whether names have to be coded for the sake of their set. */
export const codesNames = (plan: SessionPlan): boolean => nameBits(plan) !== undefined

const words = ({ codes }: NameBits): { word: Sql; from: number }[] =>
  Array.from({ length: Math.max(1, Math.ceil(codes / WORD_BITS)) }, (_, i) => ({
    word: identifier(`names_${i}`),
    from: i * WORD_BITS,
  }))

interface ListOrRows {
  /** Column of events. */
  readonly of: Sql
  readonly as: Sql
}

const NAMES: ListOrRows = { of: raw('name'), as: raw('names') }
const RECORDED: ListOrRows = { of: raw('session'), as: raw('recorded') }

const lists = ({ distinctNames, recordedIds, sets }: SessionPlan): ListOrRows[] =>
  sets === undefined ? [...(distinctNames ? [NAMES] : []), ...(recordedIds ? [RECORDED] : [])] : []

const rows = ({ distinctNames, recordedIds, sets }: SessionPlan): ListOrRows[] =>
  sets === undefined
    ? []
    : [
        ...(distinctNames && sets.names === 'rows' ? [NAMES] : []),
        ...(recordedIds ? [RECORDED] : []),
      ]

/** Columns of events that sets are made of; bits are made of codes. */
export const setSources = (plan: SessionPlan): Sql[] =>
  [...lists(plan), ...rows(plan)].map(({ of }) => of)

/** Columns that split blocks. */
export const splittingColumns = (plan: SessionPlan): Sql[] => rows(plan).map(({ of }) => of)

/** What aggregates over events give: lists and bits. */
export const collectedSets = (plan: SessionPlan, dialect: Dialect): Sql[] => [
  ...lists(plan).map(({ of, as }) => sql`${dialect.collect(of)} AS ${as}`),
  ...bitwise(plan).map(({ word, bit }) => sql`bit_or(${bit}) AS ${word}`),
]

function bitwise(plan: SessionPlan): { word: Sql; bit: Sql }[] {
  const bits = nameBits(plan)
  if (bits === undefined) return []
  const all = words(bits)
  return all.map(({ word, from }) => {
    const bit = sql`CAST(1 AS BIGINT) << (name_code - ${from})`
    return {
      word,
      bit:
        all.length === 1
          ? bit
          : sql`CASE WHEN name_code BETWEEN ${from} AND ${from + WORD_BITS - 1} THEN ${bit} ELSE 0 END`,
    }
  })
}

/** The columns of `collectedSets`. */
export const collectedSetColumns = (plan: SessionPlan): Sql[] => [
  ...lists(plan).map(({ as }) => as),
  ...bitwise(plan).map(({ word }) => word),
]

/** What aggregates over blocks give. */
export const mergedSets = (plan: SessionPlan, dialect: Dialect): Sql[] => [
  ...lists(plan).map(({ as }) => sql`${dialect.merge(as)} AS ${as}`),
  ...bitwise(plan).map(({ word }) => sql`bit_or(${word}) AS ${word}`),
]

/** What `collectedSets` would give for one event, besides what splits blocks. */
export const setsOfEvent = (plan: SessionPlan, dialect: Dialect): Sql[] => [
  ...lists(plan).map(({ of, as }) => sql`${dialect.single(of)} AS ${as}`),
  ...bitwise(plan).map(({ word, bit }) => sql`${bit} AS ${word}`),
]

/** Sets of a session of one block, which has one value where values split blocks. */
export const rowSetsOfBlock = (plan: SessionPlan, dialect: Dialect): Sql[] =>
  rows(plan).map(({ of, as }) =>
    as === NAMES.as
      ? sql`CASE WHEN ${of} IS NULL THEN 0 ELSE 1 END AS ${as}`
      : sql`${dialect.single(of)} AS ${as}`,
  )

/** Columns of `joined` with the sets of values that split blocks. */
export const rowSetNames = (plan: SessionPlan): Sql[] => rows(plan).map(({ as }) => as)

/**
 * `distinct_names` and `recorded_ids`, with what leads to them: one row per session of more than one block with values.
 *
 * @param from a relation with the columns that split blocks
 * @param keys what tells the sessions of a user apart
 */
export const rowSetStages = (
  plan: SessionPlan,
  from: Sql,
  keys: readonly Sql[],
  dialect: Dialect,
): Stage[] => {
  const session = join([raw('"user"'), ...keys])
  return rows(plan).flatMap((set): Stage[] => {
    const pairs = sql`SELECT DISTINCT ${session}, ${set.of} FROM ${from} WHERE ${set.of} IS NOT NULL`
    if (set.as === NAMES.as) {
      return [
        {
          name: stageOf(set).text,
          comment: 'One row per session with names, and how many different ones.',
          body: sql`SELECT ${session}, ${dialect.count()} AS ${set.as}
FROM (${pairs}) AS pairs
GROUP BY ${session}`,
        },
      ]
    }
    return listStages(set, session, pairs, dialect)
  })
}

/**
 * A list per session. Nearly all sessions have one value, of which a list is made at once; only for
 * the others is it worth a window that gathers values, which sorts on disk where an aggregate would
 * hold all lists at once.
 */
function listStages(set: ListOrRows, session: Sql, pairs: Sql, dialect: Dialect): Stage[] {
  const bySession = sql`PARTITION BY ${session} ORDER BY ${dialect.bytewise(set.of)}`
  const single = sql`nth = 1 AND next_value IS NULL`
  return [
    {
      name: `${stageOf(set).text}_numbered`,
      comment: 'The different recorded ids of each session, in order.',
      body: sql`SELECT ${session}, ${set.of}, row_number() OVER (${bySession}) AS nth, lead(${set.of}) OVER (${bySession}) AS next_value
FROM (${pairs}) AS pairs`,
    },
    {
      name: stageOf(set).text,
      comment: 'One row per session with recorded ids, and their list.',
      body: sql`SELECT ${session}, ${dialect.single(set.of)} AS ${set.as}
FROM ${stageOf(set)}_numbered
WHERE ${single}
UNION ALL
SELECT ${session}, ${set.as}
FROM (
  SELECT ${session}, nth, array_agg(${set.of}) OVER (${bySession} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS ${set.as}
  FROM ${stageOf(set)}_numbered
  WHERE NOT (${single})
) AS listed
WHERE nth = 1`,
    },
  ]
}

const stageOf = ({ as }: ListOrRows): Sql =>
  raw(as === NAMES.as ? 'sz_distinct_names' : 'sz_recorded_ids')

/** Joins to `rowSetStages`, of a relation `of` with the same keys. */
export const rowSetJoins = (plan: SessionPlan, of: Sql, keys: readonly Sql[]): Sql =>
  join(
    rows(plan).map((set) => {
      const same = [raw('"user"'), ...keys].map((key) => sql`${stageOf(set)}.${key} = ${of}.${key}`)
      return sql`\nLEFT JOIN ${stageOf(set)} ON ${join(same, ' AND ')}`
    }),
    '',
  )

/** Columns that `rowSetJoins` brings. */
export const rowSetColumns = (plan: SessionPlan, dialect: Dialect): Sql[] =>
  rows(plan).map((set) => {
    const column = sql`${stageOf(set)}.${set.as}`
    return set.as === NAMES.as
      ? sql`coalesce(${column}, 0) AS ${set.as}`
      : sql`coalesce(${column}, ${emptySet(dialect)}) AS ${set.as}`
  })

export const emptySet = (dialect: Dialect): Sql => dialect.single(dialect.asText(sql`NULL`))

/** The set columns of `sessions`, from those of `joined AS s`: how many `names`, and `recorded`. */
export function shownSets(plan: SessionPlan, dialect: Dialect): Sql[] {
  const names = countedNames(plan, dialect)
  return [
    ...(names === undefined ? [] : [sql`${names} AS names`]),
    ...(plan.recordedIds ? [sql`s.recorded`] : []),
  ]
}

function countedNames(plan: SessionPlan, dialect: Dialect): Sql | undefined {
  if (!plan.distinctNames) return undefined
  const bits = nameBits(plan)
  if (bits === undefined) return plan.sets === undefined ? dialect.size(sql`s.names`) : sql`s.names`
  const counts = words(bits).map(({ word }) => dialect.integer(sql`bit_count(s.${word})`))
  const all = join(counts, ' + ')
  // No name is no name.
  return bits.unnamed ? sql`${all} - (s.names_0 & 1)` : all
}
