/** Rows of JSON that spell the key of a role otherwise than those that were looked at. */
import type { Engine } from '../engines/duckdb.js'
import { keysWhereLacking } from '../sources/json-reading.js'
import { OtherSpelling, type SourceGroup } from '../sources/scan.js'
import { keyFields } from './key.js'
import type { Mapping } from './mapping.js'
import type { FateCount } from './row-counts.js'

/**
 * Where rows have no user or no time: `user` where there is only `User`, and the like.
 *
 * @throws OtherSpelling so that they are read again with all keys known.
 */
export async function assertSpellings(
  engine: Engine,
  groups: readonly SourceGroup[],
  mapping: Mapping,
  counts: readonly FateCount[],
): Promise<void> {
  for (const group of groups) {
    if (group.format !== 'json' && group.format !== 'ndjson') continue
    const lacking = group.files.filter(({ number }) =>
      counts.some(
        ({ file, fate }) => file === number && (fate === 'no_user' || fate === 'no_time'),
      ),
    )
    if (lacking.length === 0) continue
    const keys = [...mapping.user, mapping.clock.time.name]
    const needed = keys.flatMap((key) => keyFields(group, key).map(({ column }) => column.name))
    if (needed.length === 0) continue
    const found = await engine.rows<{ key: string }>(
      keysWhereLacking({ ...group, files: lacking }, needed),
    )
    const known = new Set(group.columns.map(({ name }) => name))
    const others = new Set(needed.map((name) => name.toLowerCase()))
    if (found.some(({ key }) => !known.has(key) && others.has(key.toLowerCase()))) {
      throw new OtherSpelling()
    }
  }
}
