/**
 * One self-contained file. Its policy lets nothing be fetched and nothing be run: the only thing
 * that it allows is the style sheet with this very hash.
 */
import { createHash } from 'node:crypto'
import { VERSION } from '../../package.js'
import type { ReportContents } from '../contents.js'
import { describeFar, describeSpan } from '../summary/wording.js'
import { loadDrawing } from './chart.js'
import { documentAsHtml } from './document.js'
import { html, trusted } from './html.js'
import { sectionsOf } from './sections.js'
import { STYLE_SHEET } from './style-sheet.js'

const STYLE_HASH = createHash('sha256').update(STYLE_SHEET).digest('base64')

const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`

export async function reportAsHtml(contents: ReportContents): Promise<string> {
  const draw = await loadDrawing()
  const sections = sectionsOf(contents)
  const { summary, title } = contents
  const far = describeFar(summary.farEvents)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="sessionize ${VERSION}">
<title>${title}</title>
<style>${trusted(STYLE_SHEET)}</style>
</head>
<body>
<a class="skip" href="#${sections[0]?.id ?? ''}">To the report</a>
<header>
<h1>${title}</h1>
<p>${describeSpan(summary.firstEvent, summary.lastEvent)}</p>${far === null ? '' : html`\n<p>${far}</p>`}
<nav aria-label="Sections"><ul>${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>
<main>
${sections.map(
  ({ id, title: name, blocks }) => html`<section aria-labelledby="${id}">
<h2 id="${id}">${name}</h2>
${documentAsHtml(blocks, draw)}
</section>
`,
)}</main>
<footer>Made by sessionize ${VERSION}. Nothing in this page is loaded from elsewhere.</footer>
</body>
</html>
`.text
}
