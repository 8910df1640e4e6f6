/** Rejected rows with their place, for messages and for `--rejects`. */
import { type Engine, inTimeZone, LISTS_IN_PLACE } from '../engines/duckdb.js'
import type { NumberedFile, SourceGroup } from '../sources/group.js'
import { rejectedLines, type ScanSpan } from '../sources/reading.js'
import type { Format } from '../sources/source.js'
import { join, type Sql, sql, text } from '../sql/sql.js'
import { brokenLines } from './broken-lines.js'
import { type Ledger, type RejectReason, rejectedTotal } from './ledger.js'
import { rejectsLines } from './row-counts.js'
import { type RowPlan, rejectsQuery } from './rows.js'

export interface RejectedRows {
  /** Rejected rows with their place, at most `limit` per file. */
  rejects(limit?: number): Promise<RejectedRow[]>
  /** The first that was rejected for this reason: its file is read up to there. */
  firstRejected(reason: RejectReason): Promise<RejectedRow | undefined>
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

/** Where the rejected rows of a file are. */
interface Rejects {
  readonly file: NumberedFile
  readonly format: Format
  /** `file`, `row`, `reason`, `value`, `record`, each in the order of the rows. */
  readonly queries: readonly Sql[]
}

/** Where the rejected rows are, found by reading their files once more. */
export async function rejectedRows(
  engine: Engine,
  { plan, groups, ledger, scans }: RejectContext,
): Promise<RejectedRows> {
  const places: Rejects[] = []
  for (const [at, group] of groups.entries()) {
    for (const file of group.files) {
      if (rejectedIn(ledger, file.number) === 0) continue
      const damaged = (ledger.files[file.number]?.rejected.malformed ?? 0) > 0
      const broken =
        group.format === 'ndjson' && damaged ? await brokenLines(engine, group, file) : undefined
      const above = (group.csv?.skip ?? 0) + (group.csv?.header === true ? 1 : 0)
      const lines = sql`SELECT line - ${above} AS row, 'malformed' AS fate, problem AS value, text AS record FROM (${rejectedLines(scans, group.csv?.comment)}) WHERE path = ${text(file.path)} ORDER BY row`
      const found = [
        rejectsQuery(plan, group, at, file, broken),
        ...(rejectsLines(group) ? [lines] : []),
      ]
      places.push({
        file,
        format: group.format,
        queries: found.map(
          (rows) =>
            sql`SELECT ${text(file.label)} AS file, row, fate AS reason, value, record FROM (${rows})`,
        ),
      })
    }
  }
  const read = async ({ queries, format }: Rejects, most: number, only: Sql) => {
    const first = queries.map((query) => sql`(FROM (${query}) ${only})`)
    const rows = await engine.rows<Omit<RejectedRow, 'row' | 'format'> & { row: bigint }>(
      sql`SELECT * REPLACE (CAST(record AS VARCHAR) AS record) FROM (${join(first, ' UNION ALL ')}) ORDER BY row LIMIT ${most}`,
    )
    return rows.map((row): RejectedRow => ({ ...row, row: Number(row.row), format }))
  }
  const asRead = <T>(use: () => Promise<T>): Promise<T> =>
    engine.withSettings([inTimeZone(plan.timeZone), LISTS_IN_PLACE], use)
  return {
    rejectsQuery() {
      return places.length === 0
        ? undefined
        : sql`SELECT * FROM (${join(
            places.flatMap(({ queries }) => queries),
            ' UNION ALL ',
          )}) ORDER BY file, row`
    },
    rejects: (limit = 3) =>
      asRead(async () => {
        const found: RejectedRow[] = []
        for (const place of places.slice(0, MOST_FILES)) {
          found.push(...(await read(place, limit, sql``)))
        }
        return found
      }),
    async firstRejected(reason) {
      const place = places.find(({ file }) => rejectedIn(ledger, file.number, reason) > 0)
      if (place === undefined) return undefined
      const [first] = await asRead(() =>
        read(place, 1, sql`WHERE reason = ${text(reason)} LIMIT 1`),
      )
      return first
    },
  }
}

function rejectedIn({ files }: Ledger, number: number, reason?: RejectReason): number {
  const file = files[number]
  if (file === undefined) return 0
  return reason === undefined ? rejectedTotal(file) : file.rejected[reason]
}
