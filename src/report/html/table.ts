import { type Html, html } from './html.js'

export interface HtmlColumn {
  readonly header: string
  readonly align?: 'right'
}

export const words = (header: string): HtmlColumn => ({ header })
export const figures = (header: string): HtmlColumn => ({ header, align: 'right' })

export function htmlTable(
  caption: string,
  columns: readonly HtmlColumn[],
  rows: readonly (readonly string[])[],
): Html {
  const side = (at: number): Html =>
    columns[at]?.align === 'right' ? html` class="number"` : html``
  return html`<div class="wide" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ header }, at) => html`<th scope="col"${side(at)}>${header}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) =>
    html`<tr>${row.map((cell, at) => (at === 0 ? html`<th scope="row"${side(at)}>${cell}</th>` : html`<td${side(at)}>${cell}</td>`))}</tr>\n`,
)}</tbody>
</table></div>`
}

/** Terms and what they are. */
export const definitionList = (entries: readonly (readonly [string, string])[]): Html =>
  html`<dl>${entries.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>`)}</dl>`
