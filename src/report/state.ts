/** A state for readers. */
import type { StateDescription } from '../state/state.js'
import type { Render } from './appearance.js'
import { describeDefinition } from './definition.js'
import { type Block, number, text } from './document.js'
import { answerAsJson } from './json.js'
import { formatBytes, formatCount, formatNumberOf } from './quantities.js'
import { documentAsTerminal } from './terminal.js'

export const stateFormats: Readonly<Record<'terminal' | 'json', Render<StateDescription>>> = {
  terminal: (state, look) => documentAsTerminal(stateBlocks(state), look),
  json: answerAsJson,
}

/** The last ones added. */
const MOST_FILES = 20

function stateBlocks(state: StateDescription): readonly Block[] {
  const { columns, reading } = state.spec
  const kept = (['properties', 'sums', 'counts', 'conversions'] as const).flatMap((kind) =>
    columns[kind].length === 0 ? [] : [{ label: kind, text: columns[kind].join(', ') }],
  )
  const said = (['where', 'from', 'to'] as const).flatMap((flag) => {
    const value = reading[flag]
    return value === null ? [] : [{ label: flag, text: value }]
  })
  const { mapping } = state
  const earlier = state.files.length - MOST_FILES
  return [
    {
      kind: 'fields',
      fields: [
        { label: 'state', text: state.directory },
        { label: 'session', text: describeDefinition(state.spec.definition) },
        ...kept,
        ...said,
        {
          label: 'mapping',
          text: `preset ${mapping.preset}, user ${mapping.user.join(',')}, time ${mapping.time}${mapping.event === null ? '' : `, event ${mapping.event}`}${mapping.dedupe.length === 0 ? '' : `, dedupe ${mapping.dedupe.join(',')}`}`,
        },
        {
          label: 'size',
          text: `${formatBytes(state.bytes)} in ${formatNumberOf(state.segments, 'segment')}${state.rowBytes === 0 ? '' : `, of which ${formatBytes(state.rowBytes)} to know duplicates again`}`,
        },
      ],
    },
    {
      kind: 'table',
      columns: [text('file'), number('rows'), number('events'), number('duplicates', 1)],
      rows: state.files
        .slice(-MOST_FILES)
        .map(({ label, counts }) => [
          label,
          formatCount(counts.read),
          formatCount(counts.kept),
          formatCount(counts.duplicates),
        ]),
    },
    ...(earlier > 0
      ? [
          {
            kind: 'paragraph',
            text: `and ${formatNumberOf(earlier, 'earlier file')}: --format json has all`,
          } as const,
        ]
      : []),
  ]
}
