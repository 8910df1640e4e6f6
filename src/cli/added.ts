/** What a run added to a state, and what is to be known of the state, in words. */
import { formatNumberOf } from '../report/quantities.js'
import type { Added } from '../sessions/dataset.js'

export function describeAdded({
  files,
  rows,
  kept,
  duplicates,
  known,
  changed,
  filesInState,
}: Added): string[] {
  const [only] = files
  const what =
    files.length === 1 && only !== undefined ? only : formatNumberOf(files.length, 'file')
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
      `warning: ${label} was added before with other content: both count. If it replaces the other, drop the state and add all files again.`,
  )
  return [lines.join(' '), ...doubts]
}

export const describeUnchecked = (directory: string): string =>
  `warning: The state in ${directory} is of an older version, and its files have no checksums. Make them: sessionize state compact ${directory}`
