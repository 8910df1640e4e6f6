/** Events of a remote table, in the place of events from files. */

import { assertUsable, type ReadingOptions, withoutSources } from '../events/dataset.js'
import type { Dataset } from '../sessions/dataset.js'
import type { Workspace } from '../sources/workspace.js'
import type { RemoteEngine, RemoteTable } from './engine.js'
import { openRemoteEvents } from './events.js'
import { refuseUnsupported } from './unsupported.js'

export interface RemoteSource {
  /** As messages call it. */
  readonly name: string
  /** @param workspace for temporary files of this run */
  connect(workspace: Workspace): Promise<RemoteEngine>
  table(remote: RemoteEngine): RemoteTable | Promise<RemoteTable>
}

/**
 * As `withDataset`, over a remote table. The connection ends with `use`.
 *
 * @throws SessionizeError `unsupported` for what only files can be asked.
 */
export async function withRemote<T>(
  request: RemoteSource,
  options: ReadingOptions,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  refuseUnsupported(request.name, options)
  return withoutSources(options, async (opened) => {
    const remote = await request.connect(opened.workspace)
    try {
      const table = await request.table(remote)
      const events = await openRemoteEvents(remote, table, opened, options)
      const dataset = { ...opened, events }
      await assertUsable(dataset, options)
      return await use(dataset)
    } finally {
      await remote.close()
    }
  })
}
