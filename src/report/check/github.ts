/**
 * Workflow commands for GitHub Actions, one annotation per rule: GitHub shows about ten of a kind
 * per step, so one per row would hide the other rules.
 */
import type { CheckReport } from '../../checks/result.js'
import { visibleExcerpt } from '../untrusted.js'
import { checkAsMarkdown } from './markdown.js'
import { fileOnDisk } from './sarif.js'
import { describeCheck, describeExample, describeOutcome, problems } from './wording.js'

const SHOWN_EXAMPLES = 3

export function checkAsGithub(report: CheckReport): string {
  const lines = problems(report).map((check) => {
    const file = check.examples.find((example) => example.file !== null)?.file ?? null
    const properties = [
      ...(file === null ? [] : [`file=${property(fileOnDisk(file))}`]),
      `title=${property(`sessionize ${check.id}`)}`,
    ]
    const text = [
      describeCheck(check),
      ...check.examples.slice(0, SHOWN_EXAMPLES).map(describeExample),
      ...(check.hint === null ? [] : [check.hint]),
    ]
    const command = check.verdict === 'fail' ? 'error' : 'warning'
    return `::${command} ${properties.join(',')}::${text.map(data).join('%0A')}`
  })
  return `${[...lines, `::notice title=sessionize::${data(describeOutcome(report))}`].join('\n')}\n`
}

const data = (text: string): string =>
  visibleExcerpt(text, '…').replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

/** A step summary holds 1 MiB; beyond, GitHub shows none of it. */
const MOST_SUMMARY_BYTES = 1_000_000

/** For the file that `GITHUB_STEP_SUMMARY` names. */
export function stepSummary(report: CheckReport): string {
  const text = checkAsMarkdown(report)
  if (Buffer.byteLength(text) <= MOST_SUMMARY_BYTES) return text
  const note = '\n\n*The rest was left out: the summary would be too long.*\n'
  const kept = Buffer.from(text)
    .subarray(0, MOST_SUMMARY_BYTES - note.length)
    .toString()
  return kept.slice(0, kept.lastIndexOf('\n')) + note
}
