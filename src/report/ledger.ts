import {
  type Ledger,
  type LedgerCounts,
  REASONS,
  REJECT_REASONS,
  rejectedTotal,
} from '../events/ledger.js'

/** One line of the row ledger: the lines of depth 1 add up to the line of depth 0. */
export interface LedgerLine {
  readonly label: string
  readonly depth: 0 | 1 | 2
  readonly rows: number
  /** Of all rows read; null when none was. */
  readonly share: number | null
}

const DESTINATIONS: readonly {
  readonly label: string
  readonly rows: (counts: LedgerCounts) => number
}[] = [
  { label: 'in a session', rows: (counts) => counts.kept },
  { label: 'duplicates', rows: (counts) => counts.duplicates },
  { label: 'rejected', rows: rejectedTotal },
  { label: 'filtered', rows: (counts) => counts.filtered },
  { label: 'ignored', rows: (counts) => counts.ignored },
  { label: 'out of session', rows: (counts) => counts.outOfSession },
]

/** Where every row went. Destinations that no row reached are left out. */
export function ledgerLines(counts: LedgerCounts): readonly LedgerLine[] {
  const line = (label: string, depth: LedgerLine['depth'], rows: number): LedgerLine => ({
    label,
    depth,
    rows,
    share: counts.read === 0 ? null : rows / counts.read,
  })
  const destinations = DESTINATIONS.map(({ label, rows }) => line(label, 1, rows(counts)))
  const lost = counts.read - destinations.reduce((sum, { rows }) => sum + rows, 0)
  return [
    line('rows read', 0, counts.read),
    ...destinations
      // A ledger that does not add up is a defect, which a reader must see rather than be spared.
      .concat(line('unaccounted for', 1, lost))
      .filter(({ label, rows }) => rows !== 0 || label === 'in a session')
      .flatMap((place) => [
        place,
        ...(place.label === 'rejected'
          ? REASONS.map((reason) =>
              line(REJECT_REASONS[reason], 2, counts.rejected[reason]),
            ).filter(({ rows }) => rows !== 0)
          : []),
      ]),
  ]
}

/** Per file: the rows read and where they went; only the destinations that some row reached. */
export function ledgerByFile(files: Ledger['files']): {
  readonly headings: readonly string[]
  readonly rows: readonly { readonly label: string; readonly counts: readonly number[] }[]
} {
  const reached = DESTINATIONS.filter(
    ({ rows }, at) => at === 0 || files.some((file) => rows(file) !== 0),
  )
  return {
    headings: ['rows', ...reached.map(({ label }) => label)],
    rows: files.map((file) => ({
      label: file.label,
      counts: [file.read, ...reached.map(({ rows }) => rows(file))],
    })),
  }
}

const MOST_FILES = 8

/**
 * The files worth a line: all of a few; of many, those with rejected rows, most first. An hourly
 * export of a year has 8,760 files, which no one reads through.
 */
export function filesToShow(ledger: Ledger): Ledger['files'] {
  if (ledger.files.length <= MOST_FILES) return ledger.files
  return ledger.files
    .filter((file) => rejectedTotal(file) > 0)
    .sort((a, b) => rejectedTotal(b) - rejectedTotal(a))
    .slice(0, MOST_FILES)
}

/** Skipped files by reason, in order of first appearance. */
export function skippedByReason(
  skipped: Ledger['skipped'],
): readonly { readonly why: string; readonly labels: readonly string[] }[] {
  const groups = new Map<string, string[]>()
  for (const { label, why } of skipped) {
    const labels = groups.get(why)
    if (labels === undefined) groups.set(why, [label])
    else labels.push(label)
  }
  return [...groups].map(([why, labels]) => ({ why: why.replaceAll('_', ' '), labels }))
}
