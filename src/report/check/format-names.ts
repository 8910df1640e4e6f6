import { formatByEnding } from '../file-name.js'

/** The names alone, so that a command can list them without loading what writes them. */
export const CHECK_FORMATS = ['terminal', 'json', 'junit', 'sarif', 'github', 'markdown'] as const

export type CheckFormat = (typeof CHECK_FORMATS)[number]

export const checkFormatOf = formatByEnding<CheckFormat>({
  txt: 'terminal',
  json: 'json',
  xml: 'junit',
  sarif: 'sarif',
  md: 'markdown',
  markdown: 'markdown',
})
