/** Times that the first rows did not show: what all rows say of their unit, or of their day and month. */
import type { Engine } from '../engines/duckdb.js'
import type { SourceGroup } from '../sources/group.js'
import { sql } from '../sql/sql.js'
import { YEAR_ONE_MICROS } from '../units/instant.js'
import type { FateCount, RowCounts } from './row-counts.js'
import type { RowPlan } from './rows.js'
import { settledColumn } from './time-column.js'
import { PLAIN_MICROS } from './time-spellings.js'

/**
 * The plan by which the rows are to be read again; undefined where they were read well.
 *
 * @param counted of the stage `rows`, where it is known
 * @throws SessionizeError `bad_times` where the rows do not say it
 */
export async function settleTimes(
  engine: Engine,
  plan: RowPlan,
  groups: readonly SourceGroup[],
  counted: RowCounts | undefined,
): Promise<RowPlan | undefined> {
  const { mapping } = plan
  const { time } = mapping.clock
  if (!time.detected || !(await isDoubtful(engine, counted))) return undefined
  const settled = await settledColumn(engine, groups, time)
  const same =
    settled.settings.unit === time.settings.unit && settled.settings.order === time.settings.order
  return same
    ? undefined
    : { ...plan, mapping: { ...mapping, clock: { ...mapping.clock, time: settled } } }
}

/** Whether some row has no time that can be read, or one that no unit has by itself. */
async function isDoubtful(engine: Engine, counted: RowCounts | undefined): Promise<boolean> {
  const from = YEAR_ONE_MICROS + PLAIN_MICROS.from
  const to = YEAR_ONE_MICROS + PLAIN_MICROS.to
  if (counted !== undefined) {
    const { first, last } = counted.edges
    const bad = ({ fate }: FateCount): boolean =>
      fate === 'bad_time' || fate === 'time_out_of_range'
    return (
      counted.counts.some(bad) || (first !== null && first < from) || (last !== null && last >= to)
    )
  }
  const { doubtful } = await engine.row<{ doubtful: boolean }>(
    sql`SELECT coalesce(bool_or(fate IN ('bad_time', 'time_out_of_range')), false) OR coalesce(min(t) < ${from} OR max(t) >= ${to}, false) AS doubtful FROM rows`,
  )
  return doubtful
}
