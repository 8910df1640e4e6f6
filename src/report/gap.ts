import type { IntervalFit } from '../analysis/gap/advice.js'
import type { GapAnswer, PauseReport } from '../analysis/gap/gap.js'
import { formatDuration } from '../units/duration.js'
import { contextBlock } from './context.js'
import { csvTable } from './csv.js'
import {
  type Block,
  type Blocks,
  type Chart,
  fields,
  heading,
  number,
  paragraph,
  table,
  text,
  warning,
} from './document.js'
import { count, seconds, share } from './figures.js'
import { answerFormats } from './formats.js'
import { formatNumberOf } from './quantities.js'
import { segmentValue } from './summary/wording.js'

export const gapFormats = answerFormats('Session timeout', gapBlocks, asCsv)

const MOST_SEGMENTS = 20

export function gapBlocks(answer: GapAnswer): Blocks {
  const { pauses } = answer
  return [
    heading(headline(pauses)),
    paragraph(pauses.advice.why),
    evidence(pauses.fit),
    pauses.advice.doubts.map((doubt) => warning(doubt)),
    contextBlock(answer),
    sweepTable(answer),
    stable(answer),
    paragraph(hidden(answer)),
    pauseBars(answer),
    segments(answer),
  ]
}

const timeout = (value: number): string => formatDuration(Math.round(value * 1e6))

const headline = ({ advice }: PauseReport): string =>
  advice.timeoutSeconds === null
    ? 'The data suggest no timeout'
    : `Suggested timeout: ${timeout(advice.timeoutSeconds)}`

function evidence(fit: IntervalFit | null): Blocks {
  if (fit === null) return null
  const part = (of: IntervalFit['within']): string =>
    `${share(of.share)} of the pauses, median ${seconds(of.medianSeconds)} x/: ${(2 ** of.log2Deviation).toFixed(1)}`
  return fields([
    ['within visits', part(fit.within)],
    ['between visits', part(fit.between)],
    [
      'valley',
      fit.valley === null
        ? 'none: the fitted pauses have one peak'
        : `at ${seconds(fit.valley.seconds)}, ${share(fit.valley.depth)} deep`,
    ],
    [
      'even odds',
      fit.equalSeconds === null
        ? null
        : `at ${seconds(fit.equalSeconds)}; ${share(fit.misplacedShare)} of the pauses on the wrong side of it`,
    ],
    ['fit', `off by at most ${share(fit.ksDistance)} of the pauses`],
  ])
}

function sweepTable({ sweep, definition }: GapAnswer): Block {
  const own = definition.gapMicros / 1e6
  const base = sweep.find(({ gapSeconds }) => gapSeconds === own)
  return table(
    'Sessions under other timeouts',
    [
      text('timeout'),
      number('sessions'),
      number('against own', 1),
      number('bounces'),
      number('mean'),
      number('p50'),
      number('p90'),
    ],
    sweep.map((row) => [
      row === base ? `${timeout(row.gapSeconds)} <` : timeout(row.gapSeconds),
      count(row.sessions),
      base === undefined || base.sessions === 0
        ? ''
        : `${Math.round((row.sessions / base.sessions) * 100)}%`,
      share(row.bounceShare),
      seconds(row.meanSeconds),
      seconds(row.p50Seconds),
      seconds(row.p90Seconds),
    ]),
    {
      charts: [
        {
          about: `The dashed line is the timeout of this definition, ${timeout(own)}.`,
          x: pauseAxis(
            'timeout',
            sweep.map(({ gapSeconds }) => gapSeconds),
          ),
          y: { scale: 'count', label: 'sessions' },
          marks: [
            { kind: 'rule', x: own, dashed: true },
            {
              kind: 'line',
              points: sweep.map(({ gapSeconds, sessions }) => ({ x: gapSeconds, y: sessions })),
              dotted: true,
            },
          ],
        },
      ],
    },
  )
}

const pauseAxis = (label: string, ends: readonly number[]): Chart['x'] => ({
  scale: 'logarithmic',
  label,
  from: Math.min(...ends),
  to: Math.max(...ends),
})

const stable = ({ stable: { fromSeconds, toSeconds } }: GapAnswer): Blocks =>
  fromSeconds === toSeconds
    ? null
    : paragraph(
        `From ${timeout(fromSeconds)} to ${timeout(toSeconds)} the number of sessions is the same within 1%.`,
      )

function hidden({ hiddenBy24h, definition }: GapAnswer): string {
  const own = formatDuration(definition.gapMicros)
  const { sessions, shareOfSessions, idleSeconds, shareOfTime } = hiddenBy24h
  return `A timeout of 24 h instead of ${own} would hide ${formatNumberOf(sessions, 'session')} (${share(shareOfSessions)}) in longer ones and count ${seconds(idleSeconds)} away as time spent (${share(shareOfTime)} of its total).`
}

function pauseBars({ pauses: { bins, simultaneous, fit }, definition }: GapAnswer): Blocks {
  const valley = fit?.valley ?? null
  const ends = bins.flatMap(({ fromSeconds, toSeconds }) => [fromSeconds, toSeconds])
  return [
    {
      kind: 'bars',
      caption: 'Pauses between successive events of a user',
      of: 'pause',
      counted: 'times',
      bins: bins.map(({ fromSeconds, toSeconds, count }) => ({
        label: `${seconds(fromSeconds)} to ${seconds(toSeconds)}`,
        count,
      })),
      chart: {
        about: `The dashed line is the timeout of this definition. ${
          valley === null
            ? 'No valley between two kinds of pauses was found.'
            : `The solid line is the valley between pauses within and between visits, ${seconds(valley.seconds)}, ${share(valley.depth)} deep.`
        }`,
        x: pauseAxis('pause', [1, 2, ...ends]),
        y: { scale: 'count', label: 'pauses' },
        marks: [
          {
            kind: 'bins',
            bins: bins.map(({ fromSeconds: from, toSeconds: to, count }) => ({ from, to, count })),
          },
          { kind: 'rule', x: definition.gapMicros / 1e6, dashed: true },
          ...(valley === null ? [] : [{ kind: 'rule', x: valley.seconds, dashed: false } as const]),
        ],
      },
    },
    simultaneous === 0
      ? null
      : paragraph(
          `${formatNumberOf(simultaneous, 'more event')} ${simultaneous === 1 ? 'has' : 'have'} the same time as the one before`,
        ),
  ]
}

const segments = ({ dimension, segments }: GapAnswer): Blocks =>
  dimension === null
    ? null
    : table(
        `Timeouts by ${dimension}`,
        [
          text(dimension),
          number('pauses'),
          number('timeout'),
          number('within', 2),
          number('between', 1),
          number('valley', 3),
          number('misplaced', 4),
        ],
        segments.map(({ value, count: pauses, fit, advice }) => [
          segmentValue(value),
          count(pauses),
          advice.timeoutSeconds === null ? 'none' : timeout(advice.timeoutSeconds),
          seconds(fit?.within.medianSeconds ?? null),
          seconds(fit?.between.medianSeconds ?? null),
          seconds(fit?.valley?.seconds ?? null),
          share(fit?.misplacedShare ?? null),
        ]),
        { most: MOST_SEGMENTS, one: 'segment' },
      )

/** The sweep: one row per timeout. */
function asCsv({ sweep }: GapAnswer): string {
  return csvTable(
    [],
    [
      'gap_seconds',
      'sessions',
      'bounces',
      'bounce_share',
      'total_seconds',
      'mean_seconds',
      'p50_seconds',
      'p90_seconds',
    ],
    sweep.map((row) => [
      row.gapSeconds,
      row.sessions,
      row.bounces,
      row.bounceShare,
      row.totalSeconds,
      row.meanSeconds,
      row.p50Seconds,
      row.p90Seconds,
    ]),
  )
}
