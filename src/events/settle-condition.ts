/**
 * What a condition's columns hold is known when all of their values were seen: then their types are
 * settled, and every row has an answer, or the run ends with the row that has none.
 */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import type { SourceGroup } from '../sources/group.js'
import { sql, text } from '../sql/sql.js'
import { brokenLines } from './broken-lines.js'
import { type Condition, type ConditionColumn, widened, withNames } from './condition.js'
import {
  MISFIT,
  misfitsQuery,
  type RowPlan,
  rowsQuery,
  UNCOMPUTABLE,
  uncomputableQuery,
} from './rows.js'

/**
 * @returns the plan by which `rows` must be made again, undefined where it is as it should be
 * @throws SessionizeError `bad_condition` where it cannot be computed for a row
 */
export async function settleCondition(
  engine: Engine,
  plan: RowPlan,
  groups: readonly SourceGroup[],
): Promise<RowPlan | undefined> {
  const { condition } = plan
  if (condition === undefined) return undefined
  const found = await engine.rows<{ fate: string; file: number }>(
    sql`SELECT fate, min(file) AS file FROM rows WHERE fate IN (${text(MISFIT)}, ${text(UNCOMPUTABLE)}) GROUP BY fate`,
  )
  if (found.some(({ fate }) => fate === MISFIT)) {
    const positions = new Set<number>()
    for (const [at, group] of groups.entries()) {
      const row = await engine.row<Record<string, boolean>>(misfitsQuery(plan, group, at))
      condition.columns.forEach((_, i) => {
        if (row[`column${i}`] === true) positions.add(i)
      })
    }
    return withBindingTypes(engine, { ...plan, condition: widened(condition, positions) }, groups)
  }
  const [first] = found
  if (first !== undefined) throw await uncomputable(engine, plan, condition, groups, first.file)
  return undefined
}

async function uncomputable(
  engine: Engine,
  plan: RowPlan,
  condition: Condition,
  groups: readonly SourceGroup[],
  number: number,
): Promise<SessionizeError> {
  for (const [at, group] of groups.entries()) {
    const file = group.files.find((one) => one.number === number)
    if (file === undefined) continue
    const broken = group.format === 'ndjson' ? await brokenLines(engine, group, file) : undefined
    const query = uncomputableQuery(plan, group, at, file, broken)
    const [row] = await engine.rows<Record<string, unknown>>(query)
    if (row === undefined) continue
    const why = await engine
      .rows(sql`SELECT CAST((${condition.expression}) AS BOOLEAN) FROM (${query})`)
      .then(
        () => 'it is no number, or has another shape than the values before it',
        (error: unknown) => (error instanceof Error ? withNames(condition, error.message) : ''),
      )
    const values = condition.columns.flatMap(({ name, asText }) => {
      const value = row[asText]
      return typeof value === 'string' ? [`\`${name}\` is "${value.slice(0, 100)}"`] : []
    })
    const where = values.length === 0 ? '' : ` where ${values.join(' and ')}`
    return new SessionizeError(
      'bad_condition',
      `${file.label}, row ${String(row['__sz_row'])}: ${option('where')} cannot be computed${where}: ${why.replace(/\.?$/, '.')}`,
      {
        hint: "TRY_CAST(x AS DOUBLE) > 10 leaves out what is no number; x = '10' compares texts.",
      },
    )
  }
  return new SessionizeError(
    'bad_condition',
    `${option('where')} cannot be computed for some row.`,
    {},
  )
}

/**
 * Where numbers are asked what only texts can be, as in `code LIKE '1%'`, all are texts; and where
 * texts are asked what only numbers can be, each value has to be one.
 */
export async function withBindingTypes(
  engine: Engine,
  plan: RowPlan,
  groups: readonly SourceGroup[],
): Promise<RowPlan> {
  const { condition } = plan
  if (condition === undefined) return plan
  const as = (change: (column: ConditionColumn) => ConditionColumn): RowPlan => ({
    ...plan,
    condition: { ...condition, columns: condition.columns.map(change) },
  })
  const attempts = [
    plan,
    as((column) => ({ ...column, type: undefined })),
    as((column) =>
      column.type === undefined && !column.isRole
        ? { ...column, type: 'DOUBLE', strict: true }
        : column,
    ),
  ]
  for (const attempt of attempts) {
    const binds = await engine.describe(rowsQuery(attempt, groups)).then(
      () => true,
      () => false,
    )
    if (binds) return attempt
  }
  return plan
}
