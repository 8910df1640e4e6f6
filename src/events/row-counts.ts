/** Counts where every row went, per file. */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import type { NumberedFile, SourceGroup } from '../sources/group.js'
import {
  countMalformed,
  LATEST_REJECTING_SCAN,
  lineReader,
  readsDocuments,
  rejectedLines,
  type ScanSpan,
} from '../sources/reading.js'
import type { Sources } from '../sources/source.js'
import { sql } from '../sql/sql.js'
import type { Ledger, LedgerCounts } from './ledger.js'

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
 * From the stage `rows`, and what the readers refused or turned into empty rows.
 *
 * @param scans those that made `rows`
 * @param whole rows were read whole
 */
export async function countRows(
  engine: Engine,
  groups: readonly SourceGroup[],
  scans: ScanSpan,
  whole: boolean,
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
    const json = group.format === 'ndjson' || group.format === 'json'
    if (json && !readsDocuments(group, whole)) await separateMalformed(engine, group, counts)
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
    sql`SELECT path, count(*) AS n, min(line) FILTER (WHERE lines > 1) AS open FROM (${rejectedLines(scans)}) GROUP BY ALL`,
  )
  const byPath = new Map(rejects.map((reject) => [reject.path, reject]))
  return group.files.flatMap((file) => {
    const found = byPath.get(file.path)
    if (found === undefined) return []
    if (found.open !== null) throw neverClosed(group, file, found.open)
    return [{ file: file.number, fate: 'malformed', n: Number(found.n) }]
  })
}

/** Rows after an open quote cannot be told from text inside it, so nothing can be counted. */
function neverClosed({ csv }: SourceGroup, file: NumberedFile, line: bigint): SessionizeError {
  const row = Number(line) - (csv?.header === false ? 0 : 1)
  return new SessionizeError(
    'input_corrupt',
    `${file.label}, row ${row}: a quote is opened and never closed, and takes the rows after it with it.`,
    {
      hint: 'Close it, or double it if it is text; a file cut short in the middle of a row looks like this too.',
    },
  )
}

/** The JSON reader turns a broken line into an empty row: those are told from rows without a user. */
async function separateMalformed(
  engine: Engine,
  group: SourceGroup,
  counts: FateCount[],
): Promise<void> {
  const dirty = group.files.filter((file) =>
    counts.some(({ file: number, fate }) => number === file.number && fate === 'no_user'),
  )
  if (dirty.length === 0) return
  const found = await engine.rows<{ file: number; malformed: bigint }>(countMalformed(group, dirty))
  for (const { file, malformed } of found) {
    const index = counts.findIndex((count) => count.file === file && count.fate === 'no_user')
    const empty = counts[index]
    if (empty === undefined) continue
    // A list in the row may have made several rows of one.
    const n = Math.min(empty.n, Number(malformed))
    counts.splice(index, 1, { ...empty, n: empty.n - n }, { file, fate: 'malformed', n })
  }
}

/** Whether a file's lines can all be read as text: a line may be too long or not UTF-8. */
export async function linesReadable(engine: Engine, file: NumberedFile): Promise<boolean> {
  const since = await latestRejectingScan(engine)
  await engine.row(sql`SELECT count(line) AS n FROM ${lineReader([file])}`)
  return (await latestRejectingScan(engine)) === since
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
  const numbered = groups.flatMap((group) => group.files).sort((a, b) => a.number - b.number)
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
    rejected: {
      malformed: of('malformed'),
      no_user: of('no_user'),
      no_time: of('no_time'),
      bad_time: of('bad_time'),
      time_out_of_range: of('time_out_of_range'),
    },
    filtered: of('filtered'),
    ignored: of('ignored'),
    outOfSession: of('out_of_session'),
  }
}
