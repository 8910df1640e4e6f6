import type { Detail, LengthDistribution, LogNormalFit, Spread } from '../../analysis/figures.js'
import { type Block, type Blocks, number, paragraph, table, text } from '../document.js'
import { count, decimal, seconds } from '../figures.js'
import { formatDecimal, formatNumberOf, formatSeconds, formatShare } from '../quantities.js'

/** What `--detail` adds. */
export const detailBlocks = (detail: Detail): Blocks =>
  detail.length.sessions === 0
    ? null
    : [
        moments(detail),
        quantiles(detail),
        paragraph(
          `${Math.round(detail.confidence * 100)}% intervals, sessions of one user taken as alike`,
        ),
        spreads(detail),
        detail.logNormal === null ? null : paragraph(logNormal(detail.logNormal)),
      ]

const moments = (detail: Detail): Block =>
  table(
    'Lengths in other figures',
    [
      text('length'),
      number('trimmed mean'),
      number('geometric mean', 2),
      number('std deviation', 1),
    ],
    [
      momentsOf('all sessions', detail.length),
      momentsOf('without bounces', detail.lengthWithoutBounces),
    ],
  )

const momentsOf = (name: string, of: LengthDistribution): readonly string[] => [
  name,
  seconds(of.trimmedMeanSeconds),
  seconds(of.geometricMeanSeconds),
  seconds(of.standardDeviationSeconds),
]

/** `p50`, `p99.9` */
export const quantileName = (share: number): string => `p${Number((share * 100).toPrecision(12))}`

const quantiles = ({ length, lengthWithoutBounces }: Detail): Block =>
  table(
    'Quantiles of lengths, with intervals',
    [
      text('quantile'),
      number('all sessions'),
      text('interval', 2),
      number('without bounces', 1),
      text('interval', 3),
    ],
    length.quantiles.map((of, i) => {
      const without = lengthWithoutBounces.quantiles[i]
      return [
        quantileName(of.share),
        seconds(of.seconds),
        interval(of.lowSeconds, of.highSeconds),
        seconds(without?.seconds ?? null),
        interval(without?.lowSeconds ?? null, without?.highSeconds ?? null),
      ]
    }),
  )

export const interval = (low: number | null, high: number | null): string =>
  low === null || high === null ? '' : `${formatSeconds(low)} to ${formatSeconds(high)}`

function spreads(detail: Detail): Block {
  const row = (
    name: string,
    of: Spread,
    format: (value: number | null) => string,
  ): readonly string[] => [
    name,
    ...[of.mean, of.p50, of.p75, of.p90, of.p95, of.p99, of.max].map(format),
  ]
  return table(
    'How events, sessions and pauses spread',
    [
      text(''),
      number('mean'),
      number('p50'),
      number('p75', 4),
      number('p90', 1),
      number('p95', 3),
      number('p99', 2),
      number('max', 5),
    ],
    [
      row('events per session', detail.eventsPerSession, amount),
      row('sessions per user', detail.sessionsPerUser, amount),
      row('between sessions', detail.secondsBetweenSessions, seconds),
    ],
  )
}

const amount = (value: number | null): string =>
  value !== null && Number.isInteger(value) ? count(value) : decimal(value)

const READINGS = {
  close: 'a close fit',
  rough: 'a rough fit',
  poor: 'a poor fit: do not reason from it',
} as const

function logNormal(fit: LogNormalFit): string {
  return `A log-normal distribution fitted to ${formatNumberOf(fit.sessions, 'positive length')} has median ${formatSeconds(fit.medianSeconds)} and spread factor ${formatDecimal(Math.exp(fit.logStandardDeviation))}; it is off by at most ${formatShare(fit.ksDistance)} of the sessions (${READINGS[fit.reading]}).`
}
