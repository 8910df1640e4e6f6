import type { Ledger } from '../events/ledger.js'
import type { SessionDefinition } from '../sessions/definition.js'
import type { FarEvents } from './context.js'
import type { Detail, Figures } from './figures.js'

/** What was assumed about the input, short enough for a heading. */
export interface MappingSummary {
  readonly preset: string
  /** The columns or paths that hold each role; null where there is none. */
  readonly user: string
  readonly time: string
  readonly event: string | null
  readonly recordedSession: string | null
  readonly dedupe: string | null
}

/** Something a reader should know before trusting a figure. */
export interface Warning {
  readonly id: string
  readonly message: string
  readonly hint?: string
}

/** The answer of the main job. */
export interface Summary {
  readonly schema: 'sessionize/summary/v1'
  readonly definition: SessionDefinition
  readonly mapping: MappingSummary
  /** First and last kept event but for those far from all others, ISO 8601 UTC; null when nothing was kept. */
  readonly firstEvent: string | null
  readonly lastEvent: string | null
  readonly farEvents: FarEvents | null
  readonly overall: Figures
  /** Only where it was asked for. */
  readonly detail: Detail | null
  readonly segments: Segments | null
  readonly ledger: Ledger
  readonly warnings: readonly Warning[]
}

/** Figures per segment. */
export interface Segments {
  /** As `--by` named them. */
  readonly dimensions: readonly string[]
  /** Most sessions first, ties by value; in their own order where all dimensions have one. */
  readonly rows: readonly {
    readonly values: readonly (string | null)[]
    readonly figures: Figures
  }[]
  /** The segments that --top or --having left out, together; null when there is none. */
  readonly rest: { readonly segments: number; readonly figures: Figures } | null
}
