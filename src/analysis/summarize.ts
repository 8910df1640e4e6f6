/** The main job's answer: figures over all sessions and per segment, computed in the engine. */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { formatName } from '../events/clock.js'
import { max, numeric, select } from '../figures/figure.js'
import type { Events } from '../sessions/dataset.js'
import { sql } from '../sql/sql.js'
import { type Bin, type BinScale, linearBins, logBins, PRODUCT_BINS } from './bins.js'
import { answerContext } from './context.js'
import { DEFAULT_QUANTILES, describeDetail } from './distribution.js'
import { parseFigureCondition } from './figure-condition.js'
import { figuresOf, segmentFigures } from './segment-figures.js'
import { measureSegments, type SegmentOptions } from './segmented-sessions.js'
import type { Summary } from './summary.js'
import { warningsOf } from './warnings.js'

/** What of a summary can be chosen. */
export interface SummaryChoices {
  /** Only the segments of the most sessions; the others are told together. */
  readonly top?: number
  /** Only segments whose figures meet this, such as `sessions >= 100`. */
  readonly having?: string
  /** The bins of the histograms. */
  readonly bins?: BinScale
  /** Adds the shape of the distributions. */
  readonly detail?: boolean
  /** Shares from 0 to 1; naming some asks for the detail. */
  readonly quantiles?: readonly number[]
}

export interface SummaryOptions extends SegmentOptions, SummaryChoices {}

export async function summarize(
  engine: Engine,
  events: Events,
  options: SummaryOptions,
): Promise<Summary> {
  if (options.by.length === 0 && (options.top ?? options.having) !== undefined) {
    throw new SessionizeError(
      'usage',
      `${option('top')} and ${option('having')} choose among segments.`,
      {
        hint: `Name what makes the segments, for example ${option('by')} platform.`,
      },
    )
  }
  const having =
    options.having === undefined
      ? undefined
      : await parseFigureCondition(engine, options.having, option('having'))
  const ledger = await measureSegments(engine, events, options)
  const bins = await chooseBins(engine, options.bins ?? 'product')
  const overall = await figuresOf(engine, sql`sessions`, bins)
  const detailed = options.detail === true || options.quantiles !== undefined
  const { mapping } = events
  return {
    schema: 'sessionize/summary/v1',
    ...answerContext(events, options.definition, ledger),
    mapping: {
      preset: mapping.preset,
      user: mapping.user.join(','),
      time: `${mapping.time} (${formatName(mapping.timeFormat)})`,
      event: mapping.event,
      recordedSession: mapping.session,
      dedupe: mapping.dedupe.length === 0 ? null : mapping.dedupe.join(','),
    },
    overall,
    detail: detailed ? await describeDetail(engine, options.quantiles ?? DEFAULT_QUANTILES) : null,
    segments:
      options.by.length === 0
        ? null
        : await segmentFigures(engine, options.by, bins, {
            ...(options.top === undefined ? {} : { top: options.top }),
            ...(having === undefined ? {} : { having }),
          }),
    warnings: warningsOf(events, options.definition, overall),
  }
}

/** Edges are the same for all segments, so that their histograms can be compared. */
async function chooseBins(engine: Engine, scale: BinScale): Promise<readonly Bin[]> {
  if (scale === 'product') return PRODUCT_BINS
  const { longest, p99 } = await select(engine, sql`sessions`, {
    longest: max(sql`length`),
    p99: numeric(sql`quantile_cont(length, 0.99)`),
  })
  return scale === 'log' ? logBins(longest ?? 0) : linearBins(p99 ?? 0)
}
