/**
 * Adds a run's events to a state: a new segment, whose windows replace those of the same user and
 * time in earlier segments. Nothing counts until the manifest names it.
 */
import { join as joinPath } from 'node:path'
import type { Engine } from '../engines/duckdb.js'
import { plainPath, readParquet } from '../engines/files.js'
import { SessionizeError } from '../errors/errors.js'
import { createBeside } from '../files/replacement.js'
import { diskFull } from '../files/unwritable.js'
import type { Events } from '../sessions/dataset.js'
import { raw, type Sql, sql, text } from '../sql/sql.js'
import { compileBlocks, mergedBlocks } from './block-table.js'
import { contentOf, type IdentifiedFile } from './content.js'
import { withMoved } from './counts.js'
import { eventColumns, keptRows, type Settled, settleDuplicates } from './duplicates.js'
import {
  filesOf,
  fingerprintOf,
  MANIFEST,
  type Manifest,
  SCHEMA,
  type Segment,
  type SegmentFile,
  type StateSpec,
  writingTo,
} from './manifest.js'
import { liveBlocks, liveRows } from './segments.js'
import { mappingOf } from './spec.js'

export interface Addition {
  readonly events: Events
  readonly files: readonly IdentifiedFile[]
}

/** The manifest that holds the addition too; its files are written. */
export async function addEvents(
  engine: Engine,
  directory: string,
  spec: StateSpec,
  before: Manifest | undefined,
  { events, files }: Addition,
): Promise<Manifest> {
  const number = before?.next ?? 1
  const { segment, settled } = await writeSegment(engine, directory, spec, before, events, number)
  return {
    schema: SCHEMA,
    fingerprint: fingerprintOf(spec),
    spec,
    mapping: before?.mapping ?? mappingOf(events.mapping),
    next: number + 1,
    segments: [...(await withChecksums(directory, before?.segments ?? [])), segment],
    files: [
      ...(before?.files ?? []).map((file, i) => ({
        ...file,
        counts: withMoved(file.counts, i, settled.before),
      })),
      ...events.ledger.files.map((counts, i) => {
        const identified = files.find(({ file }) => file.label === counts.label)
        if (identified === undefined) throw new RangeError(`${counts.label} was not identified`)
        return {
          label: counts.label,
          sha256: identified.sha256,
          bytes: identified.bytes,
          segment: number,
          counts: withMoved(counts, i, settled.here),
        }
      }),
    ],
    skipped: [
      ...new Map(
        [...(before?.skipped ?? []), ...events.ledger.skipped].map(({ label, why }) => [
          label,
          { label, why },
        ]),
      ).values(),
    ],
  }
}

/** Writes what the events add, and what they take back of earlier segments. */
async function writeSegment(
  engine: Engine,
  directory: string,
  spec: StateSpec,
  before: Manifest | undefined,
  events: Events,
  number: number,
): Promise<{ segment: Segment; settled: Settled }> {
  const segments = before?.segments ?? []
  const firstFile = before?.files.length ?? 0
  const write = (kind: SegmentKind, query: Sql) =>
    writeTable(engine, directory, kind, number, query)

  const known = liveRows(directory, segments)
  const settled: Settled =
    known === undefined ? { here: [], before: [] } : await settleDuplicates(engine, spec, known)
  const rows =
    events.mapping.dedupe.length === 0
      ? null
      : await write('rows', keptRows(spec, number, firstFile))

  const supersedes = settled.before.length > 0
  await engine.run(sql`
    CREATE OR REPLACE TEMP VIEW added_events AS
    SELECT ${eventColumns(spec)} FROM events${supersedes ? sql` UNION ALL SELECT ${eventColumns(spec)} FROM restored` : sql``}`)
  const fresh = await freshBlocks(engine, spec, events.ledger.kept)
  const written =
    segments.length === 0
      ? { blocks: await write('blocks', ofSegment(fresh, number)), voided: null }
      : await replaceWindows(
          engine,
          spec,
          liveBlocks(directory, segments),
          fresh,
          supersedes,
          number,
          write,
        )
  const beaten = supersedes ? await write('beaten', sql`SELECT * FROM superseded`) : null
  return { segment: { number, ...written, rows, beaten }, settled }
}

/** An event that is a block of its own, with its name and recorded id as sets: 160 to 300 bytes were measured. */
const SET_BYTES = 500

/**
 * The engine cannot write sets to disk while it makes them. Where memory may not do for all, they are
 * made of so many users at a time.
 */
async function freshBlocks(engine: Engine, spec: StateSpec, kept: number): Promise<Sql> {
  const parts = Math.ceil((kept * SET_BYTES) / (await engine.memoryBytes()))
  if (parts <= 1) return compileBlocks(spec, raw('added_events'))
  for (let part = 0; part < parts; part++) {
    const some = sql`(SELECT * FROM added_events WHERE hash(user) % ${parts} = ${part})`
    const into = part === 0 ? sql`CREATE OR REPLACE TEMP TABLE parted AS` : sql`INSERT INTO parted`
    await engine.run(sql`${into} ${compileBlocks(spec, some)}`)
  }
  return sql`SELECT * FROM parted`
}

/** New blocks meet those of the same user and window in the state; the others are left where they are. */
async function replaceWindows(
  engine: Engine,
  spec: StateSpec,
  live: Sql,
  fresh: Sql,
  supersedes: boolean,
  number: number,
  write: (kind: SegmentKind, query: Sql) => Promise<SegmentFile>,
): Promise<Pick<Segment, 'blocks' | 'voided'>> {
  await engine.run(sql`CREATE OR REPLACE TEMP TABLE fresh_blocks AS ${fresh}`)
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE touched AS
    SELECT DISTINCT user, block FROM fresh_blocks${supersedes ? sql` UNION SELECT user, block FROM stale_windows` : sql``}`)
  await engine.run(sql`
    CREATE OR REPLACE TEMP TABLE touched_blocks AS
    SELECT * EXCLUDE (segment) FROM (${live}) SEMI JOIN touched USING (user, block)`)
  await engine.run(
    sql`CREATE OR REPLACE TEMP TABLE voided AS SELECT DISTINCT user, block FROM touched_blocks`,
  )
  const both = sql`(
    SELECT * FROM fresh_blocks SEMI JOIN voided USING (user, block)
    UNION ALL BY NAME
    SELECT * FROM touched_blocks${supersedes ? sql` ANTI JOIN stale_windows USING (user, block)` : sql``}
  )`
  const { n } = await engine.row<{ n: bigint }>(sql`SELECT count(*) AS n FROM voided`)
  return {
    blocks: await write(
      'blocks',
      ofSegment(
        sql`SELECT * FROM fresh_blocks ANTI JOIN voided USING (user, block)
          UNION ALL BY NAME ${mergedBlocks(spec, both)}`,
        number,
      ),
    ),
    voided: n === 0n ? null : await write('voided', ofSegment(sql`SELECT * FROM voided`, number)),
  }
}

type SegmentKind = 'blocks' | 'voided' | 'rows' | 'beaten'

const ofSegment = (query: Sql, number: number): Sql =>
  sql`SELECT CAST(${number} AS INTEGER) AS segment, * FROM (${query})`

async function writeTable(
  engine: Engine,
  directory: string,
  kind: SegmentKind,
  number: number,
  query: Sql,
): Promise<SegmentFile> {
  const name = `${kind}-${String(number).padStart(6, '0')}.parquet`
  const path = joinPath(directory, name)
  createBeside(path, joinPath(directory, MANIFEST))
  await engine
    .run(
      sql`COPY (${query}) TO ${text(plainPath(path))} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
    )
    .catch((error: unknown) => {
      const full = error instanceof SessionizeError && error.code === 'disk_full'
      // Unless it is the disk of the engine's own work.
      throw full && error.message.includes(directory)
        ? diskFull(writingTo(directory), error)
        : error
    })
  const { n } = await engine.row<{ n: bigint }>(
    sql`SELECT count(*) AS n FROM ${readParquet([path])}`,
  )
  return { name, rows: Number(n), ...(await contentOf(path)) }
}

/** Files of a state that had none get theirs, as they are now. */
async function withChecksums(directory: string, segments: readonly Segment[]): Promise<Segment[]> {
  const checked = async <T extends SegmentFile | null>(file: T): Promise<T> =>
    file === null || file.sha256 !== null
      ? file
      : { ...file, ...(await contentOf(joinPath(directory, file.name))) }
  const all: Segment[] = []
  for (const { number, blocks, voided, rows, beaten } of segments) {
    all.push({
      number,
      blocks: await checked(blocks),
      voided: await checked(voided),
      rows: await checked(rows),
      beaten: await checked(beaten),
    })
  }
  return all
}

/** The same state in one segment: what was replaced is gone, and the rest lies in order. */
export async function compactSegments(
  engine: Engine,
  directory: string,
  before: Manifest,
): Promise<Manifest> {
  const number = before.next
  const renumbered = (query: Sql): Sql =>
    sql`SELECT * REPLACE (CAST(${number} AS INTEGER) AS segment) FROM (${query})`
  const rows = liveRows(directory, before.segments)
  return {
    ...before,
    schema: SCHEMA,
    next: number + 1,
    segments: [
      {
        number,
        blocks: await writeTable(
          engine,
          directory,
          'blocks',
          number,
          sql`${renumbered(liveBlocks(directory, before.segments))} ORDER BY user, block`,
        ),
        voided: null,
        rows:
          rows === undefined
            ? null
            : await writeTable(
                engine,
                directory,
                'rows',
                number,
                sql`${renumbered(rows)} ORDER BY user, t`,
              ),
        beaten: null,
      },
    ],
    files: before.files.map((file) => ({ ...file, segment: number })),
  }
}

/** Files of `after` that `before` did not have. */
export const freshFiles = (before: Manifest | undefined, after: Manifest): string[] => {
  const old = new Set(before?.segments.flatMap(filesOf).map(({ name }) => name))
  return after.segments
    .flatMap(filesOf)
    .map(({ name }) => name)
    .filter((name) => !old.has(name))
}
