/** The names alone, so that a command can list them without loading what writes them. */
export const CHECK_FORMATS = ['terminal', 'json', 'junit', 'sarif', 'github', 'markdown'] as const

export type CheckFormat = (typeof CHECK_FORMATS)[number]
