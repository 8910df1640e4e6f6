import type { CheckReport } from '../../checks/result.js'
import type { Render } from '../appearance.js'
import { answerAsJson } from '../json.js'
import type { CheckFormat } from './format-names.js'
import { checkAsGithub } from './github.js'
import { checkAsJunit } from './junit.js'
import { checkAsMarkdown } from './markdown.js'
import { checkAsSarif } from './sarif.js'
import { checkAsTerminal } from './terminal.js'

export const checkFormats: Readonly<Record<CheckFormat, Render<CheckReport>>> = {
  terminal: checkAsTerminal,
  json: answerAsJson,
  junit: checkAsJunit,
  sarif: checkAsSarif,
  github: checkAsGithub,
  markdown: checkAsMarkdown,
}
