/** Rejected rows with their place, for messages and for `--rejects`. */
import type { Engine } from '../engines/duckdb.js'
import type { NumberedFile, SourceGroup } from '../sources/group.js'
import { rejectedLines, type ScanSpan } from '../sources/reading.js'
import type { Format } from '../sources/source.js'
import { join, type Sql, sql, text } from '../sql/sql.js'
import { brokenLines } from './broken-lines.js'
import { type Ledger, type RejectReason, rejectedTotal } from './ledger.js'
import { rejectsLines } from './row-counts.js'
import { type RowPlan, rejectsQuery } from './rows.js'

export interface RejectedRows {
  /**
   * Rejected rows with their place.
   *
   * @param limit at most per file
   * @param reason only those
   */
  rejects(limit?: number, reason?: RejectReason): Promise<RejectedRow[]>
  /** All rejected rows as a query: `file`, `row`, `reason`, `value`, `record`. */
  rejectsQuery(): Sql | undefined
}

/** A row that is no event, and where it stands. */
export interface RejectedRow {
  readonly file: string
  /** 1-based record number in its file; headers are not counted. */
  readonly row: number
  readonly reason: RejectReason
  /** The raw time. */
  readonly value: string | null
  /** The row as it stands, as far as it can be shown. */
  readonly record: string | null
  /** What its file is read as. */
  readonly format: Format
}

/** Each is read once more. */
const MOST_FILES = 5

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
  const places: { file: NumberedFile; format: Format; query: Sql }[] = []
  for (const [at, group] of groups.entries()) {
    for (const file of group.files) {
      if (rejectedIn(ledger, file.number) === 0) continue
      const damaged = (ledger.files[file.number]?.rejected.malformed ?? 0) > 0
      const broken =
        group.format === 'ndjson' && damaged ? await brokenLines(engine, group, file) : undefined
      const lines = rejectsLines(group)
        ? sql` UNION ALL SELECT line - ${(group.csv?.skip ?? 0) + (group.csv?.header === true ? 1 : 0)} AS row, 'malformed' AS fate, problem AS value, text AS record FROM (${rejectedLines(scans, group.csv?.comment)}) WHERE path = ${text(file.path)}`
        : sql``
      places.push({
        file,
        format: group.format,
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
    async rejects(limit = 3, reason) {
      const having = places.filter(({ file }) => rejectedIn(ledger, file.number, reason) > 0)
      const only = reason === undefined ? sql`` : sql`WHERE reason = ${text(reason)}`
      await engine.setTimeZone(plan.timeZone)
      const found: RejectedRow[] = []
      for (const { query, format } of having.slice(0, MOST_FILES)) {
        const rows = await engine.rows<Omit<RejectedRow, 'row' | 'format'> & { row: bigint }>(
          sql`SELECT file, row, reason, value, CAST(record AS VARCHAR) AS record FROM (${query}) ${only} ORDER BY row LIMIT ${limit}`,
        )
        found.push(...rows.map((row) => ({ ...row, row: Number(row.row), format })))
      }
      await engine.setTimeZone('UTC')
      return found
    },
  }
}

function rejectedIn({ files }: Ledger, number: number, reason?: RejectReason): number {
  const file = files[number]
  if (file === undefined) return 0
  return reason === undefined ? rejectedTotal(file) : file.rejected[reason]
}
