/** `--state DIR`: the same answers, over all files that were ever added. */
import type { Command } from 'commander'
import type { Dataset, ReadingOptions } from '../events/dataset.js'
import type { Added, StateRequest } from '../state/dataset.js'
import type { Terminal } from './terminal.js'

export const stateOption = (command: Command): Command =>
  command.option(
    '--state <folder>',
    'keep what is read in this folder, and answer over all that was ever added to it',
  )

/** No file need be named: the state answers alone then. Says what was added to it. */
export async function withState<T>(
  request: Omit<StateRequest, 'onAdded' | 'onUnchecked'>,
  inputs: readonly string[],
  terminal: Terminal,
  options: ReadingOptions,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  const { describeAdded, describeUnchecked } = await import('./added.js')
  const onAdded = (added: Added): void => {
    terminal.stderr.write(`${describeAdded(added)}\n`)
  }
  const onUnchecked = (): void => {
    terminal.stderr.write(`${describeUnchecked(request.directory)}\n`)
  }
  const state = await import('../state/dataset.js')
  return state.withState({ ...request, onAdded, onUnchecked }, inputs, options, use)
}
