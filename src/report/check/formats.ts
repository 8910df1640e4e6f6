import type { CheckReport } from '../../checks/result.js'
import type { Render } from '../appearance.js'
import { answerAsJson } from '../json.js'
import { checkAsGithub } from './github.js'
import { checkAsJunit } from './junit.js'
import { checkAsMarkdown } from './markdown.js'
import { checkAsSarif } from './sarif.js'
import { checkAsTerminal } from './terminal.js'

export const CHECK_FORMATS = ['terminal', 'json', 'junit', 'sarif', 'github', 'markdown'] as const

export type CheckFormat = (typeof CHECK_FORMATS)[number]

export const checkFormats: Readonly<Record<CheckFormat, Render<CheckReport>>> = {
  terminal: checkAsTerminal,
  json: answerAsJson,
  junit: checkAsJunit,
  sarif: checkAsSarif,
  github: checkAsGithub,
  markdown: checkAsMarkdown,
}

const EXTENSIONS: Readonly<Record<string, CheckFormat>> = {
  txt: 'terminal',
  json: 'json',
  xml: 'junit',
  sarif: 'sarif',
  md: 'markdown',
  markdown: 'markdown',
}

/** The format that a file's name asks for; undefined when it says nothing. */
export function checkFormatOf(path: string): CheckFormat | undefined {
  return EXTENSIONS[/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '']
}
