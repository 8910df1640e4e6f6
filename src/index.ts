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
import { compare, gap, inspect, summary, trend, users } from './library/answers.js'
import { query, sessions, sessionsArrow, sql, writeSessions } from './library/tables.js'

/** Every function by the name of its command. */
export const sessionize = {
  summary,
  sessions,
  sessionsArrow,
  writeSessions,
  compare,
  trend,
  users,
  gap,
  query,
  inspect,
  sql,
} as const

export type { BinScale } from './analysis/bins.js'
export type {
  CompareAnswer,
  CompareMethod,
  Comparison,
  Difference,
} from './analysis/compare/compare.js'
export type { GroupFigures } from './analysis/compare/groups.js'
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
export type { MappingSummary, Segments, Summary, Warning } from './analysis/summary.js'
export type { HourOfWeek, PeriodUnit, Trend, TrendPeriod, TrendSeries } from './analysis/trend.js'
export { type ErrorCode, SessionizeError } from './errors/errors.js'
export type { Inspection } from './events/inspect.js'
export type { Ledger, LedgerCounts, RejectReason } from './events/ledger.js'
export {
  SessionTracker,
  type Tracked,
  type TrackedEvent,
  type TrackerOptions,
} from './follow/tracker.js'
export type {
  CompareOptions,
  GapOptions,
  Inputs,
  SummaryOptions,
  TrendOptions,
  UsersOptions,
} from './library/answers.js'
export type { GroupingOptions, InputOptions, SessionOptions } from './library/options.js'
export type { Row, Value } from './library/rows.js'
export type { QueryOptions, SessionsOptions, SqlOptions } from './library/tables.js'
export {
  DEFAULT_DEFINITION,
  type GapRule,
  type SessionDefinition,
} from './sessions/definition.js'
export { formatDuration, parseDuration } from './sessions/duration.js'
export type { TableFormat } from './sessions/write.js'
export {
  compare,
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
