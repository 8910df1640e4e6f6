/**
 * Folders of table formats, in which files lie that the table no longer has. Delta's log is read for
 * its current version; of what cannot be told it is said.
 */
import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readParquet } from '../engines/files.js'
import { SessionizeError } from '../errors/errors.js'
import { raw, sql } from '../sql/sql.js'
import { corrupt } from './failures.js'

/** Whole paths of the files of a table's current version; undefined where the folder is none. */
export async function tableFiles(
  folder: string,
  label: string,
): Promise<ReadonlySet<string> | undefined> {
  const names = await namesIn(folder)
  if (names.includes('_delta_log')) return deltaFiles(folder, label)
  if (names.includes('.hoodie')) throw cannot(label, 'a Hudi table', 'Spark or Trino')
  if (!names.includes('metadata')) return undefined
  const iceberg = (await namesIn(join(folder, 'metadata'))).some((name) =>
    name.endsWith('.metadata.json'),
  )
  if (iceberg) throw cannot(label, 'an Iceberg table', `iceberg_scan('${label}')`)
  return undefined
}

/** A member of an archive that is part of a table, whose files cannot be told from old ones there. */
export const isTableLog = (name: string): boolean =>
  /(^|\/)(_delta_log\/\d{20}\.(json|checkpoint\.parquet)|metadata\/[^/]*\.metadata\.json|\.hoodie\/.*)$/.test(
    name,
  )

export const tableInArchive = (label: string): SessionizeError =>
  new SessionizeError(
    'input_unreadable',
    `${label} is part of a table's log, and which files the table still has is not told inside an archive.`,
    { hint: 'Unpack the archive and name the folder.' },
  )

/** What DuckDB's extensions read is one command away. */
function cannot(label: string, what: string, by: string): SessionizeError {
  const hint = by.includes('_scan(')
    ? `duckdb -c "COPY (FROM ${by}) TO 'events.parquet'" writes its current version, which can be read; or name its files one by one.`
    : `Write its current version as Parquet with ${by}, or name its files one by one.`
  return new SessionizeError(
    'input_unreadable',
    `${label} is ${what}, of which it cannot be told which files are of its current version.`,
    { hint },
  )
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch {
    return []
  }
}

/** Of the actions in a log those that say which files there are. */
interface Action {
  readonly add?: { readonly path?: string; readonly deletionVector?: unknown } | null
  readonly remove?: { readonly path?: string } | null
  readonly metaData?: { readonly configuration?: Readonly<Record<string, string>> | null } | null
  readonly sidecar?: unknown
}

async function deltaFiles(folder: string, label: string): Promise<ReadonlySet<string> | undefined> {
  const log = join(folder, '_delta_log')
  const names = (await namesIn(log)).sort()
  const commits = names.filter((name) => /^\d{20}\.json$/.test(name))
  const checkpoints = names.filter((name) => /^\d{20}\.checkpoint\.(.*\.)?parquet$/.test(name))
  if (commits.length + checkpoints.length === 0) return undefined
  const from = (commits[0] === undefined ? 1 : versionOf(commits[0])) === 0 ? -1 : undefined
  const start = from ?? Math.max(-1, ...checkpoints.map(versionOf))
  const later = commits.filter((name) => versionOf(name) > start)
  if (
    (start < 0 && from === undefined) ||
    later.some((name, i) => versionOf(name) !== start + 1 + i)
  ) {
    throw corrupt(`${label}/_delta_log`, 'lacks entries, so the table cannot be told', {
      hint: 'Copy the whole folder again.',
    })
  }
  const based = checkpoints.filter((name) => versionOf(name) === start)
  const actions = based.length === 0 ? [] : await checkpointed(based.map((name) => join(log, name)))
  for (const name of later) {
    actions.push(...parsed(await readFile(join(log, name), 'utf8'), `${label}/_delta_log/${name}`))
  }
  return replayed(actions, folder, label)
}

const versionOf = (name: string): number => Number(name.slice(0, 20))

/** An engine for a moment, as the one that asks is not there yet; only where old entries are gone. */
async function checkpointed(paths: readonly string[]): Promise<Action[]> {
  const { Engine } = await import('../engines/duckdb.js')
  const engine = await Engine.open({ tempDirectory: join(tmpdir(), `sessionize-${randomUUID()}`) })
  try {
    const rows = await engine.rows<{ action: string }>(
      sql`SELECT CAST(to_json(r) AS VARCHAR) AS action FROM ${readParquet(paths, raw('union_by_name = true'))} AS r`,
    )
    return rows.map(({ action }): Action => JSON.parse(action))
  } finally {
    engine.close()
  }
}

function parsed(text: string, label: string): Action[] {
  try {
    return text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line): Action => JSON.parse(line))
  } catch (cause) {
    throw corrupt(label, 'is no valid JSON', { cause })
  }
}

function replayed(actions: readonly Action[], folder: string, label: string): Set<string> {
  const files = new Map<string, boolean>()
  let mapped = false
  for (const { add, remove, metaData, sidecar } of actions) {
    if (add?.path != null) files.set(add.path, add.deletionVector != null)
    if (remove?.path != null && add?.path == null) files.delete(remove.path)
    if (metaData != null) {
      mapped = /name|id/.test(metaData.configuration?.['delta.columnMapping.mode'] ?? 'none')
    }
    if (sidecar != null) throw cannot(label, 'a Delta table of a newer kind', scan(label))
  }
  const odd =
    mapped || [...files].some(([path, deleted]) => deleted || /^([a-z0-9+.-]+:|\/)/i.test(path))
  if (odd) {
    throw cannot(
      label,
      'a Delta table with deleted rows, renamed columns or files elsewhere',
      scan(label),
    )
  }
  return new Set([...files.keys()].map((path) => resolve(folder, decodeURIComponent(path))))
}

const scan = (label: string): string => `delta_scan('${label}')`
