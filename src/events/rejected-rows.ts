/** Rejected rows with their place, for messages and for `--rejects`. */
import type { Engine } from '../engines/duckdb.js'
import type { NumberedFile, SourceGroup } from '../sources/group.js'
import { rejectedLines, type ScanSpan } from '../sources/reading.js'
import { join, type Sql, sql, text } from '../sql/sql.js'
import { brokenLines } from './broken-lines.js'
import type { Ledger, RejectReason } from './ledger.js'
import { rejectsLines } from './row-counts.js'
import { type RowPlan, rejectsQuery } from './rows.js'

export interface RejectedRows {
  /** Rejected rows with their place, at most `limit` per file. */
  rejects(limit?: number): Promise<RejectedRow[]>
  /** All rejected rows as a query: `file`, `row`, `reason`, `value`, `record`. */
  rejectsQuery(): Sql | undefined
}

export interface RejectedRow {
  readonly file: string
  /** 1-based record number in its file; headers are not counted. */
  readonly row: number
  readonly reason: RejectReason
  /** The raw time. */
  readonly value: string | null
}

interface RejectContext {
  readonly plan: RowPlan
  readonly groups: readonly SourceGroup[]
  readonly ledger: Ledger
  readonly scans: ScanSpan
}

/** Where the rejected rows are, found by reading their files once more. */
export async function rejectedRows(
  engine: Engine,
  { plan, groups, ledger, scans }: RejectContext,
): Promise<RejectedRows> {
  const places: { file: NumberedFile; query: Sql }[] = []
  for (const [at, group] of groups.entries()) {
    for (const file of group.files) {
      if (rejectedIn(ledger, file.number) === 0) continue
      const damaged = (ledger.files[file.number]?.rejected.malformed ?? 0) > 0
      const broken =
        group.format === 'ndjson' && damaged ? await brokenLines(engine, group, file) : undefined
      const lines = rejectsLines(group)
        ? sql` UNION ALL SELECT line - ${group.csv?.header === true ? 1 : 0} AS row, 'malformed' AS fate, problem AS value, text AS record FROM (${rejectedLines(scans)}) WHERE path = ${text(file.path)}`
        : sql``
      places.push({
        file,
        query: sql`SELECT ${text(file.label)} AS file, row, fate AS reason, value, record FROM (${rejectsQuery(plan, group, at, file, broken)}${lines})`,
      })
    }
  }
  return {
    rejectsQuery() {
      return places.length === 0
        ? undefined
        : sql`SELECT * FROM (${join(
            places.map(({ query }) => query),
            ' UNION ALL ',
          )}) ORDER BY file, row`
    },
    async rejects(limit = 3) {
      await engine.setTimeZone(plan.timeZone)
      const found: RejectedRow[] = []
      for (const { query } of places.slice(0, 5)) {
        const rows = await engine.rows<Omit<RejectedRow, 'row'> & { row: bigint }>(
          sql`SELECT file, row, reason, value FROM (${query}) ORDER BY row LIMIT ${limit}`,
        )
        found.push(...rows.map((row) => ({ ...row, row: Number(row.row) })))
      }
      await engine.setTimeZone('UTC')
      return found
    },
  }
}

const rejectedIn = (ledger: Ledger, number: number): number =>
  Object.values(ledger.files[number]?.rejected ?? {}).reduce((sum, n) => sum + n, 0)
