/** What was detected, for readers. */
import type { Inspection } from '../events/inspect.js'
import type { Appearance, Render } from './appearance.js'
import { type Blocks, fields, type Text, table, text } from './document.js'
import { answerAsJson } from './json.js'
import { formatBytes, formatNumberOf } from './quantities.js'
import { styleFor } from './style.js'
import { documentAsTerminal } from './terminal.js'
import { visible } from './untrusted.js'
import { shorten } from './width.js'

export const inspectionFormats: Readonly<Record<'terminal' | 'json', Render<Inspection>>> = {
  terminal: (inspection, appearance) =>
    documentAsTerminal(blocks(inspection, appearance), appearance),
  json: answerAsJson,
}

/** Lists in the terminal are cut; JSON has them whole. */
const FILES_SHOWN = 8
const COLUMNS_SHOWN = 60

function blocks(inspection: Inspection, appearance: Appearance): Blocks {
  const { choices, preset, about, timeFormat, doubts } = inspection
  const room = Math.max(20, appearance.columns - 12)
  const { ellipsis } = styleFor(appearance)
  return [
    files(inspection),
    fields([
      ['preset', `${preset}: ${about}`],
      ['times', timeFormat],
    ]),
    table(
      'Columns by role',
      [text('role'), { ...text('column'), ink: 'strong' }, text('why')],
      choices.map(({ role, chosen, why }) => [role, chosen, why]),
    ),
    doubts.map((doubt) => ({ kind: 'notice', label: 'doubt', text: doubt }) as const),
    fields(
      choices.map(({ role, others }) => [`--${role}`, others.length === 0 ? null : listed(others)]),
      { title: 'also possible' },
    ),
    fields(
      choices.map(({ role, samples }) => [
        `  ${role}`,
        samples.length === 0 ? null : shorten(samples.map(visible).join(', '), room, ellipsis),
      ]),
      { title: 'sample values' },
    ),
    fields([['columns', columns(inspection)]]),
  ]
}

const listed = (names: readonly string[]): Exclude<Text, string> =>
  names.flatMap((value, at) => (at === 0 ? [{ value }] : [', ', { value }]))

function files({ groups, skipped }: Inspection): Blocks {
  const read = groups.flatMap((group) =>
    group.files.map(({ label, bytes }) => [
      label,
      group.compression === 'none' ? group.format : `${group.format}, ${group.compression}`,
      formatBytes(bytes),
    ]),
  )
  const passedOver = skipped.map(({ label, why }) => [
    label,
    `passed over: ${why.replaceAll('_', ' ')}`,
    '',
  ])
  const firstOf = (rows: readonly (readonly string[])[], what: string) => {
    const more = rows.length - FILES_SHOWN
    const note = more > 0 ? [[`and ${formatNumberOf(more, 'more file')}${what}`, '', '']] : []
    return [...rows.slice(0, FILES_SHOWN), ...note]
  }
  return table(
    'Files',
    [
      { ...text('file'), keep: 'end' },
      { ...text('format'), ink: 'quiet' },
      { header: 'size', align: 'right', ink: 'quiet' },
    ],
    [...firstOf(read, ''), ...firstOf(passedOver, ' passed over')],
  )
}

function columns({ groups }: Inspection): Text {
  const names = [...new Set(groups.flatMap((group) => group.fields))]
  const more = names.length - COLUMNS_SHOWN
  return [...listed(names.slice(0, COLUMNS_SHOWN)), more > 0 ? ` and ${more} more` : '']
}
