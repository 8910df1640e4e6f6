/** The audit as blocks, for the terminal and for Markdown. */
import type {
  Audit,
  BoundaryExample,
  Cause,
  IdFinding,
  LengthPair,
  RecordedAudit,
  ReportedLength,
  Timeouts,
} from '../../analysis/audit/audit.js'
import { SESSION_KINDS } from '../../analysis/audit/audit.js'
import { describeDefinition } from '../definition.js'
import { type Block, number, tableOf, text } from '../document.js'
import { count as formatCount, seconds as formatSeconds, share as formatShare } from '../figures.js'
import { formatInstant, formatNumberOf } from '../quantities.js'
import { segmentValue } from '../summary/wording.js'
import { backgroundBlocks } from './background.js'
import { CAUSE_WORDS, KIND_WORDS } from './wording.js'

const MOST_VALUES = 10

export function auditBlocks(audit: Audit): readonly Block[] {
  const { recorded } = audit
  return [
    ...(recorded === null ? [] : recordedBlocks(recorded, describeDefinition(audit.definition))),
    ...backgroundBlocks(audit.background),
    ...audit.warnings.flatMap(({ message, hint }): Block[] => [
      { kind: 'notice', label: 'warning', text: message },
      ...(hint === undefined ? [] : [{ kind: 'notice', label: 'hint', text: hint } as const]),
    ]),
  ]
}

function recordedBlocks(recorded: RecordedAudit, definition: string): readonly Block[] {
  return [
    { kind: 'heading', text: 'Recorded sessions against rebuilt ones' },
    { kind: 'paragraph', text: verdict(recorded) },
    fields(recorded, definition),
    kinds(recorded),
    ...causes(recorded.causes),
    lengths(recorded),
    ...recorded.lengths.dimensions.flatMap(({ name, rows }) =>
      rows.length < 2
        ? []
        : [
            tableOf(
              [text(name), ...LENGTH_COLUMNS],
              rows.map(({ value, ...pair }) => [segmentValue(value), ...lengthCells(pair)]),
              MOST_VALUES,
              'value',
            ),
          ],
    ),
    ...ids(recorded),
    ...(recorded.reportedLength === null ? [] : reported(recorded.reportedLength)),
    ...recorded.causes.flatMap(examples),
  ]
}

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

function fields(
  { events, agreement, boundaries, timeouts }: RecordedAudit,
  definition: string,
): Block {
  return {
    kind: 'fields',
    fields: [
      { label: 'rebuilt by', text: definition },
      {
        label: 'compared',
        text: `${formatNumberOf(events.compared, 'event')}${events.passive === 0 ? '' : `, ${formatCount(events.passive)} passive ones apart`}`,
      },
      {
        label: 'boundaries',
        text: `${formatCount(boundaries.both)} in both, ${formatCount(boundaries.recordedOnly)} only recorded, ${formatCount(boundaries.rebuiltOnly)} only rebuilt: precision ${formatShare(boundaries.precision)}, recall ${formatShare(boundaries.recall)}, F1 ${formatShare(boundaries.f1)}`,
      },
      {
        label: 'Rand index',
        text: `${agreement.adjustedRandIndex === null ? '-' : agreement.adjustedRandIndex.toFixed(3)} adjusted for chance (1: the same sessions, 0: no better than chance)`,
      },
      ...bestTimeout(timeouts, boundaries.f1),
    ],
  }
}

function bestTimeout({ best }: Timeouts, now: number | null): { label: string; text: string }[] {
  if (best === null) return []
  const better = now === null || best.f1 > now + 0.005
  return [
    {
      label: 'timeout',
      text: better
        ? `of single timeouts, ${formatSeconds(best.seconds)} fits the recorded ids best (F1 ${formatShare(best.f1)})`
        : 'no single timeout fits the recorded ids better than this definition',
    },
  ]
}

function kinds({ agreement: { recorded, rebuilt } }: RecordedAudit): Block {
  const share = (part: number, whole: number): string =>
    formatShare(whole === 0 ? null : part / whole)
  return {
    kind: 'table',
    columns: [
      text('sessions'),
      number('recorded'),
      number('share'),
      number('rebuilt'),
      number('share'),
    ],
    rows: [
      ['all', formatCount(recorded.sessions), '', formatCount(rebuilt.sessions), ''],
      ...SESSION_KINDS.filter((kind) => recorded[kind] + rebuilt[kind] > 0 || kind === 'exact').map(
        (kind) => [
          `${kind}: ${KIND_WORDS[kind]}`,
          formatCount(recorded[kind]),
          share(recorded[kind], recorded.sessions),
          formatCount(rebuilt[kind]),
          share(rebuilt[kind], rebuilt.sessions),
        ],
      ),
    ],
  }
}

const side = ({ kind }: Cause): string => (kind === 'split' ? 'only recorded' : 'only rebuilt')

function causes(found: readonly Cause[]): readonly Block[] {
  if (found.length === 0) return []
  return [
    {
      kind: 'table',
      columns: [
        text('likely cause'),
        text('boundary'),
        number('boundaries'),
        number('share'),
        number('median pause', 1),
      ],
      rows: found.map((cause) => [
        CAUSE_WORDS[cause.id].name,
        side(cause),
        formatCount(cause.boundaries),
        formatShare(cause.share),
        formatSeconds(cause.medianGapSeconds),
      ]),
    },
    {
      kind: 'fields',
      fields: found.map(({ id }) => ({ label: CAUSE_WORDS[id].name, text: CAUSE_WORDS[id].why })),
    },
  ]
}

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
  const { recorded, rebuilt, difference } = overall
  return {
    kind: 'table',
    columns: [text('length'), number('mean'), number('p50'), number('p90')],
    rows: [
      [
        'recorded',
        ...[recorded.meanSeconds, recorded.p50Seconds, recorded.p90Seconds].map((value) =>
          formatSeconds(value),
        ),
      ],
      [
        'rebuilt',
        ...[rebuilt.meanSeconds, rebuilt.p50Seconds, rebuilt.p90Seconds].map((value) =>
          formatSeconds(value),
        ),
      ],
      [
        'difference',
        ...[difference.meanSeconds, difference.p50Seconds, difference.p90Seconds].map(signed),
      ],
    ],
  }
}

function ids({ ids: checks }: RecordedAudit): readonly Block[] {
  const line = (name: string, of: string, finding: IdFinding): readonly string[] => [
    name,
    `${formatCount(finding.found)} of ${formatNumberOf(finding.checked, of)}`,
    formatShare(finding.share),
    finding.examples[0] === undefined
      ? ''
      : `${finding.examples[0].recordedSession} (user ${finding.examples[0].user})`,
  ]
  const { notStartTime } = checks
  return [
    {
      kind: 'table',
      columns: [text('recorded ids'), text('found'), number('share'), text('for example', 1)],
      rows: [
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
    },
    ...(notStartTime === null || notStartTime.found === 0
      ? []
      : [
          {
            kind: 'paragraph',
            text: `The ids are times: ${formatCount(notStartTime.later)} are later than the session's first event and ${formatCount(notStartTime.earlier)} earlier, by ${formatSeconds(Math.abs(notStartTime.medianSeconds ?? 0))} in the middle. Lengths taken from the id, as one of Amplitude's definitions does, are off by that.`,
          } as const,
        ]),
  ]
}

function reported(found: ReportedLength): readonly Block[] {
  const { tolerance } = found
  return [
    { kind: 'heading', text: `Lengths reported by ${found.event}` },
    {
      kind: 'paragraph',
      text: `${formatNumberOf(found.events, 'event')}${found.unreadable === 0 ? '' : `, ${formatCount(found.unreadable)} without a number in ${found.property}`}. Lengths disagree when they are more than ${formatSeconds(tolerance.seconds)} and ${formatShare(tolerance.share)} apart.`,
    },
    {
      kind: 'table',
      columns: [
        text('against'),
        number('compared'),
        number('disagree'),
        number('share'),
        number('median difference'),
      ],
      rows: (['recorded', 'rebuilt'] as const).map((name) => [
        `${name} sessions`,
        formatCount(found[name].compared),
        formatCount(found[name].disagree),
        formatShare(found[name].share),
        signed(found[name].medianDifferenceSeconds),
      ]),
    },
    {
      kind: 'table',
      columns: [
        text('user'),
        text('recorded id'),
        number('reported'),
        number('recorded'),
        number('rebuilt'),
      ],
      rows: found.examples.map((example) => [
        example.user,
        example.recordedSession,
        formatSeconds(example.reportedSeconds),
        formatSeconds(example.recordedSeconds),
        formatSeconds(example.rebuiltSeconds),
      ]),
    },
  ]
}

function examples(cause: Cause): readonly Block[] {
  const [first] = cause.examples
  return first === undefined
    ? []
    : [
        {
          kind: 'paragraph',
          text: `For example, ${CAUSE_WORDS[cause.id].name}, user ${first.user}:`,
        },
        around(first),
      ]
}

const around = ({ events }: BoundaryExample): Block => ({
  kind: 'table',
  columns: [
    text(''),
    text('time (UTC)'),
    number('pause'),
    text('event'),
    text('recorded id'),
    number('rebuilt'),
  ],
  rows: events.map((event) => [
    event.afterBoundary ? '>' : '',
    formatInstant(event.time),
    event.secondsSincePrevious === null ? '' : formatSeconds(event.secondsSincePrevious),
    event.name ?? '(none)',
    event.recordedSession,
    String(event.rebuiltSession),
  ]),
})
