import type { CheckResult } from '../../../checks/result.js'
import {
  describeCounts,
  describeExample,
  describeLimit,
  describeValue,
  describeVerdict,
  problems,
} from '../../check/wording.js'
import type { ReportContents } from '../contents.js'
import { type Html, html } from '../html.js'
import { figures, htmlTable, words } from '../table.js'
import type { Section } from './section.js'

const WORDS = { fail: 'failed', warn: 'warning', pass: 'passed', skipped: 'skipped' } as const

export function checks({ checks: report }: ReportContents): Section {
  return {
    id: 'checks',
    title: 'Checks of the data',
    body: html`<p>Checks ${describeVerdict(report)}: ${describeCounts(report)}.</p>
${problems(report).map(problem)}
<details><summary>All checks</summary>${htmlTable(
      'All checks',
      [
        words('check'),
        words('verdict'),
        figures('value'),
        words('should be'),
        words('what it finds'),
      ],
      report.checks.map((check) => [
        check.id,
        WORDS[check.verdict],
        describeValue(check),
        check.verdict === 'skipped' ? (check.why ?? '') : describeLimit(check),
        check.meaning,
      ]),
    )}</details>`,
  }
}

const problem = (check: CheckResult): Html => html`<section class="problem ${check.verdict}">
<h3><span class="verdict">${WORDS[check.verdict]}</span> ${check.id}</h3>
<p>${[check.meaning, describeValue(check)].join(': ')}${describeLimit(check) === '' ? '' : `; should be ${describeLimit(check)}`}. ${check.hint ?? ''}</p>
${check.examples.length === 0 ? '' : html`<ul class="examples">${check.examples.map((example) => html`<li>${describeExample(example)}</li>`)}</ul>`}
</section>
`
