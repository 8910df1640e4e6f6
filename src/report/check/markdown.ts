import { type CheckReport, hasFailed } from '../../checks/result.js'
import { documentAsMarkdown } from '../markdown.js'
import { checkBlocks } from './document.js'
import { describeCounts, describeVerdict } from './wording.js'

export function checkAsMarkdown(report: CheckReport): string {
  const mark = hasFailed(report) ? '❌' : report.verdict === 'warn' ? '⚠️' : '✅'
  return documentAsMarkdown(
    `${mark} Event data checks ${describeVerdict(report)}: ${describeCounts(report)}`,
    checkBlocks(report),
  )
}
