/** What was detected, for readers. */
import type { Inspection } from '../events/inspect.js'
import type { Appearance, Render } from './appearance.js'
import { type Field, renderFields, renderNotice } from './fields.js'
import { formatBytes, formatNumberOf } from './quantities.js'
import { styleFor } from './style.js'
import { renderTable } from './table.js'
import { jsonText, visible } from './untrusted.js'
import { shorten } from './width.js'

export const inspectionFormats: Readonly<Record<'terminal' | 'json', Render<Inspection>>> = {
  terminal: asTerminal,
  json: (inspection) => `${jsonText(inspection)}\n`,
}

/** Lists in the terminal are cut; JSON has them whole. */
const FILES_SHOWN = 8
const COLUMNS_SHOWN = 60

function asTerminal(inspection: Inspection, look: Appearance): string {
  const style = styleFor(look)
  const { choices } = inspection
  const sections: string[] = [
    files(inspection, look),
    renderFields(
      [
        { label: 'preset', text: visible(`${inspection.preset}: ${inspection.about}`) },
        { label: 'times', text: visible(inspection.timeFormat) },
      ],
      look,
    ),
    renderTable(
      {
        columns: [
          { header: 'role', align: 'left' },
          { header: 'column', align: 'left', paint: style.strong },
          { header: 'why', align: 'left' },
        ],
        rows: choices.map(({ role, chosen, why }) => [role, chosen ?? style.absent, why]),
      },
      look,
    ),
    ...inspection.doubts.map((doubt) => renderNotice('doubt', visible(doubt), style.caution, look)),
    listed(
      'also possible',
      choices.flatMap(({ role, others }) =>
        others.length === 0 ? [] : [{ label: `--${role}`, text: visible(others.join(', ')) }],
      ),
      look,
    ),
    listed(
      'sample values',
      choices.flatMap(({ role, samples }) => {
        const room = Math.max(20, look.columns - 12)
        const text = shorten(samples.map(visible).join(', '), room, style.ellipsis)
        return samples.length === 0 ? [] : [{ label: `  ${role}`, text }]
      }),
      look,
    ),
    columns(inspection, look),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function files({ groups, skipped }: Inspection, look: Appearance): string {
  const style = styleFor(look)
  const all = groups.flatMap((group) =>
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
  const rows = [...firstOf(all, ''), ...firstOf(passedOver, ' passed over')]
  return renderTable(
    {
      columns: [
        { header: 'file', align: 'left', keep: 'end' },
        { header: 'format', align: 'left', paint: style.quiet },
        { header: 'size', align: 'right', paint: style.quiet },
      ],
      rows,
    },
    look,
  )
}

function listed(heading: string, fields: readonly Field[], look: Appearance): string {
  if (fields.length === 0) return ''
  return `${styleFor(look).quiet(heading)}\n${renderFields(fields, look)}`
}

function columns({ groups }: Inspection, look: Appearance): string {
  const names = [...new Set(groups.flatMap((group) => group.fields))]
  const shown = names.slice(0, COLUMNS_SHOWN).map(visible).join(', ')
  const more = names.length > COLUMNS_SHOWN ? ` and ${names.length - COLUMNS_SHOWN} more` : ''
  return renderFields([{ label: 'columns', text: `${shown}${more}` }], look)
}
