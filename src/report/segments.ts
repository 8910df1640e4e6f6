/** Medians of segments, with their intervals. */
import type { ReportSegments } from './contents.js'
import { type Block, type Column, number, table } from './document.js'
import { formatCount, formatSeconds, formatShare } from './quantities.js'
import { interval } from './summary/detail.js'
import { segmentValue } from './summary/wording.js'

export function segmentBlocks({ dimensions, rows, medians, more }: ReportSegments): Block {
  const name = dimensions.join(', ')
  const names = rows.map(({ values }) => segmentValue(values[0] ?? null))
  const intervals = rows.map((_, at) => {
    const { seconds = null, lowSeconds = null, highSeconds = null } = medians[at] ?? {}
    const value = seconds ?? Number.NaN
    return { value, low: lowSeconds ?? value, high: highSeconds ?? value }
  })
  const ends = intervals.flatMap(({ value, high }) => [value, high]).filter(Number.isFinite)
  return table(
    `Sessions by ${name}`,
    [
      { header: name, cells: 'values' } as const,
      number('sessions'),
      number('users'),
      { ...number('bounces'), onPage: true },
      number('median'),
      number('95% interval'),
      number('mean'),
      { ...number('p90'), onPage: true },
    ].map((column): Column => ({ cells: 'figures', ...column })),
    rows.map(({ figures: of }, at) => [
      names[at] ?? '',
      formatCount(of.sessions),
      formatCount(of.users),
      formatShare(of.bounceShare),
      formatSeconds(of.length.p50Seconds),
      interval(medians[at]?.lowSeconds ?? null, medians[at]?.highSeconds ?? null) || null,
      formatSeconds(of.length.meanSeconds),
      formatSeconds(of.length.p90Seconds),
    ]),
    {
      charts: [
        {
          caption: `Median length of sessions by ${name}`,
          about:
            'With its 95% interval, which counts the sessions of one user as alike. Most sessions first.',
          x: { scale: 'length', label: 'median length', to: Math.max(1, ...ends) * 1.03 },
          y: { scale: 'names', names },
          marks: [{ kind: 'intervals', intervals }],
        },
      ],
      ...(more > 0 ? { more: { count: more, one: 'segment' } } : {}),
    },
  )
}
