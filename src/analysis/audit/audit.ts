import type { Ledger } from '../../events/ledger.js'
import type { SessionDefinition } from '../../sessions/definition.js'
import type { Background } from '../background/background.js'
import type { FarEvents } from '../context.js'
import type { LengthFigures } from '../lengths.js'
import type { Warning } from '../summary.js'

/** Recorded sessions against rebuilt ones, and what keeps sessions alive in the background. */
export interface Audit {
  readonly schema: 'sessionize/audit/v1'
  readonly definition: SessionDefinition
  readonly mapping: AuditMapping
  /** First and last event but for those far from all others, ISO 8601 UTC; null when there is none. */
  readonly firstEvent: string | null
  readonly lastEvent: string | null
  readonly farEvents: FarEvents | null
  /** Null with `--background`, which does not look at recorded ids. */
  readonly recorded: RecordedAudit | null
  readonly background: Background
  readonly ledger: Ledger
  readonly warnings: readonly Warning[]
}

/** Which columns held what. */
export interface AuditMapping {
  readonly preset: string
  readonly user: string
  readonly time: string
  readonly event: string | null
  readonly recordedSession: string | null
}

/** Recorded sessions against rebuilt ones. */
export interface RecordedAudit {
  readonly events: {
    /** In both partitions. */
    readonly compared: number
    /** Passive events: they belong to recorded sessions, but open and close none. */
    readonly passive: number
  }
  readonly users: number
  readonly agreement: Agreement
  readonly boundaries: Boundaries
  readonly causes: readonly Cause[]
  readonly timeouts: Timeouts
  readonly lengths: Lengths
  readonly ids: IdChecks
  readonly reportedLength: ReportedLength | null
}

/**
 * What became of a session on the other side:
 * `exact`: the same events; `split`: one rebuilt session holds several recorded ones; `merged`: one
 * recorded session spans several rebuilt ones; `mixed`: both at once; `apart`: it holds no event
 * that the other side has (only passive ones).
 */
export const SESSION_KINDS = ['exact', 'split', 'merged', 'mixed', 'apart'] as const
/** How a session lies to those of the other side. */
export type SessionKind = (typeof SESSION_KINDS)[number]

/** Sessions of one side, by kind. */
export type KindCounts = Readonly<Record<SessionKind, number>> & { readonly sessions: number }

/** How far two partitions of the same events into sessions agree. */
export interface Agreement {
  readonly recorded: KindCounts
  readonly rebuilt: KindCounts
  /** Share of recorded sessions that were rebuilt with exactly their events. */
  readonly exactShare: number | null
  /** Of the two partitions of the compared events; 1 when they are the same. */
  readonly adjustedRandIndex: number | null
}

/** Boundaries between consecutive events of a user; the recorded ones are what is looked for. */
export interface Boundaries {
  /** Pairs of consecutive events of a user. */
  readonly pairs: number
  readonly both: number
  readonly recordedOnly: number
  readonly rebuiltOnly: number
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number | null
}

/** Why a boundary is on one side only; each boundary has one cause. */
export const CAUSES = [
  'interleaved',
  'platform_change',
  'midnight',
  'shorter_timeout',
  'restart',
  'other_rule',
  'passive_events',
  'longer_timeout',
  'kept_open',
] as const
/** Why the sides differ at a boundary. */
export type CauseId = (typeof CAUSES)[number]

/** Boundaries that are on one side only, and why. */
export interface Cause {
  readonly id: CauseId
  /** `split`: only recorded ids change there; `merged`: only the rebuilt session does. */
  readonly kind: 'split' | 'merged'
  readonly boundaries: number
  /** Of the boundaries of this kind. */
  readonly share: number
  /** Time between the two events. */
  readonly medianGapSeconds: number
  readonly examples: readonly BoundaryExample[]
}

/** A boundary with the events around it. */
export interface BoundaryExample {
  readonly user: string
  readonly events: readonly ExampleEvent[]
}

/** An event near a boundary. */
export interface ExampleEvent {
  readonly time: string
  readonly name: string | null
  readonly recordedSession: string
  /** Number of the rebuilt session within the user, from 1. */
  readonly rebuiltSession: number
  readonly secondsSincePrevious: number | null
  /** Whether this is the first event after the boundary. */
  readonly afterBoundary: boolean
}

/** How well a single timeout would explain the recorded boundaries. */
export interface Timeouts {
  readonly best: { readonly seconds: number; readonly f1: number } | null
  readonly tried: readonly { readonly seconds: number; readonly f1: number | null }[]
}

/** Lengths on both sides, over all and per value of a dimension. */
export interface Lengths {
  readonly overall: LengthPair
  readonly dimensions: readonly {
    readonly name: string
    /** Most recorded sessions first. */
    readonly rows: readonly (LengthPair & { readonly value: string | null })[]
  }[]
}

/** Lengths on both sides. */
export interface LengthPair {
  readonly recorded: LengthFigures
  readonly rebuilt: LengthFigures
  /** Recorded minus rebuilt. */
  readonly difference: {
    readonly meanSeconds: number | null
    readonly p50Seconds: number | null
    readonly p90Seconds: number | null
  }
}

/** Recorded ids that are not what a session id should be. */
export interface IdChecks {
  readonly sessions: number
  readonly equalToUser: IdFinding
  /** Distinct ids seen under more than one user; `checked` counts distinct ids. */
  readonly underSeveralUsers: IdFinding
  /** Null where the ids are not times in milliseconds. */
  readonly notStartTime: StartTimeFinding | null
  /** Sessions that begin before an earlier one of the same user has ended. */
  readonly overlapping: IdFinding
}

/** How many ids are so, with examples. */
export interface IdFinding {
  readonly checked: number
  readonly found: number
  readonly share: number | null
  readonly examples: readonly {
    readonly recordedSession: string
    readonly user: string
    /** Users, for an id under several; seconds, for an overlap; else null. */
    readonly value: number | null
  }[]
}

/** Ids that are times and not that of their first event. */
export interface StartTimeFinding extends IdFinding {
  readonly toleranceSeconds: number
  /** Ids after the first event: lengths measured from the id would be too short, or negative. */
  readonly later: number
  /** Ids before the first event, where the data reaches back far enough to show it. */
  readonly earlier: number
  readonly medianSeconds: number | null
}

/** Lengths that the app reports, against the measured ones. */
export interface ReportedLength {
  readonly event: string
  readonly property: string
  readonly events: number
  /** Events without a number in that property. */
  readonly unreadable: number
  readonly tolerance: { readonly seconds: number; readonly share: number }
  /** Against the recorded session that the event belongs to, and against the rebuilt one. */
  readonly recorded: ReportedAgainst
  readonly rebuilt: ReportedAgainst
  readonly examples: readonly {
    readonly user: string
    readonly recordedSession: string
    readonly reportedSeconds: number
    readonly recordedSeconds: number
    readonly rebuiltSeconds: number | null
  }[]
}

/** Reported lengths against those of one side. */
export interface ReportedAgainst {
  readonly compared: number
  readonly disagree: number
  readonly share: number | null
  /** Reported minus measured, over all that were compared. */
  readonly medianDifferenceSeconds: number | null
}
