import type { Detail, LengthDistribution, LogNormalFit, Spread } from '../../analysis/figures.js'
import { type Block, number, text } from '../document.js'
import { count, decimal, seconds } from '../figures.js'
import { formatDecimal, formatNumberOf, formatSeconds, formatShare } from '../quantities.js'

/** What `--detail` adds, for the terminal and for Markdown. */
export function detailBlocks(detail: Detail): readonly Block[] {
  if (detail.length.sessions === 0) return []
  return [
    moments(detail),
    quantiles(detail),
    {
      kind: 'paragraph',
      text: `${Math.round(detail.confidence * 100)}% intervals, sessions of one user taken as alike`,
    },
    spreads(detail),
    ...(detail.logNormal === null
      ? []
      : [{ kind: 'paragraph', text: logNormal(detail.logNormal) } as const]),
  ]
}

const kinds = (detail: Detail): readonly (readonly [string, LengthDistribution])[] => [
  ['all sessions', detail.length],
  ['without bounces', detail.lengthWithoutBounces],
]

const moments = (detail: Detail): Block => ({
  kind: 'table',
  columns: [
    text('length'),
    number('trimmed mean'),
    number('geometric mean', 2),
    number('std deviation', 1),
  ],
  rows: kinds(detail).map(([name, of]) => [
    name,
    seconds(of.trimmedMeanSeconds),
    seconds(of.geometricMeanSeconds),
    seconds(of.standardDeviationSeconds),
  ]),
})

/** `p50`, `p99.9` */
export const quantileName = (share: number): string => `p${Number((share * 100).toPrecision(12))}`

const quantiles = (detail: Detail): Block => ({
  kind: 'table',
  columns: [
    text('quantile'),
    number('all sessions'),
    text('interval', 2),
    number('without bounces', 1),
    text('interval', 3),
  ],
  rows: detail.length.quantiles.map((of, i) => {
    const without = detail.lengthWithoutBounces.quantiles[i]
    return [
      quantileName(of.share),
      seconds(of.seconds),
      interval(of.lowSeconds, of.highSeconds),
      seconds(without?.seconds ?? null),
      interval(without?.lowSeconds ?? null, without?.highSeconds ?? null),
    ]
  }),
})

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
  return {
    kind: 'table',
    columns: [
      text(''),
      number('mean'),
      number('p50'),
      number('p75', 4),
      number('p90', 1),
      number('p95', 3),
      number('p99', 2),
      number('max', 5),
    ],
    rows: [
      row('events per session', detail.eventsPerSession, amount),
      row('sessions per user', detail.sessionsPerUser, amount),
      row('between sessions', detail.secondsBetweenSessions, seconds),
    ],
  }
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
