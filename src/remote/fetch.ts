/** Rows of a remote engine as relations here. */
import { mkdirSync } from 'node:fs'
import { readParquet } from '../engines/files.js'
import type { Workspace } from '../sources/workspace.js'
import type { Sql } from '../sql/sql.js'
import type { RemoteEngine } from './engine.js'

/** @returns the paths of a query's rows, or undefined when there are no files. */
export async function fetchFiles(
  remote: RemoteEngine,
  query: Sql,
  workspace: Workspace,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const folder = workspace.path('-rows')
  mkdirSync(folder)
  return remote.fetch(query, folder, signal)
}

/** A relation for a `FROM`. */
export async function fetchRows(
  remote: RemoteEngine,
  query: Sql,
  workspace: Workspace,
  signal: AbortSignal | undefined,
): Promise<Sql> {
  const files = await fetchFiles(remote, query, workspace, signal)
  return readParquet(files)
}
