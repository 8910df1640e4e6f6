import type { IntervalFit } from '../analysis/gap/advice.js'
import type { GapAnswer, PauseReport } from '../analysis/gap/gap.js'
import { formatDuration } from '../sessions/duration.js'
import type { Render } from './appearance.js'
import { contextBlock } from './context.js'
import { csvTable } from './csv.js'
import { type Block, number, tableOf, text } from './document.js'
import { count, seconds, share } from './figures.js'
import type { ReportFormat } from './formats.js'
import { answerAsJson } from './json.js'
import { documentAsMarkdown } from './markdown.js'
import { formatNumberOf } from './quantities.js'
import { segmentValue } from './summary/wording.js'
import { documentAsTerminal } from './terminal.js'

export const gapFormats: Readonly<Record<ReportFormat, Render<GapAnswer>>> = {
  terminal: (answer, look) => documentAsTerminal(blocks(answer), look),
  json: answerAsJson,
  csv: asCsv,
  markdown: (answer) => documentAsMarkdown('Session timeout', blocks(answer)),
}

const MOST_SEGMENTS = 20

function blocks(answer: GapAnswer): readonly Block[] {
  return [
    { kind: 'heading', text: headline(answer.pauses) },
    { kind: 'paragraph', text: answer.pauses.advice.why },
    ...evidence(answer.pauses.fit),
    ...answer.pauses.advice.doubts.map(
      (doubt) => ({ kind: 'notice', label: 'warning', text: doubt }) as const,
    ),
    contextBlock(answer),
    sweepTable(answer),
    ...stable(answer),
    { kind: 'paragraph', text: hidden(answer) },
    ...pauseBars(answer.pauses),
    ...segments(answer),
  ]
}

const timeout = (value: number): string => formatDuration(Math.round(value * 1e6))

const headline = ({ advice }: PauseReport): string =>
  advice.timeoutSeconds === null
    ? 'The data suggest no timeout'
    : `Suggested timeout: ${timeout(advice.timeoutSeconds)}`

function evidence(fit: IntervalFit | null): readonly Block[] {
  if (fit === null) return []
  const spread = (deviation: number): string => `x/: ${(2 ** deviation).toFixed(1)}`
  const valley =
    fit.valley === null
      ? 'none: the fitted pauses have one peak'
      : `at ${seconds(fit.valley.seconds)}, ${share(fit.valley.depth)} deep`
  return [
    {
      kind: 'fields',
      fields: [
        {
          label: 'within visits',
          text: `${share(fit.within.share)} of the pauses, median ${seconds(fit.within.medianSeconds)} ${spread(fit.within.log2Deviation)}`,
        },
        {
          label: 'between visits',
          text: `${share(fit.between.share)} of the pauses, median ${seconds(fit.between.medianSeconds)} ${spread(fit.between.log2Deviation)}`,
        },
        { label: 'valley', text: valley },
        ...(fit.equalSeconds === null
          ? []
          : [
              {
                label: 'even odds',
                text: `at ${seconds(fit.equalSeconds)}; ${share(fit.misplacedShare)} of the pauses on the wrong side of it`,
              },
            ]),
        { label: 'fit', text: `off by at most ${share(fit.ksDistance)} of the pauses` },
      ],
    },
  ]
}

function sweepTable({ sweep, definition }: GapAnswer): Block {
  const own = definition.gapMicros / 1e6
  const base = sweep.find(({ gapSeconds }) => gapSeconds === own)
  return {
    kind: 'table',
    columns: [
      text('timeout'),
      number('sessions'),
      number('against own', 1),
      number('bounces'),
      number('mean'),
      number('p50'),
      number('p90'),
    ],
    rows: sweep.map((row) => [
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
  }
}

function stable({ stable: { fromSeconds, toSeconds } }: GapAnswer): readonly Block[] {
  if (fromSeconds === toSeconds) return []
  return [
    {
      kind: 'paragraph',
      text: `From ${timeout(fromSeconds)} to ${timeout(toSeconds)} the number of sessions is the same within 1%.`,
    },
  ]
}

function hidden({ hiddenBy24h, definition }: GapAnswer): string {
  const own = formatDuration(definition.gapMicros)
  const { sessions, shareOfSessions, idleSeconds, shareOfTime } = hiddenBy24h
  return `A timeout of 24 h instead of ${own} would hide ${formatNumberOf(sessions, 'session')} (${share(shareOfSessions)}) in longer ones and count ${seconds(idleSeconds)} away as time spent (${share(shareOfTime)} of its total).`
}

function pauseBars({ bins, simultaneous }: PauseReport): readonly Block[] {
  return [
    {
      kind: 'bars',
      histogram: {
        of: 'pause',
        counted: 'times',
        bins: bins.map(({ fromSeconds, toSeconds, count }) => ({
          label: `${seconds(fromSeconds)} to ${seconds(toSeconds)}`,
          count,
        })),
      },
    },
    ...(simultaneous === 0
      ? []
      : [
          {
            kind: 'paragraph',
            text: `${formatNumberOf(simultaneous, 'more event')} ${simultaneous === 1 ? 'has' : 'have'} the same time as the one before`,
          } as const,
        ]),
  ]
}

function segments({ dimension, segments }: GapAnswer): readonly Block[] {
  if (dimension === null) return []
  const columns = [
    text(dimension),
    number('pauses'),
    number('timeout'),
    number('within', 2),
    number('between', 1),
    number('valley', 3),
    number('misplaced', 4),
  ]
  return [
    tableOf(
      columns,
      segments.map(({ value, count: pauses, fit, advice }) => [
        segmentValue(value),
        count(pauses),
        advice.timeoutSeconds === null ? 'none' : timeout(advice.timeoutSeconds),
        seconds(fit?.within.medianSeconds ?? null),
        seconds(fit?.between.medianSeconds ?? null),
        seconds(fit?.valley?.seconds ?? null),
        share(fit?.misplacedShare ?? null),
      ]),
      MOST_SEGMENTS,
      'segment',
    ),
  ]
}

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
