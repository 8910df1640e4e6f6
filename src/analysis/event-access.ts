import { SessionizeError } from '../errors/errors.js'
import type { Events } from '../sessions/dataset.js'
import { identifier, type Sql } from '../sql/sql.js'

/** @throws SessionizeError `unsupported` where only blocks were kept, for a question about single events. */
export function requireEvents({ stored, remote }: Events, question: string): void {
  if (remote !== undefined) {
    throw new SessionizeError(
      'unsupported',
      `${question} needs the events themselves, which stay in ${remote.engine}.`,
      { hint: 'Write the rows that it is about into a Parquet file there, and name that file.' },
    )
  }
  if (stored === undefined) return
  throw new SessionizeError(
    'unsupported',
    `${question} needs the events, and only blocks were kept.`,
    {
      hint: 'Name the files of the events themselves.',
    },
  )
}

/** The column of a property that the events were read with. */
export function eventColumn(events: Events, name: string): Sql {
  const dimension = events.dimensions.find((one) => one.name === name)
  if (dimension === undefined) throw new RangeError(`${name} was not read from the events`)
  return identifier(dimension.column)
}
