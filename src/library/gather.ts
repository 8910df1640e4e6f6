/** Asks every analysis that the report tells of. */
import { AUDIT_DIMENSIONS, audit } from '../analysis/audit/run.js'
import { linearBins } from '../analysis/bins.js'
import { CONFIDENCE } from '../analysis/distribution.js'
import type { HistogramBin, QuantileEstimate } from '../analysis/figures.js'
import { analyseGap } from '../analysis/gap/gap.js'
import { quantileEstimates } from '../analysis/quantile-interval.js'
import { figuresOf } from '../analysis/segment-figures.js'
import { summarize } from '../analysis/summarize.js'
import type { Segments, Summary } from '../analysis/summary.js'
import { type PeriodUnit, trend } from '../analysis/trend.js'
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { count, select } from '../figures/figure.js'
import type { Answer, ReportContents, ReportSegments } from '../report/contents.js'
import { formatNumberOf } from '../report/quantities.js'
import type { Events } from '../sessions/dataset.js'
import type { SessionDefinition } from '../sessions/definition.js'
import { raw, sql, text } from '../sql/sql.js'
import { MICROS_PER_DAY } from '../units/time.js'

export { AUDIT_DIMENSIONS }

export interface GatherOptions {
  readonly definition: SessionDefinition
  readonly by: readonly string[]
  readonly reportTimeZone?: string
  readonly title: string
  readonly command: string
}

export async function gather(
  engine: Engine,
  events: Events,
  options: GatherOptions,
): Promise<Omit<ReportContents, 'checks'>> {
  const { definition, title, command } = options
  const zone =
    options.reportTimeZone === undefined ? {} : { reportTimeZone: options.reportTimeZone }
  const summary = await summarize(engine, events, {
    definition,
    by: [],
    detail: true,
    bins: 'log',
  })
  const linear = await linearHistogram(engine, summary)
  const segments: ReportSegments[] = []
  for (const name of options.by) {
    segments.push(await segmentsBy(engine, events, { definition, name, ...zone }))
  }
  const plain = { definition, by: [], ...zone }
  return {
    schema: 'sessionize/report/v1',
    title,
    command,
    summary,
    linear,
    segments,
    trend: await trend(engine, events, { ...plain, per: periodFor(events) }),
    hours: await trend(engine, events, { ...plain, per: 'hour-of-week' }),
    gap: await answerOr(() => analyseGap(engine, events, { definition })),
    audit: await auditRecorded(engine, events, definition),
  }
}

/** Over the table `sessions` that the summary left. */
async function linearHistogram(
  engine: Engine,
  { overall }: Summary,
): Promise<readonly HistogramBin[]> {
  const p99 = (overall.length.p99Seconds ?? 0) * 1e6
  return (await figuresOf(engine, sql`sessions`, linearBins(p99))).histogram
}

/** More than these are no picture any more. */
const MOST_SEGMENTS = 50

async function segmentsBy(
  engine: Engine,
  events: Events,
  { name, ...options }: { definition: SessionDefinition; name: string; reportTimeZone?: string },
): Promise<ReportSegments> {
  const { segments } = await summarize(engine, events, {
    ...options,
    by: [name],
    top: MOST_SEGMENTS,
  })
  const { dimensions, rows, rest }: Segments = segments ?? {
    dimensions: [name],
    rows: [],
    rest: null,
  }
  const medians: QuantileEstimate[] = []
  for (const { values } of rows) {
    const [value = null] = values
    const same = value === null ? raw('key_0 IS NULL') : sql`key_0 = ${text(value)}`
    const [median] = await quantileEstimates(
      engine,
      sql`(SELECT user, length FROM segmented WHERE ${same})`,
      [0.5],
      CONFIDENCE,
    )
    medians.push(median ?? { share: 0.5, seconds: null, lowSeconds: null, highSeconds: null })
  }
  return { dimensions, rows, rest, medians, more: rest?.segments ?? 0 }
}

/** Fine enough to see, coarse enough to draw. */
function periodFor({ firstMicros, lastMicros }: Events): PeriodUnit {
  const days = Number((lastMicros ?? 0n) - (firstMicros ?? 0n)) / MICROS_PER_DAY
  if (days <= 3) return 'hour'
  if (days <= 120) return 'day'
  return days <= 1_100 ? 'week' : 'month'
}

/** An analysis that cannot be made of these data says why; any other failure is one. */
async function answerOr<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { answer: await ask(), why: null }
  } catch (error) {
    if (!(error instanceof SessionizeError) || !['unsupported', 'usage'].includes(error.code)) {
      throw error
    }
    return { answer: null, why: error.inFlags().message }
  }
}

async function auditRecorded(
  engine: Engine,
  events: Events,
  definition: SessionDefinition,
): Promise<ReportContents['audit']> {
  if (events.mapping.session === null) {
    return { answer: null, why: 'The export has no recorded session id.' }
  }
  // The audit reads rows without an id as out of session, which these events do not.
  const { n } = await select(engine, sql`events WHERE coalesce(session, '') = ''`, { n: count() })
  if (n > 0) {
    return {
      answer: null,
      why: `${formatNumberOf(n, 'event')} ${n === 1 ? 'has' : 'have'} no recorded session id. Leave ${n === 1 ? 'it' : 'them'} out of the comparison with: sessionize audit FILE`,
    }
  }
  return answerOr(() => audit(engine, events, { definition }))
}
