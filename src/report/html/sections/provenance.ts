import { describeDefinition } from '../../definition.js'
import { filesToShow, ledgerByFile, ledgerLines, skippedByReason } from '../../ledger.js'
import { formatCount, formatNumberOf, formatShare } from '../../quantities.js'
import { MAPPED_ROLES, segmentValue } from '../../summary/wording.js'
import type { ReportContents } from '../contents.js'
import { type Html, html, NOTHING } from '../html.js'
import { definitionList, figures, htmlTable, words } from '../table.js'
import type { Section } from './section.js'

export function provenance({ summary, command }: ReportContents): Section {
  const { ledger, mapping, definition } = summary
  const skipped = skippedByReason(ledger.skipped)
  return {
    id: 'provenance',
    title: 'What this rests on',
    body: html`${htmlTable(
      'The row ledger: where every row that was read went',
      [words(''), figures('rows'), figures('share')],
      ledgerLines(ledger).map(({ label, depth, rows, share }) => [
        `${'  '.repeat(depth)}${label}`,
        formatCount(rows),
        depth === 0 ? '' : formatShare(share),
      ]),
    )}
${files(summary)}
${skipped.length === 0 ? NOTHING : html`<p class="note">Passed over: ${skipped.map(({ why, labels }) => `${formatNumberOf(labels.length, 'file')} ${why}`).join(', ')}.</p>`}
<h3>Mapping and definition</h3>
${definitionList([
  ['preset', mapping.preset],
  ...MAPPED_ROLES.flatMap(({ role, column }): [string, string][] => {
    const name = column(mapping)
    return name === null ? [] : [[role, segmentValue(name)]]
  }),
  ['session', describeDefinition(definition)],
])}
<pre class="wide" tabindex="0"><code>${JSON.stringify(definition, null, 2)
      .split('\n')
      .map((line) => html`${line}\n`)}</code></pre>
<h3>To make it again</h3>
<pre class="wide" tabindex="0"><code>${command}</code></pre>`,
  }
}

function files({ ledger }: ReportContents['summary']): Html {
  const shown = filesToShow(ledger)
  if (ledger.files.length < 2 || shown.length === 0) return NOTHING
  const { headings, rows } = ledgerByFile(shown)
  const more = ledger.files.length - shown.length
  return html`${htmlTable(
    'The same per file',
    [words('file'), ...headings.map(figures)],
    rows.map(({ label, counts }) => [label, ...counts.map((count) => formatCount(count))]),
  )}${more === 0 ? '' : html`<p class="note">and ${formatNumberOf(more, 'more file')}</p>`}`
}
