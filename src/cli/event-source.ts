/** `--engine` and `--state`: where events are when they are not, or not only, in files. */
import { SessionizeError } from '../errors/errors.js'
import { flagOf, option } from '../errors/option.js'
import { ENGINE_NAMES, type EngineName, type OptionSpec, SPECS } from '../library/option-table.js'
import type { EventSource } from '../sessions/dataset.js'
import { omitUndefined } from '../units/omit-undefined.js'
import type { SourceFlags } from './context.js'
import { tell } from './messages.js'
import type { Terminal } from './terminal.js'
import type { Watch } from './watch.js'

export interface Wiring {
  readonly terminal: Terminal
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/** @throws SessionizeError `usage` for flags that do not go together. */
export async function eventSourceOf(
  flags: SourceFlags,
  watch: Watch,
  { terminal, signal }: Wiring,
): Promise<EventSource | undefined> {
  const engine = engineOf(flags)
  const { state } = flags
  if (engine === undefined) return state === undefined ? undefined : kept(state, terminal)
  if (state !== undefined) {
    throw new SessionizeError('usage', `${option('state')} keeps what is read from files.`, {
      hint: `With ${option('engine')} the events stay where they are: leave out ${option('state')}.`,
    })
  }
  const { CONNECTIONS } = await import('../remote/connect.js')
  const connection = CONNECTIONS[engine](flags, {
    env: terminal.env,
    signal,
    onNotice: (notice) => tell(terminal, notice),
    ...omitUndefined({ onProgress: terminal.stderr.isTTY === true ? watch.rows : undefined }),
  })
  const { remoteSource } = await import('../remote/source.js')
  return remoteSource(connection)
}

/** What a run adds to a state, and what is to be known of the state, is said. */
async function kept(directory: string, terminal: Terminal): Promise<EventSource> {
  const { describeAdded, describeUnchecked } = await import('./added.js')
  const { stateSource } = await import('../state/dataset.js')
  return stateSource({
    directory,
    onAdded: (added) => tell(terminal, ...describeAdded(added)),
    onUnchecked: () => tell(terminal, describeUnchecked(directory)),
  })
}

function engineOf(flags: SourceFlags): EngineName | undefined {
  const { engine } = flags
  const set = new Map<string, unknown>(Object.entries(flags))
  const strays = [...SPECS].filter(
    ([name, { engines }]) => engines !== undefined && name !== 'engine' && set.has(name),
  )
  const [stray] = strays
  if (engine !== undefined) assertOwn(engine, strays)
  else if (stray !== undefined) {
    throw new SessionizeError(
      'usage',
      `${option(stray[0])} says something of an engine, and none is named.`,
      { hint: `Add ${option('engine', ENGINE_NAMES.join('|'))}.` },
    )
  }
  return engine
}

/** A flag of one engine would be silently without effect in the other. */
function assertOwn(engine: EngineName, said: readonly (readonly [string, OptionSpec])[]): void {
  const stray = said.find(([, { engines }]) => engines?.includes(engine) !== true)
  if (stray === undefined) return
  const own = [...SPECS].flatMap(([name, { engines }]) =>
    name !== 'engine' && engines?.includes(engine) === true ? flagOf(name) : [],
  )
  throw new SessionizeError('usage', `${option('engine', engine)} takes no ${option(stray[0])}.`, {
    hint: `It takes ${own.join(', ')}.`,
  })
}
