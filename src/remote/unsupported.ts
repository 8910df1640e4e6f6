/** What can be asked of files and not of events that stay in a remote engine. */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import type { DatasetOptions } from '../events/dataset.js'

/** @throws SessionizeError `unsupported`, which names the flag and the way round. */
export function refuseUnsupported(engine: string, options: DatasetOptions): void {
  const refused = REFUSED.find(({ asked }) => asked(options))
  if (refused === undefined) return
  throw new SessionizeError('unsupported', `${refused.flag} cannot be done in ${engine}.`, {
    hint: refused.way,
  })
}

const REFUSED: readonly {
  readonly flag: string
  readonly asked: (options: DatasetOptions) => boolean
  readonly way: string
}[] = [
  {
    flag: option('stitch'),
    asked: ({ stitch }) => stitch === true,
    way: `Join the identities in a view of the table, and name the view with ${option('table')}.`,
  },
  {
    flag: option('mergedIds'),
    asked: ({ mergedIds }) => mergedIds === true,
    way: `Join the table of merged ids in a view, and name the view with ${option('table')}.`,
  },
  {
    flag: `${option('clock')} corrected`,
    asked: ({ clock }) => clock === 'corrected',
    way: `Compute the corrected time in a view of the table, and name its column with ${option('time')}.`,
  },
]
