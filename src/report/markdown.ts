/** GitHub-flavoured Markdown, for a pull-request comment or a step summary. */
import {
  type Block,
  type Blocks,
  type Cell,
  type Column,
  capitalized,
  type Figure,
  flatten,
  type Histogram,
  type Table,
  type Text,
} from './document.js'
import { heatmapLines } from './heatmap.js'
import { bar, withoutEmptyTail } from './histogram.js'
import { formatCount, formatNumberOf, formatShare } from './quantities.js'
import { markdownText, markdownValue, visible, visibleExcerpt } from './untrusted.js'

const BAR_WIDTH = 20
const WIDE = { color: false, unicode: true, columns: 80 } as const
const ABSENT = '–'

export const prose = (text: string): string => markdownText(visibleExcerpt(text, '…'))

/** @param level of the title: 1 is a page's, 2 an answer's */
export const documentAsMarkdown = (title: string, blocks: Blocks, level = 2): string =>
  `${[`${'#'.repeat(level)} ${title}`, blocksAsMarkdown(blocks)].filter((part) => part !== '').join('\n\n')}\n`

const blocksAsMarkdown = (blocks: Blocks): string =>
  flatten(blocks)
    .map(blockAsMarkdown)
    .filter((part) => part !== '')
    .join('\n\n')

function blockAsMarkdown(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `### ${prose(block.text)}`
    case 'paragraph':
      return prose(block.text)
    case 'figures':
      return figureTable(block.figures)
    case 'fields':
      return block.fields
        .map(({ label, text }) =>
          block.unstressed === true
            ? `- ${capitalized(label)}: ${inline(text)}`
            : `- **${label}**: ${inline(text)}`,
        )
        .join('\n')
    case 'table': {
      if (block.rows.length === 0) return ''
      const table = markdownTable(block)
      return block.more === undefined
        ? table
        : `${table}\n\n*and ${formatNumberOf(block.more.count, `more ${block.more.one}`)}*`
    }
    case 'bars':
      return barTable(block)
    case 'heatmap':
      return ['```', ...heatmapLines(block, WIDE), '```'].join('\n')
    case 'notice':
      return [
        `> **${capitalized(block.label)}:** ${prose(block.text)}`,
        ...(block.hint === undefined ? [] : ['>', `> Hint: ${prose(block.hint)}`]),
      ].join('\n')
    case 'listing':
      return fenced(visible(block.text))
    case 'group': {
      const inner = blocksAsMarkdown(block.blocks)
      return block.folded?.in === 'markdown'
        ? `<details>\n<summary>${prose(block.folded.title)}</summary>\n\n${inner}\n\n</details>`
        : inner
    }
  }
}

function markdownTable({ columns, rows }: Pick<Table, 'columns' | 'rows'>): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const visibleColumns = columns.flatMap((column, at) =>
    column.onPage === true ? [] : [{ column, at }],
  )
  return [
    line(
      visibleColumns.map(({ column: { header, named } }) =>
        named === true ? markdownValue(header) : prose(header),
      ),
    ),
    line(visibleColumns.map(({ column }) => (column.align === 'right' ? '--:' : ':--'))),
    ...rows.map((row) =>
      line(
        visibleColumns.map(({ column, at }) =>
          markdownCell(row[at] === undefined ? '' : row[at], column),
        ),
      ),
    ),
  ].join('\n')
}

function markdownCell(cell: Cell, column: Column): string {
  if (cell === null) return ABSENT
  if (typeof cell !== 'string') return cell.mark === '' ? '' : `*${cell.mark}*`
  const { cells = 'text', nested = false } = column
  if (cells === 'values') return markdownValue(cell)
  if (cells === 'figures') return cell
  // Markdown trims spaces at the start of a cell, so depth is drawn.
  const depth = nested ? (/^ */.exec(cell)?.[0].length ?? 0) / 2 : 0
  return '&emsp;'.repeat(depth) + prose(cell.slice(depth * 2))
}

const inline = (text: Text): string =>
  typeof text === 'string'
    ? prose(text)
    : text
        .map((part) => (typeof part === 'string' ? prose(part) : markdownValue(part.value)))
        .join('')

const figureTable = (figures: readonly Figure[]): string => {
  const inMarkdown = figures.filter(({ in: media }) => media?.includes('markdown') !== false)
  return markdownTable({
    columns: inMarkdown.map(({ name }) => ({ header: name, align: 'right', cells: 'figures' })),
    rows: [inMarkdown.map(({ value }) => value)],
  })
}

function barTable({ of, counted, bins: all }: Histogram): string {
  const bins = withoutEmptyTail(all)
  if (bins.length === 0) return ''
  const sum = bins.reduce((total, { count }) => total + count, 0)
  const most = Math.max(...bins.map(({ count }) => count))
  return markdownTable({
    columns: [
      { header: of },
      { header: counted, align: 'right', cells: 'figures' },
      { header: 'share', align: 'right', cells: 'figures' },
      { header: '' },
    ],
    rows: bins.map(({ label, count }) => [
      label,
      formatCount(count),
      formatShare(count / sum),
      bar(count / most, BAR_WIDTH, true),
    ]),
  })
}

/** A fence longer than any run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(Math.max(3, longest + 1))
  return `${fence}\n${text}\n${fence}`
}
