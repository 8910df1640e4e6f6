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
import { audit, check, compare, gap, inspect, summary, trend, users } from './library/answers.js'
import { events, query, sessions, sessionsArrow, sql, writeSessions } from './library/tables.js'

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
  LengthFigures,
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
  BackgroundLengths,
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
export type { AnswerContext } from './analysis/context.js'
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
export { type ErrorCode, type ErrorOptions, SessionizeError } from './errors/errors.js'
export type { ClockChoice } from './events/clock-choice.js'
export type { DatasetOptions, Resources } from './events/dataset.js'
export type { PresetOptions } from './events/detection.js'
export type { InspectedGroup, Inspection } from './events/inspect.js'
export type { Ledger, LedgerCounts, RejectReason } from './events/ledger.js'
export type { Choice, MappingOptions, Role } from './events/mapping.js'
export type { EventOptions } from './events/open.js'
export type { Clocks, Preset } from './events/presets/preset.js'
export type { RowOptions } from './events/row-plan.js'
export {
  SessionTracker,
  type Tracked,
  type TrackedEvent,
  type TrackerOptions,
} from './follow/tracker.js'
export type {
  AuditOptions,
  CheckOptions,
  CompareOptions,
  GapOptions,
  Inputs,
  SummaryOptions,
  TrendOptions,
  UsersOptions,
} from './library/answers.js'
export type { GroupingOptions, InputOptions, SessionOptions } from './library/options.js'
export type { Row, Value } from './library/rows.js'
export type { EventsOptions, QueryOptions, SessionsOptions, SqlOptions } from './library/tables.js'
export {
  DEFAULT_DEFINITION,
  type GapRule,
  type SessionDefinition,
} from './sessions/definition.js'
export { formatDuration, parseDuration } from './sessions/duration.js'
export type { TableFormat } from './sessions/write.js'
export type { SourceProgress } from './sources/open.js'
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
