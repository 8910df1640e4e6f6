import type { EngineOptions } from '../library/options.js'
import type { EventSource } from '../sessions/dataset.js'
import type { Terminal } from './terminal.js'
import type { Watch } from './watch.js'

/** @returns the exit code */
export type Program = (argv: readonly string[], terminal: Terminal) => Promise<number>

/** What flags say of where events are, and where the session table is to be made, which is asked there too. */
export type SourceFlags = EngineOptions & {
  readonly createTable?: string
  readonly state?: string
}

/** What a command is given besides its flags. */
export interface Context {
  readonly terminal: Terminal
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Where flags say that the events are; undefined for files alone. */
  readonly eventSourceOf?: (flags: SourceFlags, watch: Watch) => Promise<EventSource | undefined>
  /** The whole program, for the command that writes what it says of itself. */
  readonly program?: Program
  /** As it was typed. */
  readonly argv?: readonly string[]
}
