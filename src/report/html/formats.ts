/** The whole report: a page of sections, or in Markdown each answer as its own command writes it. */
import { auditFormats } from '../audit/blocks.js'
import { checkAsMarkdown } from '../check/markdown.js'
import type { ReportContents } from '../contents.js'
import { gapFormats } from '../gap.js'
import { answerAsJson } from '../json.js'
import { documentAsMarkdown, prose } from '../markdown.js'
import { segmentBlocks } from '../segments.js'
import { summaryFormats } from '../summary/formats.js'
import { trendFormats } from '../trend.js'
import { reportAsHtml } from './page.js'

export const reportFormats: Readonly<
  Record<'html' | 'markdown' | 'json', (contents: ReportContents) => string | Promise<string>>
> = { html: reportAsHtml, markdown: reportAsMarkdown, json: answerAsJson }

const PLAIN = { color: false, unicode: true, columns: 100 } as const

function reportAsMarkdown(contents: ReportContents): string {
  const { summary, segments, trend, hours, gap, audit, checks, command } = contents
  return `${[
    documentAsMarkdown(prose(contents.title), [], 1),
    summaryFormats.markdown(summary, PLAIN),
    ...segments.map((one) =>
      documentAsMarkdown(`By ${prose(one.dimensions.join(', '))}`, segmentBlocks(one)),
    ),
    trendFormats.markdown(trend, PLAIN),
    trendFormats
      .markdown(hours, PLAIN)
      .replace('## Sessions over time', '## Sessions by hour of the week'),
    gap.answer === null
      ? documentAsMarkdown('Session timeout', { kind: 'paragraph', text: gap.why })
      : gapFormats.markdown(gap.answer, PLAIN),
    audit.answer === null
      ? documentAsMarkdown('Recorded sessions', { kind: 'paragraph', text: audit.why })
      : auditFormats.markdown(audit.answer, PLAIN),
    checkAsMarkdown(checks),
    documentAsMarkdown('To make it again', { kind: 'listing', text: command }),
  ]
    .map((part) => part.trimEnd())
    .join('\n\n')}\n`
}
