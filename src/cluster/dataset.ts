/** Events of a table elsewhere, in the place of events from files. */
import type { Cluster, ClusterTable } from '../engines/cluster.js'
import {
  assertUsable,
  type Dataset,
  type ReadingOptions,
  withoutSources,
} from '../events/dataset.js'
import type { Workspace } from '../sources/workspace.js'
import { openClusterEvents } from './events.js'
import { refuseUnsupported } from './refused.js'

export interface RemoteEvents {
  /** As messages call it. */
  readonly name: string
  /** @param workspace for temporary files of this run */
  connect(workspace: Workspace): Promise<Cluster>
  table(cluster: Cluster): ClusterTable | Promise<ClusterTable>
}

/**
 * As `withDataset`, over a table in an engine elsewhere. The connection ends with `use`.
 *
 * @throws SessionizeError `unsupported` for what only files can be asked.
 */
export async function withRemote<T>(
  request: RemoteEvents,
  options: ReadingOptions,
  use: (dataset: Dataset) => Promise<T>,
): Promise<T> {
  refuseUnsupported(request.name, options)
  return withoutSources(options, async (opened) => {
    const cluster = await request.connect(opened.workspace)
    try {
      const table = await request.table(cluster)
      const events = await openClusterEvents(cluster, table, opened, options)
      const dataset = { ...opened, events }
      await assertUsable(dataset, options)
      return await use(dataset)
    } finally {
      await cluster.close()
    }
  })
}
