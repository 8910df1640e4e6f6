/** `--state DIR`: the same answers, over all files that were ever added. */
import type { Command } from 'commander'
import type { Dataset, DatasetOptions } from '../events/dataset.js'
import { formatNumberOf } from '../report/quantities.js'
import { visible } from '../report/untrusted.js'
import type { Added, StateRequest } from '../state/dataset.js'
import type { Terminal } from './terminal.js'

export const stateOption = (command: Command): Command =>
  command.option(
    '--state <folder>',
    'keep what is read in this folder, and answer over all that was ever added to it',
  )

/** No file need be named: the state answers alone then. Says what was added to it. */
export async function withState<T>(
  request: Omit<StateRequest, 'onAdded'>,
  inputs: readonly string[],
  terminal: Terminal,
  options: DatasetOptions,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  const onAdded = (added: Added): void => {
    terminal.stderr.write(`${describeAdded(added)}\n`)
  }
  const state = await import('../state/dataset.js')
  return state.withState({ ...request, onAdded }, inputs, options, use)
}

function describeAdded({
  files,
  rows,
  kept,
  duplicates,
  known,
  changed,
  filesInState,
}: Added): string {
  const [only] = files
  const what =
    files.length === 1 && only !== undefined ? visible(only) : formatNumberOf(files.length, 'file')
  const lines = [
    files.length === 0
      ? 'Nothing to add.'
      : `Added ${what}: ${formatNumberOf(rows, 'row')}, ${formatNumberOf(kept, 'event')}${duplicates === 0 ? '' : `, ${formatNumberOf(duplicates, 'duplicate')}`}.`,
    ...(known.length === 0
      ? []
      : [`${formatNumberOf(known.length, 'file')} in the state already.`]),
    `The state holds ${formatNumberOf(filesInState, 'file')}.`,
  ]
  const doubts = changed.map(
    (label) =>
      `\nwarning: ${visible(label)} was added before with other content: both count. If it replaces the other, drop the state and add all files again.`,
  )
  return lines.join(' ') + doubts.join('')
}
