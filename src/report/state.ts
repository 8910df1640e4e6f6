/** A state for readers. */
import type { StateDescription } from '../state/state.js'
import type { Render } from './appearance.js'
import { describeDefinition } from './definition.js'
import { type Blocks, fields, number, paragraph, table, text } from './document.js'
import { answerAsJson } from './json.js'
import { formatBytes, formatCount, formatNumberOf } from './quantities.js'
import { documentAsTerminal } from './terminal.js'

export const stateFormats: Readonly<Record<'terminal' | 'json', Render<StateDescription>>> = {
  terminal: (state, appearance) => documentAsTerminal(stateBlocks(state), appearance),
  json: answerAsJson,
}

/** The last ones added. */
const MOST_FILES = 20

function stateBlocks({ spec, mapping, ...state }: StateDescription): Blocks {
  const { columns, reading } = spec
  const listed = (names: readonly string[]): string | null =>
    names.length === 0 ? null : names.join(', ')
  const earlier = state.files.length - MOST_FILES
  const event = mapping.event === null ? '' : `, event ${mapping.event}`
  const dedupe = mapping.dedupe.length === 0 ? '' : `, dedupe ${mapping.dedupe.join(',')}`
  const rowBytes =
    state.rowBytes === 0 ? '' : `, of which ${formatBytes(state.rowBytes)} to know duplicates again`
  return [
    fields([
      ['state', state.directory],
      ['session', describeDefinition(spec.definition)],
      ['properties', listed(columns.properties)],
      ['sums', listed(columns.sums)],
      ['counts', listed(columns.counts)],
      ['conversions', listed(columns.conversions)],
      ['where', reading.where],
      ['from', reading.from],
      ['to', reading.to],
      [
        'mapping',
        `preset ${mapping.preset}, user ${mapping.user.join(',')}, time ${mapping.time}${event}${dedupe}`,
      ],
      [
        'size',
        `${formatBytes(state.bytes)} in ${formatNumberOf(state.segments, 'segment')}${rowBytes}`,
      ],
    ]),
    table(
      'Files added last',
      [text('file'), number('rows'), number('events'), number('duplicates', 1)],
      state.files
        .slice(-MOST_FILES)
        .map(({ label, counts: { read, kept, duplicates } }) => [
          label,
          formatCount(read),
          formatCount(kept),
          formatCount(duplicates),
        ]),
    ),
    earlier > 0
      ? paragraph(`and ${formatNumberOf(earlier, 'earlier file')}: --format json has all`)
      : null,
  ]
}
