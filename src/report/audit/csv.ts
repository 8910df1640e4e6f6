import type { Audit } from '../../analysis/audit/audit.js'
import { SESSION_KINDS } from '../../analysis/audit/audit.js'
import { type Cell, csvTable } from '../csv.js'

/** The figures as `section, name, value`: one number a row, so that runs can be joined and compared. */
export function auditAsCsv(audit: Audit): string {
  const rows: Cell[][] = []
  const put = (section: string, name: Cell, value: Cell): void => {
    rows.push([section, name, value])
  }
  const { recorded, background } = audit
  if (recorded !== null) {
    const { agreement, boundaries, lengths, ids } = recorded
    put('events', 'compared', recorded.events.compared)
    put('events', 'passive', recorded.events.passive)
    for (const side of ['recorded', 'rebuilt'] as const) {
      put(side, 'sessions', agreement[side].sessions)
      for (const kind of SESSION_KINDS) put(side, kind, agreement[side][kind])
      put(side, 'mean_seconds', lengths.overall[side].meanSeconds)
      put(side, 'p50_seconds', lengths.overall[side].p50Seconds)
      put(side, 'p90_seconds', lengths.overall[side].p90Seconds)
    }
    put('agreement', 'exact_share', agreement.exactShare)
    put('agreement', 'adjusted_rand_index', agreement.adjustedRandIndex)
    put('boundaries', 'both', boundaries.both)
    put('boundaries', 'recorded_only', boundaries.recordedOnly)
    put('boundaries', 'rebuilt_only', boundaries.rebuiltOnly)
    put('boundaries', 'precision', boundaries.precision)
    put('boundaries', 'recall', boundaries.recall)
    put('boundaries', 'f1', boundaries.f1)
    for (const cause of recorded.causes) put('cause', cause.id, cause.boundaries)
    put('ids', 'equal_to_user', ids.equalToUser.found)
    put('ids', 'under_several_users', ids.underSeveralUsers.found)
    put('ids', 'not_start_time', ids.notStartTime?.found ?? null)
    put('ids', 'overlapping', ids.overlapping.found)
    for (const { name, rows: values } of lengths.dimensions) {
      for (const { value, difference } of values) {
        put(`mean_difference_seconds by ${name}`, value, difference.meanSeconds)
      }
    }
    if (recorded.reportedLength !== null) {
      put('reported_length', 'disagree_recorded', recorded.reportedLength.recorded.disagree)
      put('reported_length', 'disagree_rebuilt', recorded.reportedLength.rebuilt.disagree)
    }
  }
  for (const event of background.events) {
    put('background', event.name, event.meanChange)
  }
  put('background', 'round_the_clock_users', background.roundTheClock.users)
  return csvTable([], ['section', 'name', 'value'], rows)
}
