import type { RemoteSource } from '../remote/source.js'
import type { EngineFlags } from './engine.js'
import type { Terminal } from './terminal.js'
import type { Watch } from './watch.js'

/** @returns the exit code */
export type Program = (argv: readonly string[], terminal: Terminal) => Promise<number>

/** What a command is given besides its flags. */
export interface Context {
  readonly terminal: Terminal
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** The remote engine that flags name. */
  readonly engineOf?: (flags: EngineFlags, watch: Watch) => RemoteSource | undefined
  /** The whole program, for the command that writes what it says of itself. */
  readonly program?: Program
  /** As it was typed. */
  readonly argv?: readonly string[]
}
