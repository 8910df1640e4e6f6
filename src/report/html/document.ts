/** A document as a part of the page. */
import {
  type Block,
  type Blocks,
  capitalized,
  cellText,
  flatten,
  number,
  plainText,
  type Table,
} from '../document.js'
import { formatCount, formatNumberOf, formatRate, formatShare } from '../quantities.js'
import type { Draw } from './chart.js'
import { type Html, html, joined } from './html.js'

const ABSENT = '–'

export const documentAsHtml = (blocks: Blocks, draw: Draw): Html =>
  joined(flatten(blocks).map((block) => blockAsHtml(block, draw)))

function blockAsHtml(block: Block, draw: Draw): Html {
  switch (block.kind) {
    case 'heading':
      return html`<h3>${block.text}</h3>`
    case 'paragraph':
      return html`<p>${block.text}</p>`
    case 'figures':
      return html`<ul class="tiles">${block.figures.map(
        ({ name, value, meaning }) =>
          html`<li><span class="name">${name}</span> <strong>${value ?? ABSENT}</strong> <small>${meaning}</small></li>\n`,
      )}</ul>`
    case 'fields':
      return html`<dl>${block.fields.map(({ label, text }) => html`<dt>${label}</dt><dd>${plainText(text, String)}</dd>`)}</dl>`
    case 'table': {
      const { charts = [], rows } = block
      if (charts.length > 0) return joined(charts.map((chart) => figure(chart, block, draw)))
      return rows.length === 0 ? html`` : tableAsHtml(block)
    }
    case 'bars': {
      const { caption, of, counted, bins, chart } = block
      const all = bins.reduce((sum, { count }) => sum + count, 0)
      const table: Table = {
        kind: 'table',
        caption,
        columns: [{ header: of }, number(counted), number('share')],
        rows: bins.map(({ label, count }) => [label, formatCount(count), formatShare(count / all)]),
      }
      return chart === undefined ? tableAsHtml(table) : figure(chart, table, draw)
    }
    case 'heatmap': {
      const { caption, about, across, columns, rows } = block
      const table: Table = {
        kind: 'table',
        caption,
        columns: [{ header: '' }, ...columns.map((header) => number(header))],
        rows: rows.map(({ label, values }) => [label, ...values.map(formatRate)]),
      }
      const chart = {
        about,
        x: { scale: 'names', names: columns, label: across },
        y: { scale: 'names', names: rows.map(({ label }) => label) },
        marks: [{ kind: 'cells', cells: rows.map(({ values }) => values) }],
      } as const
      return figure(chart, table, draw)
    }
    case 'notice': {
      const { label, text, hint } = block
      return html`<p class="${label}"><strong>${capitalized(label)}:</strong> ${text}${hint === undefined ? '' : ` ${hint}`}</p>`
    }
    case 'listing':
      return html`<pre class="wide" tabindex="0"><code>${block.text.split('\n').map((line) => html`${line}\n`)}</code></pre>`
    case 'group': {
      const inner = documentAsHtml(block.blocks, draw)
      if (block.folded?.in === 'page') {
        return html`<details><summary>${block.folded.title}</summary>${inner}</details>`
      }
      return block.tone === undefined
        ? inner
        : html`<section class="problem ${block.tone}">\n${inner}\n</section>`
    }
  }
}

/** A chart with its caption, and the same as a table for who cannot see it. */
const figure = (
  { caption, about, ...chart }: NonNullable<Table['charts']>[number],
  table: Table,
  draw: Draw,
): Html => html`<figure>
<div class="wide" tabindex="0">${draw(caption ?? table.caption, chart)}</div>
<figcaption><strong>${caption ?? table.caption}</strong>. ${about}</figcaption>
<details><summary>As a table</summary>${tableAsHtml(table)}</details>
</figure>`

function tableAsHtml({ caption, columns, rows, more }: Table): Html {
  const side = (at: number): Html =>
    columns[at]?.align === 'right' ? html` class="number"` : html``
  return html`<div class="wide" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ header }, at) => html`<th scope="col"${side(at)}>${header}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) =>
    html`<tr>${row.map((cell, at) => {
      const text = cellText(cell, columns[at] ?? {}, ABSENT)
      return at === 0
        ? html`<th scope="row"${side(at)}>${text}</th>`
        : html`<td${side(at)}>${text}</td>`
    })}</tr>\n`,
)}</tbody>
</table></div>${more === undefined ? '' : html`<p class="note">and ${formatNumberOf(more.count, `more ${more.one}`)}</p>`}`
}
