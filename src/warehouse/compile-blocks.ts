/** Blocks as a result of their own: what a table of them holds, so that sessions follow from it. */
import type { Dialect } from '../dialects/dialect.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { blockStage } from '../sessions/blocks.js'
import { codedColumns, codeStage, measureColumns, storedValue } from '../sessions/codes.js'
import { leadingStages, sessionColumns, sessionPlan } from '../sessions/compile.js'
import { eventRules, hasGapRules, type SessionDefinition } from '../sessions/definition.js'
import type { Attribute, SessionPlan } from '../sessions/plan.js'
import type { SessionRequest } from '../sessions/request.js'
import { collectedSetColumns } from '../sessions/sets.js'
import { decodedBlocks, storedTime } from '../sessions/stored-blocks.js'
import { join, raw, type Sql, type Stage, sql, withStages } from '../sql/sql.js'

/** @throws SessionizeError `unsupported` where events cannot be grouped before their rules are known. */
export function assertBlocks(definition: SessionDefinition): void {
  const rules = [
    ...eventRules(definition).map(({ flag }) => flag),
    ...(definition.recorded === true ? [option('byRecorded')] : []),
  ]
  if (rules.length === 0) return
  throw new SessionizeError('unsupported', `There are no blocks with ${rules.join(', ')}.`, {
    hint: `These rules look at single events: use ${option('stage')} sessions.`,
  })
}

/**
 * One row per user and window with its first and last event, and of each property its first and last
 * value with their times.
 *
 * @param finish what becomes of the rows, whose columns are `user` and these
 * @throws SessionizeError `unsupported`
 */
export function compileBlocks(
  request: SessionRequest,
  dialect: Dialect,
  finish: (
    blocks: Sql,
    columns: readonly Sql[],
  ) => { readonly stages: readonly Stage[]; readonly select: Sql },
): Sql {
  assertBlocks(request.definition)
  const plan = blockPlan(request)
  const { stages, select } = finish(decodedBlocks(plan), storedColumns(request))
  return withStages(
    [
      ...leadingStages(request),
      ...codedColumns(plan, true).map((column) => codeStage(column, plan, dialect)),
      blockStage(plan, dialect),
      ...stages,
    ],
    select,
  )
}

/** Whatever sessions take of a property, blocks hold its first and its last value. */
function blockPlan(request: SessionRequest): SessionPlan {
  const plan = sessionPlan(request, sessionColumns(request))
  const columns = [...new Set(plan.attributes.map(({ column }) => column))]
  const attributes = columns.flatMap((column, i): Attribute[] => [
    { column, pick: 'first', as: `a${2 * i}` },
    { column, pick: 'last', as: `a${2 * i + 1}` },
  ])
  return { ...plan, blocks: 'blocks', attributes }
}

/** The columns of blocks after `user`. */
export function storedColumns(request: SessionRequest): Sql[] {
  const plan = blockPlan(request)
  return [
    raw('block'),
    ...(plan.definition.midnightZone === undefined ? [] : [raw('day')]),
    ...['first', 'last', 'events', 'first_event', 'last_event'].map(raw),
    ...plan.attributes.flatMap(({ column, pick }) => [
      storedValue(column, pick),
      storedTime(column, pick),
    ]),
    ...(hasGapRules(plan.definition) ? [raw('alive'), raw('gap_rank')] : []),
    ...collectedSetColumns(plan),
    ...measureColumns(plan),
  ]
}

/** The whole of a block's row in its order, for readers. */
export const byUserAndBlock = (blocks: Sql, dialect: Dialect): Sql =>
  sql`${blocks}\nORDER BY ${join([dialect.bytewise(sql`b."user"`), sql`b.block`])}`
