import type { FarEvents } from '../../analysis/context.js'
import type { Figures, LengthStatistics } from '../../analysis/figures.js'
import type { MappingSummary } from '../../analysis/summary.js'
import { formatCount, formatInstant, formatNumberOf, formatSeconds } from '../quantities.js'

/** What the terminal and the Markdown summary both say, in the same words. */

export const LENGTH_COLUMNS: readonly {
  readonly name: string
  readonly value: (length: LengthStatistics) => number | null
}[] = [
  { name: 'mean', value: (length) => length.meanSeconds },
  { name: 'p50', value: (length) => length.p50Seconds },
  { name: 'p75', value: (length) => length.p75Seconds },
  { name: 'p90', value: (length) => length.p90Seconds },
  { name: 'p95', value: (length) => length.p95Seconds },
  { name: 'p99', value: (length) => length.p99Seconds },
  { name: 'max', value: (length) => length.maxSeconds },
]

export const MAPPED_ROLES: readonly {
  readonly role: string
  readonly column: (mapping: MappingSummary) => string | null
}[] = [
  { role: 'user', column: (mapping) => mapping.user },
  { role: 'time', column: (mapping) => mapping.time },
  { role: 'event', column: (mapping) => mapping.event },
  { role: 'recorded session', column: (mapping) => mapping.recordedSession },
  { role: 'dedupe', column: (mapping) => mapping.dedupe },
]

/** `2024-01-01 00:00:03 to 2024-01-31 23:59:58 UTC, 30d 23h` */
export function describeSpan(first: string | null, last: string | null): string {
  if (first === null || last === null) return 'no event was kept'
  const seconds = (Date.parse(last) - Date.parse(first)) / 1_000
  const length = Number.isFinite(seconds) ? `, ${formatSeconds(seconds)}` : ''
  return `${formatInstant(first)} to ${formatInstant(last)} UTC${length}`
}

/** `3 events far from the rest are in sessions, but not in the span of the data: ...`; null without any. */
export function describeFar(far: FarEvents | null): string | null {
  if (far === null) return null
  const { before, after, firstEvent, lastEvent } = far
  const side = (count: number, where: string, several: string, instant: string): string[] =>
    count === 0
      ? []
      : [
          `${formatCount(count)} ${where} it, ${count === 1 ? 'at' : several} ${formatInstant(instant)}`,
        ]
  const sides = [
    ...side(before, 'before', 'from', firstEvent),
    ...side(after, 'after', 'up to', lastEvent),
  ]
  const total = before + after
  return `${formatNumberOf(total, 'event')} far from the rest ${total === 1 ? 'is' : 'are'} in sessions, but not in the span of the data: ${sides.join(', and ')} UTC`
}

/** Sessions whose true length is unknown; null when there is none to speak of. */
export function describeEdges({ startCensored, endCensored }: Figures): string | null {
  const touching = [
    ...(startCensored > 0 ? [`${formatCount(startCensored)} at the start`] : []),
    ...(endCensored > 0 ? [`${formatCount(endCensored)} at the end`] : []),
  ]
  if (touching.length === 0) return null
  return `${touching.join(' and ')} of the data: sessions whose true length is unknown`
}

/** A value that is absent, and one that is empty, are seen as such and kept apart. */
export const segmentValue = (value: string | null): string =>
  value === null ? '(none)' : value === '' ? '""' : value

/** The segments that were left out, together. */
export const OTHER = '(other)'
