/**
 * The row ledger: where every row that was read went. It always adds up, per file:
 * read = kept + duplicates + rejected (by reason) + filtered + ignored + out of session.
 */
export const REJECT_REASONS = {
  malformed: 'row that could not be parsed',
  nested_too_deep: 'JSON of more than 1,000 levels',
  no_user: 'no user',
  null_text: 'NULL, None or the like for a user or a time',
  no_time: 'no time',
  bad_time: 'time that could not be parsed',
  time_out_of_range: 'time outside the years 1 to 9999',
} as const

/** Why a row is no event. */
export type RejectReason = keyof typeof REJECT_REASONS

/** Every reason, in the order in which they are told. */
export const REASONS: readonly RejectReason[] = Object.keys(REJECT_REASONS).filter(
  (key): key is RejectReason => key in REJECT_REASONS,
)

export const perReason = (
  count: (reason: RejectReason) => number,
): Record<RejectReason, number> => ({
  malformed: count('malformed'),
  nested_too_deep: count('nested_too_deep'),
  no_user: count('no_user'),
  null_text: count('null_text'),
  no_time: count('no_time'),
  bad_time: count('bad_time'),
  time_out_of_range: count('time_out_of_range'),
})

/** Where rows went: `read` is the sum of all the others. */
export interface LedgerCounts {
  readonly read: number
  /** In a session. */
  readonly kept: number
  readonly duplicates: number
  readonly rejected: Readonly<Record<RejectReason, number>>
  /** Left out by --where, --from or --to. */
  readonly filtered: number
  /** Left out by the session definition. */
  readonly ignored: number
  /** Marked by the vendor as outside any session (Amplitude's session_id -1). */
  readonly outOfSession: number
}

/** Where every row went, over all and per file; `skipped` are files that hold no events. */
export interface Ledger extends LedgerCounts {
  readonly files: readonly (LedgerCounts & { readonly label: string })[]
  readonly skipped: readonly { readonly label: string; readonly why: string }[]
}

export const rejectedTotal = (counts: LedgerCounts): number =>
  Object.values(counts.rejected).reduce((sum, n) => sum + n, 0)

/**
 * Events that the session definition found no session for: no longer kept, but ignored.
 *
 * @param moved per position in `ledger.files`
 */
export function withIgnored(ledger: Ledger, moved: ReadonlyMap<number, number>): Ledger {
  const shift = <T extends LedgerCounts>(counts: T, n: number): T =>
    n === 0 ? counts : { ...counts, kept: counts.kept - n, ignored: counts.ignored + n }
  const total = [...moved.values()].reduce((sum, n) => sum + n, 0)
  return {
    ...shift(ledger, total),
    files: ledger.files.map((file, number) => shift(file, moved.get(number) ?? 0)),
  }
}
