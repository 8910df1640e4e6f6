/** The names alone, so that a command can list them without loading what writes them. */
export const CHECK_FORMATS = ['terminal', 'json', 'junit', 'sarif', 'github', 'markdown'] as const

export type CheckFormat = (typeof CHECK_FORMATS)[number]

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
