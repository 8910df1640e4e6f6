import type { Summary } from '../analysis/summary.js'
import type { Render } from './appearance.js'
import { answerAsJson } from './json.js'
import { summaryAsCsv } from './summary/csv.js'
import { summaryAsMarkdown } from './summary/markdown.js'
import { summaryAsTerminal } from './summary/terminal.js'

/** Every format an answer can be written in: `--format` takes these names, the first by default. */
export const FORMATS = ['terminal', 'json', 'csv', 'markdown'] as const

export type ReportFormat = (typeof FORMATS)[number]

export const summaryFormats: Readonly<Record<ReportFormat, Render<Summary>>> = {
  terminal: summaryAsTerminal,
  json: answerAsJson,
  csv: summaryAsCsv,
  markdown: summaryAsMarkdown,
}
