/** The audit as a document. */
import type {
  Audit,
  Cause,
  IdFinding,
  LengthPair,
  RecordedAudit,
  ReportedLength,
  Timeouts,
} from '../../analysis/audit/audit.js'
import { SESSION_KINDS } from '../../analysis/audit/audit.js'
import { describeDefinition } from '../definition.js'
import {
  type Block,
  type Blocks,
  fields,
  heading,
  number,
  paragraph,
  table,
  text,
  warning,
} from '../document.js'
import { count as formatCount, seconds as formatSeconds, share as formatShare } from '../figures.js'
import { answerFormats } from '../formats.js'
import { formatInstant, formatNumberOf } from '../quantities.js'
import { describeFar, segmentValue } from '../summary/wording.js'
import { backgroundBlocks } from './background.js'
import { auditAsCsv } from './csv.js'
import { CAUSE_WORDS, KIND_WORDS } from './wording.js'

export const auditFormats = answerFormats<Audit>(
  'Session audit',
  (audit) => [
    audit.recorded === null ? null : heading('Recorded sessions against rebuilt ones'),
    auditBlocks(audit),
  ],
  auditAsCsv,
)

const MOST_VALUES = 10

export const auditBlocks = ({
  recorded,
  background,
  definition,
  farEvents,
  warnings,
}: Audit): Blocks => [
  recorded === null ? null : recordedBlocks(recorded, describeDefinition(definition)),
  backgroundBlocks(background),
  farEvents === null ? null : paragraph(`${describeFar(farEvents)}.`),
  warnings.map(({ message, hint }) => [
    warning(message),
    hint === undefined ? null : ({ kind: 'notice', label: 'hint', text: hint } as const),
  ]),
]

const recordedBlocks = (recorded: RecordedAudit, definition: string): Blocks => [
  paragraph(verdict(recorded)),
  comparison(recorded, definition),
  kinds(recorded),
  causes(recorded.causes),
  lengths(recorded),
  recorded.lengths.dimensions.map(({ name, rows }) =>
    rows.length < 2
      ? null
      : table(
          `Lengths by ${name}`,
          [text(name), ...LENGTH_COLUMNS],
          rows.map(({ value, ...pair }) => [segmentValue(value), ...lengthCells(pair)]),
          { most: MOST_VALUES, one: 'value' },
        ),
  ),
  ids(recorded),
  recorded.reportedLength === null ? null : reported(recorded.reportedLength),
  recorded.causes.map(example),
]

function verdict({ agreement, causes }: RecordedAudit): string {
  const share = formatShare(agreement.exactShare)
  if (agreement.exactShare === null) return 'There is no recorded session to compare.'
  if (agreement.exactShare === 1) return 'Every recorded session is rebuilt exactly.'
  const [main] = causes
  const because =
    main === undefined
      ? ''
      : ` Most differences: ${CAUSE_WORDS[main.id].name}. ${CAUSE_WORDS[main.id].why}`
  return `${share} of the recorded sessions are rebuilt exactly.${because}`
}

const comparison = (
  { events, agreement, boundaries, timeouts }: RecordedAudit,
  definition: string,
): Block =>
  fields([
    ['rebuilt by', definition],
    [
      'compared',
      `${formatNumberOf(events.compared, 'event')}${events.passive === 0 ? '' : `, ${formatCount(events.passive)} passive ones apart`}`,
    ],
    [
      'boundaries',
      `${formatCount(boundaries.both)} in both, ${formatCount(boundaries.recordedOnly)} only recorded, ${formatCount(boundaries.rebuiltOnly)} only rebuilt: precision ${formatShare(boundaries.precision)}, recall ${formatShare(boundaries.recall)}, F1 ${formatShare(boundaries.f1)}`,
    ],
    [
      'Rand index',
      `${agreement.adjustedRandIndex === null ? '-' : agreement.adjustedRandIndex.toFixed(3)} adjusted for chance (1: the same sessions, 0: no better than chance)`,
    ],
    ['timeout', bestTimeout(timeouts, boundaries.f1)],
  ])

function bestTimeout({ best }: Timeouts, now: number | null): string | null {
  if (best === null) return null
  return now === null || best.f1 > now + 0.005
    ? `of single timeouts, ${formatSeconds(best.seconds)} fits the recorded ids best (F1 ${formatShare(best.f1)})`
    : 'no single timeout fits the recorded ids better than this definition'
}

function kinds({ agreement: { recorded, rebuilt, exactShare } }: RecordedAudit): Block {
  const share = (part: number, whole: number): string =>
    formatShare(whole === 0 ? null : part / whole)
  const occurring = SESSION_KINDS.filter(
    (kind) => recorded[kind] + rebuilt[kind] > 0 || kind === 'exact',
  )
  return table(
    'What became of sessions on the other side',
    [text('sessions'), number('recorded'), number('share'), number('rebuilt'), number('share')],
    [
      ['all', formatCount(recorded.sessions), '', formatCount(rebuilt.sessions), ''],
      ...occurring.map((kind) => [
        `${kind}: ${KIND_WORDS[kind]}`,
        formatCount(recorded[kind]),
        share(recorded[kind], recorded.sessions),
        formatCount(rebuilt[kind]),
        share(rebuilt[kind], rebuilt.sessions),
      ]),
    ],
    {
      charts: [
        {
          about: `Of the recorded sessions, ${formatShare(exactShare)} were rebuilt with exactly their events.`,
          x: { scale: 'count', label: 'sessions' },
          y: {
            scale: 'names',
            names: occurring.flatMap((kind) => [`${kind}, recorded`, `${kind}, rebuilt`]),
          },
          marks: [
            {
              kind: 'bars',
              bars: occurring.flatMap((kind) => [
                { value: recorded[kind] },
                { value: rebuilt[kind], ink: 'second' },
              ]),
            },
          ],
        },
      ],
    },
  )
}

const side = ({ kind }: Cause): string => (kind === 'split' ? 'only recorded' : 'only rebuilt')

const causes = (all: readonly Cause[]): Blocks =>
  all.length === 0
    ? null
    : [
        table(
          'Why boundaries are on one side only',
          [
            text('likely cause'),
            text('boundary'),
            number('boundaries'),
            number('share'),
            number('median pause', 1),
          ],
          all.map((cause) => [
            CAUSE_WORDS[cause.id].name,
            side(cause),
            formatCount(cause.boundaries),
            formatShare(cause.share),
            formatSeconds(cause.medianGapSeconds),
          ]),
        ),
        fields(all.map(({ id }) => [CAUSE_WORDS[id].name, CAUSE_WORDS[id].why])),
      ]

const LENGTH_COLUMNS = [
  number('recorded', 3),
  number('rebuilt', 3),
  number('recorded mean'),
  number('rebuilt mean'),
  number('difference'),
  number('of p50', 2),
  number('of p90', 1),
]

const lengthCells = ({ recorded, rebuilt, difference }: LengthPair): readonly string[] => [
  formatCount(recorded.sessions),
  formatCount(rebuilt.sessions),
  formatSeconds(recorded.meanSeconds),
  formatSeconds(rebuilt.meanSeconds),
  signed(difference.meanSeconds),
  signed(difference.p50Seconds),
  signed(difference.p90Seconds),
]

const signed = (seconds: number | null): string =>
  `${seconds !== null && seconds > 0 ? '+' : ''}${formatSeconds(seconds)}`

function lengths({ lengths: { overall } }: RecordedAudit): Block {
  const row = (
    name: 'recorded' | 'rebuilt' | 'difference',
    format: (seconds: number | null) => string,
  ): readonly string[] => {
    const { meanSeconds, p50Seconds, p90Seconds } = overall[name]
    return [name, format(meanSeconds), format(p50Seconds), format(p90Seconds)]
  }
  return table(
    'Lengths of recorded and of rebuilt sessions',
    [text('length'), number('mean'), number('p50'), number('p90')],
    [row('recorded', formatSeconds), row('rebuilt', formatSeconds), row('difference', signed)],
  )
}

function ids({ ids: { notStartTime, ...checks } }: RecordedAudit): Blocks {
  const line = (name: string, of: string, finding: IdFinding): readonly string[] => [
    name,
    `${formatCount(finding.found)} of ${formatNumberOf(finding.checked, of)}`,
    formatShare(finding.share),
    finding.examples[0] === undefined
      ? ''
      : `${finding.examples[0].recordedSession} (user ${finding.examples[0].user})`,
  ]
  return [
    table(
      'What is odd about recorded ids',
      [text('recorded ids'), text('found'), number('share'), text('for example', 1)],
      [
        line('equal to the user id', 'session', checks.equalToUser),
        line('under several users', 'id', checks.underSeveralUsers),
        ...(notStartTime === null
          ? []
          : [
              line(
                `over ${formatSeconds(notStartTime.toleranceSeconds)} off the first event`,
                'session',
                notStartTime,
              ),
            ]),
        line('overlap an earlier session', 'session', checks.overlapping),
      ],
    ),
    notStartTime === null || notStartTime.found === 0
      ? null
      : paragraph(
          `The ids are times: ${formatCount(notStartTime.later)} are later than the session's first event and ${formatCount(notStartTime.earlier)} earlier, by ${formatSeconds(Math.abs(notStartTime.medianSeconds ?? 0))} in the middle. Lengths taken from the id, as one of Amplitude's definitions does, are off by that.`,
        ),
  ]
}

function reported(lengths: ReportedLength): Blocks {
  const { tolerance, event, events, unreadable, property } = lengths
  return [
    heading(`Lengths reported by ${event}`),
    paragraph(
      `${formatNumberOf(events, 'event')}${unreadable === 0 ? '' : `, ${formatCount(unreadable)} without a number in ${property}`}. Lengths disagree when they are more than ${formatSeconds(tolerance.seconds)} and ${formatShare(tolerance.share)} apart.`,
    ),
    table(
      'Reported lengths against those of sessions',
      [
        text('against'),
        number('compared'),
        number('disagree'),
        number('share'),
        number('median difference'),
      ],
      (['recorded', 'rebuilt'] as const).map((name) => [
        `${name} sessions`,
        formatCount(lengths[name].compared),
        formatCount(lengths[name].disagree),
        formatShare(lengths[name].share),
        signed(lengths[name].medianDifferenceSeconds),
      ]),
    ),
    table(
      'Lengths that disagree, for example',
      [
        text('user'),
        text('recorded id'),
        number('reported'),
        number('recorded'),
        number('rebuilt'),
      ],
      lengths.examples.map((example) => [
        example.user,
        example.recordedSession,
        formatSeconds(example.reportedSeconds),
        formatSeconds(example.recordedSeconds),
        formatSeconds(example.rebuiltSeconds),
      ]),
    ),
  ]
}

/** The events about the boundary of its first example. */
function example({ id, examples: [first] }: Cause): Blocks {
  if (first === undefined) return null
  const { name } = CAUSE_WORDS[id]
  return [
    paragraph(`For example, ${name}, user ${first.user}:`),
    table(
      `Events about a boundary: ${name}`,
      [
        text(''),
        text('time (UTC)'),
        number('pause'),
        text('event'),
        text('recorded id'),
        number('rebuilt'),
      ],
      first.events.map((event) => [
        event.afterBoundary ? '>' : '',
        formatInstant(event.time),
        event.secondsSincePrevious === null ? '' : formatSeconds(event.secondsSincePrevious),
        event.name ?? '(none)',
        event.recordedSession,
        String(event.rebuiltSession),
      ]),
    ),
  ]
}
