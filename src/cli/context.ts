import type { RemoteEvents } from '../cluster/dataset.js'
import type { EngineFlags } from './engine.js'
import type { Terminal } from './terminal.js'
import type { Watch } from './watch.js'

/** What a command is given besides its flags. */
export interface Context {
  readonly terminal: Terminal
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** The engine elsewhere that flags name. */
  readonly engineOf?: (flags: EngineFlags, watch: Watch) => RemoteEvents | undefined
  /** As it was typed. */
  readonly argv?: readonly string[]
}
