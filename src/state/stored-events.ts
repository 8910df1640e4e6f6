/** A state as events whose blocks are all that is left of them. */
import type { Engine } from '../engines/duckdb.js'
import type { Mapping } from '../events/mapping.js'
import { daysOfBlocks, spanOf } from '../events/span.js'
import type { Events } from '../sessions/dataset.js'
import { raw, sql } from '../sql/sql.js'
import { columnOf, measureColumnsOf } from './block-table.js'
import { ledgerOf } from './counts.js'
import type { Manifest, StateMapping } from './manifest.js'
import { liveBlocks } from './segments.js'
import { readProperties } from './spec.js'

/**
 * @param added what this run read, whose rejected rows can still be looked at
 */
export async function storedEvents(
  engine: Engine,
  directory: string,
  manifest: Manifest,
  added: Events | undefined,
): Promise<Events> {
  await engine.run(
    sql`CREATE OR REPLACE TEMP VIEW stored_blocks AS ${liveBlocks(directory, manifest.segments)}`,
  )
  const edges = await engine.row<{ first: bigint | null; last: bigint | null }>(
    sql`SELECT min(first) AS first, max(last) AS last FROM stored_blocks`,
  )
  const ledger = ledgerOf(manifest)
  return {
    mapping: mappingFrom(manifest.mapping),
    dimensions: readProperties(manifest.spec).map((name) => ({
      name,
      sources: [],
      column: columnOf(manifest.spec, name),
    })),
    passthrough: [],
    ledger,
    ...(await spanOf(engine, edges, ledger.kept, daysOfBlocks(raw('stored_blocks')))),
    stored: { blocks: raw('stored_blocks'), measures: measureColumnsOf(manifest.spec) },
    clockSkew: null,
    stitched: null,
    merged: null,
    rejects: (limit) => added?.rejects(limit) ?? Promise.resolve([]),
    firstRejected: async (reason) => added?.firstRejected(reason),
    rejectsQuery: () => added?.rejectsQuery(),
  }
}

/** What an answer says about the mapping; what only reading needs is left empty. */
function mappingFrom(stored: StateMapping): Mapping {
  const { clock, timeFormat, ...roles } = stored
  return {
    ...roles,
    about: '',
    timeFormat: { pattern: timeFormat },
    clock: {
      time: {
        name: stored.time,
        formats: [],
        detected: true,
        settings: {},
        wholeDays: false,
        unordered: false,
        why: '',
      },
      ...(clock === null ? {} : { choice: clock }),
    },
    dimensions: {},
    known: [],
    choices: [],
  }
}
