/** Rows from elsewhere as relations here. */
import { mkdirSync } from 'node:fs'
import type { Cluster } from '../engines/cluster.js'
import { readParquet } from '../engines/files.js'
import type { Workspace } from '../sources/workspace.js'
import type { Sql } from '../sql/sql.js'

/** @returns the paths of a query's rows, or undefined when there are no files. */
export async function fetchFiles(
  cluster: Cluster,
  query: Sql,
  workspace: Workspace,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const folder = workspace.path('-rows')
  mkdirSync(folder)
  return cluster.fetch(query, folder, signal)
}

/** A relation for a `FROM`. */
export async function fetchRows(
  cluster: Cluster,
  query: Sql,
  workspace: Workspace,
  signal: AbortSignal | undefined,
): Promise<Sql> {
  const files = await fetchFiles(cluster, query, workspace, signal)
  return readParquet(files)
}
