/** Charts as SVG text: Observable Plot on a document of its own, without a browser. */
import type { PlotOptions } from '@observablehq/plot'
import { type Html, html, trusted } from './html.js'

export type Plot = typeof import('@observablehq/plot')

/** What draws charts; loaded only when there is one to draw. */
export interface Drawing {
  readonly plot: Plot
  readonly draw: (label: string, options: PlotOptions) => Html
}

const CHART_WIDTH = 680

export async function loadDrawing(): Promise<Drawing> {
  const [plot, { parseHTML }] = await Promise.all([
    import('@observablehq/plot'),
    import('linkedom'),
  ])
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return {
    plot,
    draw(label, options) {
      const element = plot.plot({
        width: CHART_WIDTH,
        height: 260,
        marginLeft: 56,
        ...options,
        document,
      })
      return picture(label, String(element.outerHTML))
    },
  }
}

/**
 * The page allows no inline style, so the library's own is taken out (the page's style sheet says
 * the same), and the picture is one thing to a screen reader, told by its label.
 */
function picture(label: string, svg: string): Html {
  const plain = svg
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/ style="[^"]*"/g, '')
    .replace(/^<svg class="[^"]*"/, '<svg class="chart"')
    .replace(/ aria-(label|description|hidden)="[^"]*"/g, '')
  return html`${trusted(plain.slice(0, 4))} role="img" aria-label="${label}"${trusted(plain.slice(4))}`
}

/** A chart with its caption, and the same as a table for who cannot see it. */
export const figure = (caption: Html, chart: Html, table: Html): Html => html`<figure>
<div class="wide" tabindex="0">${chart}</div>
<figcaption>${caption}</figcaption>
<details><summary>As a table</summary>${table}</details>
</figure>`
