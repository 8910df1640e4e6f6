/** Columns, event names and values of the files that a half-typed command line names. */
import { statSync } from 'node:fs'
import { extname } from 'node:path'
import type { DatasetOptions, Opened } from '../events/dataset.js'
import type { Dataset } from '../sessions/dataset.js'
import { identifier, sql } from '../sql/sql.js'
import type { Candidate } from './completion.js'

/** Whoever presses Tab does not wait: what must be unpacked or read whole is left alone. */
const MOST_BYTES = 32 * 1024 * 1024
const UNPACKED = new Set(['.zip', '.gz', '.tgz', '.tar', '.zst'])
const MOST_UNPACKED_BYTES = 8 * 1024 * 1024
const MOST_WORDS = 200

export function quickFiles(files: readonly string[]): string[] {
  return files.filter((file) => {
    const stat = statSync(file, { throwIfNoEntry: false })
    if (stat?.isFile() !== true) return false
    return stat.size <= (UNPACKED.has(extname(file)) ? MOST_UNPACKED_BYTES : MOST_BYTES)
  })
}

export async function columnsOf(files: readonly string[]): Promise<Candidate[]> {
  const { withSources } = await import('../events/dataset.js')
  const { inspect } = await import('../events/inspect.js')
  return withSources(files, {}, async ({ engine, sources }: Opened) => {
    const { groups } = await inspect(engine, sources, {})
    const fields = [...new Set(groups.flatMap((group) => group.fields))]
    return fields.slice(0, MOST_WORDS).map((word) => ({ word, about: 'column' }))
  })
}

export const eventNamesOf = (files: readonly string[]): Promise<Candidate[]> =>
  distinct(files, 'name', {})

export const valuesOf = (files: readonly string[], column: string): Promise<Candidate[]> =>
  distinct(files, 'd0', { dimensions: [column] })

/** Most frequent first. */
async function distinct(
  files: readonly string[],
  column: string,
  options: DatasetOptions,
): Promise<Candidate[]> {
  const { withDataset } = await import('../events/dataset.js')
  return withDataset(files, options, async ({ engine }: Dataset) => {
    const value = identifier(column)
    const rows = await engine.rows<{ word: string; n: bigint }>(sql`
      SELECT ${value} AS word, count(*) AS n FROM events WHERE ${value} IS NOT NULL
      GROUP BY ${value} ORDER BY n DESC, word LIMIT ${MOST_WORDS}`)
    return rows.map(({ word, n }) => ({ word, about: `${n} events` }))
  })
}
