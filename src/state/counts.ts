/** The row ledger of a state: that of all its files, with duplicates across runs moved. */
import { type Ledger, type LedgerCounts, perReason } from '../events/ledger.js'
import type { Moved } from './duplicates.js'
import type { Manifest, StateFile } from './manifest.js'

type Counts = StateFile['counts']

const FATES: Readonly<Record<string, 'filtered' | 'ignored' | 'outOfSession'>> = {
  filtered: 'filtered',
  ignored: 'ignored',
  out_of_session: 'outOfSession',
}

/** A file's counts with some of its rows moved to the duplicates. */
export function withMoved(counts: LedgerCounts, file: number, moved: readonly Moved[]): Counts {
  const { read, kept, duplicates, rejected, filtered, ignored, outOfSession } = counts
  const own = moved.filter((one) => one.file === file)
  const result = {
    read,
    kept,
    duplicates,
    rejected: { ...rejected },
    filtered,
    ignored,
    outOfSession,
  }
  for (const { fate, rows } of own) {
    result[fate === null ? 'kept' : (FATES[fate] ?? 'kept')] -= rows
    result.duplicates += rows
  }
  return result
}

/** As one run over all files would tell it. */
export function ledgerOf({ files, skipped }: Manifest): Ledger {
  const sorted = [...files].sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0))
  const sum = (of: (counts: Counts) => number): number =>
    files.reduce((total, { counts }) => total + of(counts), 0)
  return {
    read: sum(({ read }) => read),
    kept: sum(({ kept }) => kept),
    duplicates: sum(({ duplicates }) => duplicates),
    rejected: perReason((reason) => sum(({ rejected }) => rejected[reason])),
    filtered: sum(({ filtered }) => filtered),
    ignored: sum(({ ignored }) => ignored),
    outOfSession: sum(({ outOfSession }) => outOfSession),
    files: sorted.map(({ label, counts }) => ({ label, ...counts })),
    skipped: [...skipped].sort((a, b) => (a.label < b.label ? -1 : 1)),
  }
}
