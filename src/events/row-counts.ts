/** Counts where every row went, per file. */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { canBeSeen } from '../sources/deep-rows.js'
import type { NumberedFile, SourceGroup } from '../sources/group.js'
import { contentOf } from '../sources/gzip.js'
import { hasBothLineEnds } from '../sources/line-ends.js'
import { LATEST_REJECTING_SCAN, rejectedLines, type ScanSpan } from '../sources/reading.js'
import { MixedLineEnds } from '../sources/scan.js'
import type { Sources } from '../sources/source.js'
import { sql } from '../sql/sql.js'
import { type Ledger, type LedgerCounts, perReason } from './ledger.js'

export interface FateCount {
  readonly file: number
  readonly fate: string | null
  readonly n: number
}

export interface RowCounts {
  readonly counts: readonly FateCount[]
  readonly edges: { readonly first: bigint | null; readonly last: bigint | null }
}

/**
 * From the stage `rows`, and what the readers refused.
 *
 * @param scans those that made `rows`
 */
export async function countRows(
  engine: Engine,
  groups: readonly SourceGroup[],
  scans: ScanSpan,
): Promise<RowCounts> {
  const rows = await engine.rows<{
    file: number
    fate: string | null
    n: bigint
    first: bigint | null
    last: bigint | null
  }>(
    sql`SELECT file, fate, count(*) AS n, min(t) AS first, max(t) AS last FROM rows GROUP BY ALL ORDER BY ALL`,
  )
  let first: bigint | null = null
  let last: bigint | null = null
  for (const row of rows) {
    if (row.fate !== null) continue
    if (row.first !== null && (first === null || row.first < first)) first = row.first
    if (row.last !== null && (last === null || row.last > last)) last = row.last
  }
  const counts: FateCount[] = rows.map(({ file, fate, n }) => ({ file, fate, n: Number(n) }))
  for (const group of groups) {
    if (rejectsLines(group)) counts.push(...(await countRejectedLines(engine, group, scans)))
  }
  return { counts, edges: { first, last } }
}

/** Formats whose reader passes over lines that it cannot parse and writes them down. */
export const rejectsLines = ({ format }: SourceGroup): boolean =>
  format === 'csv' || format === 'log'

/** So that what earlier looks at the files met is not counted again. */
export async function latestRejectingScan(engine: Engine): Promise<bigint> {
  const { tables } = await engine.row<{ tables: bigint }>(
    sql`SELECT count(*) AS tables FROM duckdb_tables() WHERE table_name = 'reject_scans'`,
  )
  if (tables === 0n) return -1n
  const { scan } = await engine.row<{ scan: bigint | null }>(LATEST_REJECTING_SCAN)
  return scan ?? -1n
}

async function countRejectedLines(
  engine: Engine,
  group: SourceGroup,
  scans: ScanSpan,
): Promise<FateCount[]> {
  const rejects = await engine.rows<{ path: string; n: bigint; open: bigint | null }>(
    sql`SELECT path, count(*) AS n, min(line) FILTER (WHERE lines > 1) AS open FROM (${rejectedLines(scans, group.csv?.comment)}) GROUP BY ALL`,
  )
  const byPath = new Map(rejects.map((reject) => [reject.path, reject]))
  const counts: FateCount[] = []
  for (const file of group.files) {
    const found = byPath.get(file.path)
    if (found === undefined) continue
    // After a refused line the engine's parser loses its way where line ends are of both kinds.
    const doubtful = group.csv?.evened === false && !group.csv.mixedLineEnds && canBeSeen(file)
    if (doubtful && (await hasBothLineEnds(contentOf(file)))) throw new MixedLineEnds(file.path)
    if (found.open !== null) throw neverClosed(group, file, found.open)
    counts.push({ file: file.number, fate: 'malformed', n: Number(found.n) })
  }
  return counts
}

/** Rows after an open quote cannot be told from text inside it, so nothing can be counted. */
function neverClosed({ csv }: SourceGroup, file: NumberedFile, line: bigint): SessionizeError {
  const row = Number(line) - (csv?.skip ?? 0) - (csv?.header === false ? 0 : 1)
  return new SessionizeError(
    'input_corrupt',
    `${file.label}, row ${row}: a quote is opened and never closed, and takes the rows after it with it.`,
    {
      hint: 'Close it, or double it if it is text; a file cut short in the middle of a row looks like this too.',
    },
  )
}

export function closeLedger(
  groups: readonly SourceGroup[],
  sources: Sources,
  counts: readonly FateCount[],
): Ledger {
  const byFile = new Map<number, FateCount[]>()
  for (const count of counts) {
    const known = byFile.get(count.file)
    if (known === undefined) byFile.set(count.file, [count])
    else known.push(count)
  }
  // Parts of one file are in groups of their own.
  const files = new Map(groups.flatMap((group) => group.files).map((file) => [file.number, file]))
  const numbered = [...files.values()].sort((a, b) => a.number - b.number)
  return {
    ...tally(counts),
    files: numbered.map((file) => ({ label: file.label, ...tally(byFile.get(file.number) ?? []) })),
    skipped: sources.skipped.map(({ label, why }) => ({ label, why })),
  }
}

export function tally(counts: readonly FateCount[]): LedgerCounts {
  const of = (fate: string | null): number =>
    counts.reduce((sum, count) => (count.fate === fate ? sum + count.n : sum), 0)
  return {
    read: counts.reduce((sum, { n }) => sum + n, 0),
    kept: of(null),
    duplicates: of('duplicate'),
    rejected: perReason(of),
    filtered: of('filtered'),
    ignored: of('ignored'),
    outOfSession: of('out_of_session'),
  }
}
