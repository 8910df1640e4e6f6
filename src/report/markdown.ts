/** GitHub-flavoured Markdown, for a pull-request comment or a step summary. */
import type { Block } from './document.js'
import { heatmapLines } from './heatmap.js'
import { bar, withoutEmptyTail } from './histogram.js'
import { formatCount, formatNumberOf, formatShare } from './quantities.js'
import { markdownText, visibleExcerpt } from './untrusted.js'

const BAR_WIDTH = 20
const WIDE = { color: false, unicode: true, columns: 80 } as const

export const prose = (text: string): string => markdownText(visibleExcerpt(text, '…'))

export interface MarkdownColumn {
  readonly header: string
  readonly align: 'left' | 'right'
}

export const left = (header: string): MarkdownColumn => ({ header, align: 'left' })
export const right = (header: string): MarkdownColumn => ({ header, align: 'right' })

/** Cells are Markdown already. */
export function markdownTable(
  columns: readonly MarkdownColumn[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(columns.map(({ header }) => header)),
    line(columns.map(({ align }) => (align === 'left' ? ':--' : '--:'))),
    ...rows.map(line),
  ].join('\n')
}

export function barTable(
  of: string,
  counted: string,
  all: readonly { readonly label: string; readonly count: number }[],
): string {
  const bins = withoutEmptyTail(all)
  if (bins.length === 0) return ''
  const sum = bins.reduce((total, { count }) => total + count, 0)
  const most = Math.max(...bins.map(({ count }) => count))
  return markdownTable(
    [left(of), right(counted), right('share'), left('')],
    bins.map(({ label, count }) => [
      prose(label),
      formatCount(count),
      formatShare(count / sum),
      bar(count / most, BAR_WIDTH, true),
    ]),
  )
}

export const documentAsMarkdown = (title: string, blocks: readonly Block[]): string =>
  `${[`## ${title}`, blocksAsMarkdown(blocks)].filter((part) => part !== '').join('\n\n')}\n`

export const blocksAsMarkdown = (blocks: readonly Block[]): string =>
  blocks
    .map(blockAsMarkdown)
    .filter((part) => part !== '')
    .join('\n\n')

function blockAsMarkdown(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `### ${prose(block.text)}`
    case 'paragraph':
      return prose(block.text)
    case 'fields':
      return block.fields.map(({ label, text }) => `- **${label}**: ${prose(text)}`).join('\n')
    case 'table': {
      if (block.rows.length === 0) return ''
      const table = markdownTable(
        block.columns.map(({ header, align = 'left' }) => ({ header: prose(header), align })),
        block.rows.map((row) => row.map(prose)),
      )
      return block.more === undefined
        ? table
        : `${table}\n\n*and ${formatNumberOf(block.more.count, `more ${block.more.one}`)}*`
    }
    case 'bars': {
      const { of, counted, bins } = block.histogram
      return barTable(of, counted, bins)
    }
    case 'heatmap':
      return ['```', ...heatmapLines(block, WIDE), '```'].join('\n')
    case 'notice':
      return `> **${block.label === 'warning' ? 'Warning' : 'Hint'}:** ${prose(block.text)}`
  }
}
