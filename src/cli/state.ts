/** `--state DIR`: the same answers, over all files that were ever added. */
import type { Command } from 'commander'
import type { Dataset, DatasetOptions } from '../events/dataset.js'
import { formatNumberOf } from '../report/quantities.js'
import { visible } from '../report/untrusted.js'
import type { Added, StateRequest } from '../state/dataset.js'
import { requireInputs } from './inputs.js'
import type { Terminal } from './terminal.js'

export const stateOption = (command: Command): Command =>
  command.option(
    '--state <folder>',
    'keep what is read in this folder, and answer over all that was ever added to it',
  )

/** With a state no file need be named, and its part of the options decides what it keeps. */
export async function withStateOrDataset<T>(
  state: Omit<StateRequest, 'directory' | 'onAdded'> & { readonly directory: string | undefined },
  inputs: readonly string[],
  terminal: Terminal,
  options: DatasetOptions,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  const { directory } = state
  if (directory === undefined) {
    const { withDataset } = await import('../events/dataset.js')
    return withDataset(requireInputs(inputs, terminal), options, use)
  }
  const { withState } = await import('../state/dataset.js')
  const request = {
    ...state,
    directory,
    onAdded: (added: Added) => {
      terminal.stderr.write(`${describeAdded(added)}\n`)
    },
  }
  return withState(request, inputs, options, use)
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
