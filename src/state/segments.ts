/**
 * The tables of a state, over all its segments. Later segments replace windows and rows of earlier
 * ones: what counts is what no later segment has taken back.
 */
import { join as joinPath } from 'node:path'
import { readParquet } from '../engines/files.js'
import { type Sql, sql } from '../sql/sql.js'
import type { Segment, SegmentFile } from './manifest.js'

/** Blocks that count, with the segment that they are from. */
export function liveBlocks(directory: string, segments: readonly Segment[]): Sql {
  const blocks = read(
    directory,
    segments.map((segment) => segment.blocks),
  )
  const voided = present(segments, ({ voided }) => voided)
  return voided.length === 0
    ? sql`SELECT * FROM ${blocks}`
    : sql`SELECT b.* FROM ${blocks} AS b WHERE NOT EXISTS (
  SELECT 1 FROM ${read(directory, voided)} AS v
  WHERE v.user = b.user AND v.block = b.block AND v.segment > b.segment
)`
}

/** Mapped rows that count; undefined where none are kept. */
export function liveRows(directory: string, segments: readonly Segment[]): Sql | undefined {
  const rows = present(segments, (segment) => segment.rows)
  if (rows.length === 0) return undefined
  const beaten = present(segments, (segment) => segment.beaten)
  return beaten.length === 0
    ? sql`SELECT * FROM ${read(directory, rows)}`
    : sql`SELECT r.* FROM ${read(directory, rows)} AS r WHERE NOT EXISTS (
  SELECT 1 FROM ${read(directory, beaten)} AS b
  WHERE b.key_low = r.key_low AND b.key_high = r.key_high AND b.segment = r.segment
)`
}

const present = (
  segments: readonly Segment[],
  of: (segment: Segment) => SegmentFile | null,
): SegmentFile[] => segments.flatMap((segment) => of(segment) ?? [])

const read = (directory: string, files: readonly SegmentFile[]): Sql =>
  readParquet(files.map(({ name }) => joinPath(directory, name)))
