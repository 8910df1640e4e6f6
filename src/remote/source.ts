/** Events of a remote table, in the place of events from files. */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { assertUsable, withoutSources } from '../events/dataset.js'
import type { AskedOfEvents, EventSource } from '../sessions/dataset.js'
import type { Workspace } from '../sources/workspace.js'
import type { RemoteEngine, RemoteTable } from './engine.js'
import { openRemoteEvents } from './events.js'
import { refuseUnsupported } from './unsupported.js'

export interface Connection {
  /** As messages call it. */
  readonly name: string
  /** @param workspace for temporary files of this run */
  connect(workspace: Workspace): Promise<RemoteEngine>
  table(remote: RemoteEngine): RemoteTable | Promise<RemoteTable>
}

/** The connection ends with the question. */
export const remoteSource = (connection: Connection): EventSource => ({
  assertAnswers: (asked) => assertAnswers(connection, asked),
  withEvents(asked, use) {
    assertAnswers(connection, asked)
    const { reading } = asked
    return withoutSources(reading, async (opened) => {
      const remote = await connection.connect(opened.workspace)
      try {
        const table = await connection.table(remote)
        const events = await openRemoteEvents(remote, table, opened, reading)
        const dataset = { ...opened, events }
        await assertUsable(dataset, reading)
        return await use(dataset)
      } finally {
        await remote.close()
      }
    })
  },
})

/** @throws SessionizeError `usage` or `unsupported` for what only files can be asked. */
function assertAnswers(
  { name }: Connection,
  { columns, inputs, rejects, reading }: AskedOfEvents,
): void {
  if (columns === undefined) {
    throw new SessionizeError('unsupported', `This needs single events, which stay in ${name}.`, {
      hint: 'Write the rows that it is about into a Parquet file there, and name that file.',
    })
  }
  const [first] = inputs
  if (first !== undefined) {
    throw new SessionizeError(
      'usage',
      `${first} is a file, and ${option('engine')} asks a table.`,
      {
        hint: `Name the table with ${option('table')}, or leave out ${option('engine')}.`,
      },
    )
  }
  if (rejects !== undefined) {
    throw new SessionizeError(
      'unsupported',
      `${option('rejects')} cannot be written from ${name}.`,
      {
        hint: 'The ledger counts the rejected rows; look at them with a query there.',
      },
    )
  }
  refuseUnsupported(name, reading)
}
