import type { Appearance } from './appearance.js'
import type { Block } from './document.js'
import { renderFields, renderNotice } from './fields.js'
import { heatmapLines } from './heatmap.js'
import { renderHistogram } from './histogram.js'
import { formatNumberOf } from './quantities.js'
import { styleFor } from './style.js'
import { renderTable } from './table.js'
import { visibleExcerpt } from './untrusted.js'
import { wrap } from './width.js'

/** Lines of prose are not read easily when longer. */
const LONGEST_LINE = 100

export const documentAsTerminal = (blocks: readonly Block[], look: Appearance): string =>
  `${blocksAsTerminal(blocks, look)}\n`

export const blocksAsTerminal = (blocks: readonly Block[], look: Appearance): string =>
  blocks
    .map((block) => blockAsTerminal(block, look))
    .filter((part) => part !== '')
    .join('\n\n')

function blockAsTerminal(block: Block, look: Appearance): string {
  const style = styleFor(look)
  const shown = (text: string): string => visibleExcerpt(text, style.ellipsis)
  const room = Math.min(look.columns, LONGEST_LINE)
  switch (block.kind) {
    case 'heading':
      return wrap(shown(block.text), room).map(style.strong).join('\n')
    case 'paragraph':
      return wrap(shown(block.text), room).join('\n')
    case 'fields':
      return renderFields(
        block.fields.map(({ label, text }) => ({ label, text: shown(text) })),
        look,
      )
    case 'table': {
      if (block.rows.length === 0) return ''
      const table = renderTable(block, look)
      if (block.more === undefined) return table
      const note = `and ${formatNumberOf(block.more.count, `more ${block.more.one}`)}: --format csv has all`
      return `${table}\n${wrap(note, room).map(style.quiet).join('\n')}`
    }
    case 'bars':
      return block.histogram.bins.length === 0 ? '' : renderHistogram(block.histogram, look)
    case 'heatmap': {
      const [heading = '', ...rows] = heatmapLines(block, look)
      return [style.quiet(heading), ...rows].join('\n')
    }
    case 'notice':
      return renderNotice(
        block.label,
        shown(block.text),
        block.label === 'warning' ? style.caution : style.accent,
        look,
      )
  }
}
