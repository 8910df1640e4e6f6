/**
 * The public API.
 *
 *   import { sessionize } from 'sessionize'
 *
 *   const { overall } = await sessionize.summary('export.zip', { by: ['platform'] })
 *   for await (const session of sessionize.sessions('events.parquet')) console.log(session)
 *
 * Every function reads its inputs, answers, and leaves nothing open behind it. Failures that a user
 * can cause are a `SessionizeError` with a code, a message and a hint.
 */
import { audit } from './library/audit.js'
import { check } from './library/check.js'
import { compare } from './library/compare.js'
import { events } from './library/events.js'
import { gap } from './library/gap.js'
import { inspect } from './library/inspect.js'
import { query } from './library/query.js'
import { sql } from './library/sql.js'
import { trend } from './library/trend.js'
import { users } from './library/users.js'
import { sessions, sessionsArrow, summary, writeSessions } from './library/with-state.js'

/** Every function by the name of its command. */
export const sessionize = {
  summary,
  sessions,
  sessionsArrow,
  writeSessions,
  events,
  compare,
  trend,
  users,
  gap,
  query,
  audit,
  check,
  inspect,
  sql,
} as const

export type {
  Agreement,
  Audit,
  AuditMapping,
  Boundaries,
  BoundaryExample,
  Cause,
  CauseId,
  ExampleEvent,
  IdChecks,
  IdFinding,
  KindCounts,
  LengthPair,
  Lengths,
  RecordedAudit,
  ReportedAgainst,
  ReportedLength,
  SessionKind,
  StartTimeFinding,
  Timeouts,
} from './analysis/audit/audit.js'
export type { ReportedLengthOption } from './analysis/audit/reported-length.js'
export type {
  Background,
  BackgroundEvent,
  LongSessions,
  Rhythm,
  RoundTheClock,
  TailShare,
} from './analysis/background/background.js'
export type { BinScale } from './analysis/bins.js'
export type {
  CompareAnswer,
  CompareChoices,
  CompareMethod,
  Comparison,
  Difference,
} from './analysis/compare/compare.js'
export type { Group, GroupFigures, GroupSet } from './analysis/compare/groups.js'
export type { BrunnerMunzel, KolmogorovSmirnov } from './analysis/compare/ranks.js'
export type { Magnitude, Verdict } from './analysis/compare/verdict.js'
export type { AnswerContext, FarEvents } from './analysis/context.js'
export type {
  Detail,
  EcdfPoint,
  Figures,
  HistogramBin,
  LengthDistribution,
  LengthStatistics,
  LogNormalFit,
  QuantileEstimate,
  Spread,
} from './analysis/figures.js'
export type { Advice, ComponentSummary, IntervalFit } from './analysis/gap/advice.js'
export type { GapAnswer, HiddenByLongGap, PauseReport } from './analysis/gap/gap.js'
export type { OctaveBin } from './analysis/gap/intervals.js'
export type { SweepRow } from './analysis/gap/sweep.js'
export type { LeftOut } from './analysis/left-out.js'
export type { LengthFigures } from './analysis/lengths.js'
export type { SummaryChoices } from './analysis/summarize.js'
export type { MappingSummary, Segments, Summary, Warning } from './analysis/summary.js'
export type {
  HourOfWeek,
  PeriodFigures,
  PeriodUnit,
  Trend,
  TrendPeriod,
  TrendSeries,
} from './analysis/trend.js'
export type { OwnRule } from './checks/own-rule.js'
export type { CheckReport, CheckResult, CheckVerdict } from './checks/result.js'
export type { CheckExample, CheckUnit, Thresholds } from './checks/rule.js'
export type { RuleSetting } from './checks/run.js'
export type { DialectName } from './dialects/names.js'
export type { TableFormat } from './engines/table-file.js'
export { type ErrorCode, type ErrorOptions, SessionizeError } from './errors/errors.js'
export type { ClockChoice } from './events/clock-choice.js'
export type { InspectedGroup, Inspection } from './events/inspect.js'
export type { Ledger, LedgerCounts, RejectReason } from './events/ledger.js'
export type { Choice, Role } from './events/mapping.js'
export type { Clocks, Preset } from './events/presets/preset.js'
export type { RejectedRow } from './events/rejected-rows.js'
export {
  SessionTracker,
  type Tracked,
  type TrackedEvent,
  type TrackerOptions,
} from './follow/tracker.js'
export type { Asked, Inputs, Surroundings } from './library/ask.js'
export type { AuditOptions } from './library/audit.js'
export type { CheckOptions, CheckRules } from './library/check.js'
export type { CompareOptions } from './library/compare.js'
export type { EventsOptions } from './library/events.js'
export type { GapOptions } from './library/gap.js'
export type { InspectOptions } from './library/inspect.js'
export type { OnLeftOut } from './library/left-out.js'
export type { CommandName, OptionName, Options, OptionsOf, Values } from './library/option-table.js'
export type { QueryOptions } from './library/query.js'
export type { Row, Value } from './library/rows.js'
export type { SessionsOptions } from './library/sessions.js'
export type { SqlOptions } from './library/sql.js'
export type { SummaryOptions } from './library/summary.js'
export type { TrendOptions } from './library/trend.js'
export type { UsersOptions } from './library/users.js'
export type { Added } from './sessions/dataset.js'
export {
  DEFAULT_DEFINITION,
  type GapRule,
  type SessionDefinition,
} from './sessions/definition.js'
export type { SourceProgress } from './sources/open.js'
export type { Format } from './sources/source.js'
export { formatDuration, parseDuration } from './units/duration.js'
export {
  audit,
  check,
  compare,
  events,
  gap,
  inspect,
  query,
  sessions,
  sessionsArrow,
  sql,
  summary,
  trend,
  users,
  writeSessions,
}
