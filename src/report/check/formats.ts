import { type CheckReport, hasFailed } from '../../checks/result.js'
import type { Render } from '../appearance.js'
import { heading, type Ink } from '../document.js'
import { answerAsJson } from '../json.js'
import { documentAsTerminal } from '../terminal.js'
import { checkBlocks } from './document.js'
import type { CheckFormat } from './format-names.js'
import { checkAsGithub } from './github.js'
import { checkAsJunit } from './junit.js'
import { checkAsMarkdown } from './markdown.js'
import { checkAsSarif } from './sarif.js'
import { describeOutcome } from './wording.js'

export const checkFormats: Readonly<Record<CheckFormat, Render<CheckReport>>> = {
  // The verdict first, then what is wrong, then everything else.
  terminal: (report, appearance) =>
    documentAsTerminal(
      [heading(describeOutcome(report), inkOf(report)), checkBlocks(report)],
      appearance,
    ),
  json: answerAsJson,
  junit: checkAsJunit,
  sarif: checkAsSarif,
  github: checkAsGithub,
  markdown: checkAsMarkdown,
}

const inkOf = (report: CheckReport): Ink =>
  hasFailed(report) ? 'failure' : report.verdict === 'warn' ? 'caution' : 'strong'
