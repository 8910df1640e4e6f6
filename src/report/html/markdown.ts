/** The same report in Markdown: each answer as its own command writes it. */
import { auditFormats } from '../audit/formats.js'
import { checkAsMarkdown } from '../check/markdown.js'
import { gapFormats } from '../gap.js'
import { left, markdownTable, prose, right } from '../markdown.js'
import { formatCount, formatNumberOf, formatSeconds } from '../quantities.js'
import { interval } from '../summary/detail.js'
import { summaryAsMarkdown } from '../summary/markdown.js'
import { segmentValue } from '../summary/wording.js'
import { trendFormats } from '../trend.js'
import { markdownValue, visible } from '../untrusted.js'
import type { ReportContents, ReportSegments } from './contents.js'

const PLAIN = { color: false, unicode: true, columns: 100 } as const

export function reportAsMarkdown(contents: ReportContents): string {
  const { summary, segments, trend, hours, gap, audit, checks } = contents
  return `${[
    `# ${prose(contents.title)}`,
    summaryAsMarkdown(summary),
    ...segments.map(segmentTable),
    trendFormats.markdown(trend, PLAIN),
    trendFormats
      .markdown(hours, PLAIN)
      .replace('## Sessions over time', '## Sessions by hour of the week'),
    gap.answer === null
      ? `## Session timeout\n\n${prose(gap.why)}`
      : gapFormats.markdown(gap.answer, PLAIN),
    audit.answer === null
      ? `## Recorded sessions\n\n${prose(audit.why)}`
      : auditFormats.markdown(audit.answer, PLAIN),
    checkAsMarkdown(checks),
    `## To make it again\n\n${fenced(visible(contents.command))}`,
  ]
    .map((part) => part.trimEnd())
    .join('\n\n')}\n`
}

function segmentTable({ dimensions, rows, medians, more }: ReportSegments): string {
  const name = dimensions.join(', ')
  const table = markdownTable(
    [left(prose(name)), ...['sessions', 'users', 'median', '95% interval', 'mean'].map(right)],
    rows.map(({ values, figures }, at) => [
      markdownValue(segmentValue(values[0] ?? null)),
      formatCount(figures.sessions),
      formatCount(figures.users),
      formatSeconds(figures.length.p50Seconds),
      interval(medians[at]?.lowSeconds ?? null, medians[at]?.highSeconds ?? null) || '–',
      formatSeconds(figures.length.meanSeconds),
    ]),
  )
  const note = more > 0 ? `\n\n*and ${formatNumberOf(more, 'more segment')}*` : ''
  return `## By ${prose(name)}\n\n${table}${note}`
}

/** A fence longer than any run of backticks inside. */
function fenced(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(Math.max(3, longest + 1))
  return `${fence}\n${text}\n${fence}`
}
