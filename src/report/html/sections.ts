/** The sections of the page: what the commands say, in an order for who has not asked yet. */
import type { HistogramBin, LengthDistribution } from '../../analysis/figures.js'
import { auditBlocks } from '../audit/blocks.js'
import { checkBlocks } from '../check/document.js'
import { describeOutcome } from '../check/wording.js'
import type { Answer, ReportContents } from '../contents.js'
import { describeDefinition } from '../definition.js'
import {
  type Block,
  type Blocks,
  type Chart,
  flatten,
  heading,
  number,
  paragraph,
  table,
} from '../document.js'
import { gapBlocks } from '../gap.js'
import { formatNumberOf, formatSeconds, formatShare } from '../quantities.js'
import { segmentBlocks } from '../segments.js'
import { filesRead, headline, lengths, provenance, rowsRead, warnings } from '../summary/blocks.js'
import { detailBlocks } from '../summary/detail.js'
import { describeEdges } from '../summary/wording.js'
import { trendBlocks } from '../trend.js'

export interface Section {
  readonly id: string
  readonly title: string
  readonly blocks: Blocks
}

export function sectionsOf(contents: ReportContents): readonly Section[] {
  const { summary, segments, trend, hours, gap, audit, checks, command } = contents
  const edges = describeEdges(summary.overall)
  return [
    {
      id: 'headline',
      title: 'At a glance',
      blocks: [
        paragraph(`A session: ${describeDefinition(summary.definition)}.`),
        headline(summary),
        lengths(summary),
        edges === null ? null : paragraph(`Touching the edges: ${edges}.`),
        warnings(summary),
      ],
    },
    {
      id: 'checks',
      title: 'Checks of the data',
      blocks: [paragraph(`${describeOutcome(checks)}.`), withoutContext(checkBlocks(checks))],
    },
    { id: 'lengths', title: 'How long sessions last', blocks: lengthCharts(contents) },
    {
      id: 'segments',
      title: 'Segments',
      blocks:
        segments.length === 0
          ? paragraph('No segment was asked for: add --by platform,country.')
          : segments.map(segmentBlocks),
    },
    {
      id: 'trend',
      title: 'Over time',
      blocks: withoutContext([trendBlocks(trend, 'page'), trendBlocks(hours, 'page')]),
    },
    {
      id: 'gap',
      title: 'How much depends on the timeout',
      blocks: orWhy(gap, (answer) => withoutContext(gapBlocks(answer))),
    },
    {
      id: 'recorded',
      title: 'Recorded sessions against rebuilt ones',
      blocks: orWhy(audit, auditBlocks),
    },
    {
      id: 'provenance',
      title: 'What this rests on',
      blocks: [
        rowsRead(summary),
        filesRead(summary, 'page'),
        heading('Mapping and definition'),
        provenance(summary, 'page'),
        { kind: 'listing', text: JSON.stringify(summary.definition, null, 2) },
        heading('To make it again'),
        { kind: 'listing', text: command },
      ],
    },
  ]
}

const orWhy = <T>(of: Answer<T>, blocks: (answer: T) => Blocks): Blocks =>
  of.why === null ? blocks(of.answer) : paragraph(of.why)

/** All answers of a page are of the same data, which its last section tells. */
const withoutContext = (blocks: Blocks): readonly Block[] =>
  flatten(blocks).filter((block) => !(block.kind === 'fields' && block.context === true))

function lengthCharts({ summary: { overall, detail }, linear }: ReportContents): Blocks {
  if (overall.sessions === 0) return paragraph('There is no session.')
  const last = overall.histogram.at(-1)
  const doubling =
    last === undefined || last.toSeconds !== null
      ? overall.histogram
      : [
          ...overall.histogram.slice(0, -1),
          { ...last, toSeconds: Math.max(2, last.fromSeconds * 2) },
        ]
  const end = (bins: readonly HistogramBin[]): number =>
    bins.reduce((most, { toSeconds }) => Math.max(most, toSeconds ?? 1), 1)
  return [
    histogram('Sessions by length, on a linear scale up to the 99th percentile', linear, {
      scale: 'length',
      label: 'length',
      to: end(linear),
    }),
    histogram('Sessions by length, each bin twice as wide as the one before', doubling, {
      scale: 'logarithmic',
      label: 'length',
      from: LEAST,
      to: end(doubling),
    }),
    detail === null ? null : [cumulative(detail.length), detailBlocks(detail)],
  ]
}

/** Where a logarithmic axis begins for what is less than a second. */
const LEAST = 0.5

/** Bins that have an end, and are of more than nothing, are drawn. */
function histogram(caption: string, bins: readonly HistogramBin[], x: Chart['x']): Block {
  const least = x.scale === 'logarithmic' ? x.from : 0
  return {
    kind: 'bars',
    caption,
    of: 'length',
    counted: 'sessions',
    bins: bins.map(({ label, sessions }) => ({ label, count: sessions })),
    chart: {
      about: leftOut(bins),
      x,
      y: { scale: 'count', label: 'sessions' },
      marks: [
        {
          kind: 'bins',
          bins: bins.flatMap(({ fromSeconds, toSeconds, sessions }) =>
            toSeconds === null || toSeconds <= 1e-5
              ? []
              : [{ from: Math.max(least, fromSeconds), to: toSeconds, count: sessions }],
          ),
        },
      ],
    },
  }
}

function leftOut(bins: readonly HistogramBin[]): string {
  const zero = bins[0]?.fromSeconds === 0 ? bins[0].sessions : 0
  const last = bins.at(-1)
  const longer =
    last === undefined || last.toSeconds !== null || last.sessions === 0
      ? ''
      : ` and ${formatNumberOf(last.sessions, 'session')} of ${formatSeconds(last.fromSeconds)} or more`
  return `Not drawn: ${formatNumberOf(zero, 'session')} of length 0${longer}.`
}

const cumulative = ({ ecdf }: LengthDistribution): Block =>
  table(
    'Share of sessions up to each length',
    [number('at most'), number('share of sessions')],
    ecdf.map(({ seconds, share }) => [formatSeconds(seconds), formatShare(share)]),
    {
      charts: [
        {
          about:
            'The empirical cumulative distribution: where the line crosses 50% lies the median.',
          x: {
            scale: 'logarithmic',
            label: 'length',
            from: LEAST,
            to: ecdf.reduce((most, { seconds }) => Math.max(most, seconds), 1),
          },
          y: { scale: 'share', label: 'share of sessions' },
          marks: [
            { kind: 'level', y: 0.5 },
            {
              kind: 'line',
              points: ecdf.map(({ seconds, share }) => ({ x: Math.max(LEAST, seconds), y: share })),
              stepped: true,
            },
          ],
        },
      ],
    },
  )
