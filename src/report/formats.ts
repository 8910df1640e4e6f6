import type { Render } from './appearance.js'
import type { Blocks, Medium } from './document.js'
import { answerAsJson } from './json.js'
import { documentAsMarkdown } from './markdown.js'
import { documentAsTerminal } from './terminal.js'

/** Every format an answer can be written in: `--format` takes these names, the first by default. */
export const FORMATS = ['terminal', 'json', 'csv', 'markdown'] as const

export type ReportFormat = (typeof FORMATS)[number]

/** One document for readers, and the answer's own figures for programs. */
export const answerFormats = <Answer extends { readonly schema: string }>(
  title: string,
  blocks: (answer: Answer, medium: Medium) => Blocks,
  csv: (answer: Answer) => string,
): Readonly<Record<ReportFormat, Render<Answer>>> => ({
  terminal: (answer, appearance) => documentAsTerminal(blocks(answer, 'terminal'), appearance),
  json: answerAsJson,
  csv,
  markdown: (answer) => documentAsMarkdown(title, blocks(answer, 'markdown')),
})
