/** Everything that the report tells: answers of the analyses, put together once. */
import type { Audit } from '../analysis/audit/audit.js'
import type { HistogramBin, QuantileEstimate } from '../analysis/figures.js'
import type { GapAnswer } from '../analysis/gap/gap.js'
import type { Segments, Summary } from '../analysis/summary.js'
import type { Trend } from '../analysis/trend.js'
import type { CheckReport } from '../checks/result.js'

export interface ReportContents {
  readonly schema: 'sessionize/report/v1'
  readonly title: string
  /** What to type to get this report again. */
  readonly command: string
  /** With its detail, and bins that double. */
  readonly summary: Summary
  /** The same lengths in bins of one width. */
  readonly linear: readonly HistogramBin[]
  readonly segments: readonly ReportSegments[]
  readonly trend: Trend
  readonly hours: Trend
  readonly gap: Answer<GapAnswer>
  readonly audit: Answer<Audit>
  readonly checks: CheckReport
}

export interface ReportSegments extends Segments {
  /** The median of each row, with its interval. */
  readonly medians: readonly QuantileEstimate[]
  /** Segments beyond those that are shown. */
  readonly more: number
}

/** What an analysis says, or why it says nothing about these data. */
export type Answer<T> =
  | { readonly answer: T; readonly why: null }
  | { readonly answer: null; readonly why: string }
