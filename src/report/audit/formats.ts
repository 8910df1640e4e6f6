import type { Audit } from '../../analysis/audit/audit.js'
import type { Render } from '../appearance.js'
import type { ReportFormat } from '../formats.js'
import { answerAsJson } from '../json.js'
import { documentAsMarkdown } from '../markdown.js'
import { documentAsTerminal } from '../terminal.js'
import { auditBlocks } from './blocks.js'
import { auditAsCsv } from './csv.js'

export const auditFormats: Readonly<Record<ReportFormat, Render<Audit>>> = {
  terminal: (audit, look) => documentAsTerminal(auditBlocks(audit), look),
  json: answerAsJson,
  csv: auditAsCsv,
  markdown: (audit) => documentAsMarkdown('Session audit', auditBlocks(audit)),
}
