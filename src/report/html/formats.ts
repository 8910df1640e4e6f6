import { answerAsJson } from '../json.js'
import type { ReportContents } from './contents.js'
import { reportAsMarkdown } from './markdown.js'
import { reportAsHtml } from './page.js'

export const reportFormats: Readonly<
  Record<'html' | 'markdown' | 'json', (contents: ReportContents) => string | Promise<string>>
> = { html: reportAsHtml, markdown: reportAsMarkdown, json: answerAsJson }
