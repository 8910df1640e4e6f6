import type { Terminal } from './terminal.js'

/** What a command is given besides its flags. */
export interface Context {
  readonly terminal: Terminal
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** As it was typed. */
  readonly argv?: readonly string[]
}
