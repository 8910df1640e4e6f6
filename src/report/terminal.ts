import type { Appearance } from './appearance.js'
import {
  type Block,
  type Blocks,
  type Figure,
  flatten,
  NOTICE_INKS,
  plainText,
} from './document.js'
import { renderFields, renderNotice } from './fields.js'
import { heatmapLines } from './heatmap.js'
import { renderHistogram } from './histogram.js'
import { formatNumberOf } from './quantities.js'
import { styleFor } from './style.js'
import { renderTable } from './table.js'
import { visibleExcerpt } from './untrusted.js'
import { textWidth, wrap } from './width.js'

/** Lines of prose are not read easily when longer. */
const LONGEST_LINE = 100

export const documentAsTerminal = (blocks: Blocks, appearance: Appearance): string =>
  `${blocksAsTerminal(blocks, appearance)}\n`

const blocksAsTerminal = (blocks: Blocks, appearance: Appearance): string =>
  flatten(blocks)
    .map((block) => blockAsTerminal(block, appearance))
    .filter((part) => part !== '')
    .join('\n\n')

function blockAsTerminal(block: Block, appearance: Appearance): string {
  const style = styleFor(appearance)
  const excerpt = (text: string): string => visibleExcerpt(text, style.ellipsis)
  const lines = (text: string): readonly string[] =>
    wrap(excerpt(text), Math.min(appearance.columns, LONGEST_LINE))
  switch (block.kind) {
    case 'heading':
      return lines(block.text)
        .map(style[block.ink ?? 'strong'])
        .join('\n')
    case 'paragraph':
      return lines(block.text).join('\n')
    case 'figures':
      return figureLines(block.figures, appearance)
    case 'fields':
      if (block.fields.length === 0) return ''
      return [
        ...(block.title === undefined ? [] : [style.quiet(block.title)]),
        renderFields(
          block.fields.map(({ label, text }) => ({ label, text: plainText(text, excerpt) })),
          appearance,
        ),
      ].join('\n')
    case 'table': {
      if (block.rows.length === 0) return ''
      const table = renderTable(block, appearance)
      if (block.more === undefined) return table
      const { count, one, format = 'csv' } = block.more
      const note = `and ${formatNumberOf(count, `more ${one}`)}: --format ${format} has all`
      return `${table}\n${lines(note).map(style.quiet).join('\n')}`
    }
    case 'bars':
      return block.bins.length === 0 ? '' : renderHistogram(block, appearance)
    case 'heatmap': {
      const [heading = '', ...rows] = heatmapLines(block, appearance)
      return [style.quiet(heading), ...rows].join('\n')
    }
    case 'notice': {
      const notice = (label: keyof typeof NOTICE_INKS, text: string): string =>
        renderNotice(label, excerpt(text), style[NOTICE_INKS[label]], appearance)
      const { label, text, hint } = block
      return [notice(label, text), ...(hint === undefined ? [] : [notice('hint', hint)])].join('\n')
    }
    case 'listing':
      return block.text.split('\n').map(excerpt).join('\n')
    case 'group':
      return blocksAsTerminal(block.blocks, appearance)
  }
}

/** As many on a line as there is room for. */
function figureLines(figures: readonly Figure[], appearance: Appearance): string {
  const style = styleFor(appearance)
  let line = ''
  let width = 0
  for (const { name, one = name, value, in: media } of figures) {
    if (media !== undefined && !media.includes('terminal')) continue
    const figure = value ?? style.absent
    const label = figure === '1' ? one : name
    const needed = textWidth(`${figure} ${label}`)
    const breaks = width + 3 + needed > appearance.columns
    const separator = width === 0 ? '' : breaks ? '\n' : '   '
    line += `${separator}${style.strong(figure)} ${label}`
    width = (separator === '   ' ? width + 3 : 0) + needed
  }
  return line
}
