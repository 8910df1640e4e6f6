/** What was detected, for readers. */
import type { Inspection } from '../events/inspect.js'
import type { Render } from './appearance.js'
import { formatBytes } from './quantities.js'
import { styleFor } from './style.js'
import { renderTable } from './table.js'
import { visible } from './untrusted.js'
import { shorten } from './width.js'

export const inspectionFormats: Readonly<Record<'terminal' | 'json', Render<Inspection>>> = {
  terminal: asTerminal,
  json: (inspection) => `${JSON.stringify(inspection, null, 2)}\n`,
}

const FILES_SHOWN = 10
const FIELDS_SHOWN = 60

function asTerminal(inspection: Inspection, look: Parameters<Render<Inspection>>[1]): string {
  const style = styleFor(look)
  const lines: string[] = []
  const heading = (text: string): void => {
    if (lines.length > 0) lines.push('')
    lines.push(style.strong(text))
  }
  heading('Files')
  for (const group of inspection.groups) {
    const compression = group.compression === 'none' ? '' : `, ${group.compression}`
    for (const { label, bytes } of group.files.slice(0, FILES_SHOWN)) {
      lines.push(
        `  ${visible(label)}  ${style.quiet(`${group.format}${compression}, ${formatBytes(bytes)}`)}`,
      )
    }
    const more = group.files.length - FILES_SHOWN
    if (more > 0) lines.push(`  and ${more} more`)
  }
  for (const { label, why } of inspection.skipped.slice(0, FILES_SHOWN)) {
    lines.push(`  ${visible(label)}  ${style.quiet(`passed over: ${why}`)}`)
  }

  heading('Mapping')
  lines.push(`  preset ${inspection.preset}: ${inspection.about}`)
  lines.push(
    renderTable(
      {
        columns: ['role', 'column', 'why'].map((header) => ({ header, align: 'left' as const })),
        rows: inspection.choices.map(({ role, chosen, why }) => [role, chosen ?? '-', why]),
      },
      look,
    ),
  )
  for (const doubt of inspection.doubts)
    lines.push(`  ${style.caution('doubt:')} ${visible(doubt)}`)

  heading('Others that could be named')
  for (const { role, others } of inspection.choices) {
    if (others.length > 0) lines.push(`  --${role}  ${visible(others.join(', '))}`)
  }

  heading('Sample values')
  for (const { role, chosen, samples } of inspection.choices) {
    if (chosen === null || samples.length === 0) continue
    lines.push(
      shorten(
        `  ${role} (${visible(chosen)})  ${samples.map(visible).join('  ')}`,
        look.columns,
        '...',
      ),
    )
  }

  const fields = [...new Set(inspection.groups.flatMap((group) => group.fields))]
  heading(`Columns (${fields.length})`)
  const shown = fields.slice(0, FIELDS_SHOWN).map(visible)
  lines.push(`  ${shown.join(', ')}${fields.length > FIELDS_SHOWN ? ', ...' : ''}`)
  return `${lines.join('\n')}\n`
}
