import type { ArchiveBudget } from './limits.js'
import type { Partition } from './partitions.js'

/**
 * What a file holds, after any compression is taken off.
 *
 * - `ndjson`: one JSON object per line.
 * - `json`: a JSON array of objects, or objects that span lines (DuckDB's `auto` reads both).
 * - `csv`: separated values; see `SourceFile.delimiter`.
 * - `parquet`: with a footer in place.
 * - `arrow`: an Arrow IPC file or stream; what lies at `parts` are Parquet files made from it.
 * - `log`: an access log, Apache/nginx style or W3C extended (`#Fields:`).
 */
export type Format = 'ndjson' | 'json' | 'csv' | 'parquet' | 'arrow' | 'log'

/**
 * What is still around the bytes at `SourceFile.path`. It comes from the content, so it must be
 * given to the engine, which would go by the file's name.
 */
export type Compression = 'none' | 'gzip' | 'zstd'

/** One file of events, wherever it came from. */
export interface SourceFile {
  /** As the user would name it: `events.csv`, `export.zip!12345/12345_2024-01-01_0#1.json.gz`, `(stdin)`. */
  readonly label: string
  /**
   * Where its bytes can be read now: the file itself, a copy or a link in the workspace, or a URL.
   * Never has a character that the engine would take for a glob, except in a URL.
   */
  readonly path: string
  /** Of `arrow`: the Parquet files that it has become, in order; `path` is the first. */
  readonly parts?: readonly string[]
  readonly format: Format
  readonly compression: Compression
  /** Size at `path`, still compressed; 0 for a URL. */
  readonly bytes: number
  /**
   * The field separator of a `csv` file, by content: `,` `\t` `;` `|`. Absent where the content
   * could not be seen (a URL, a zstd file): the engine sniffs it.
   */
  readonly delimiter?: string
  /** By the folders that it lies in, outermost first. */
  readonly partitions?: readonly Partition[]
  /** Of a file that is still packed: what its content counts against when it is unpacked. */
  readonly budget?: ArchiveBudget
  /** `path` is a URL, read by the engine's own extensions. */
  readonly remote?: true
}

/** All that is read of a file, in order. */
export const partsOf = ({ path, parts = [path] }: SourceFile): readonly string[] => parts

/** A file that was seen and deliberately not taken for events. */
export interface SkippedFile {
  readonly label: string
  /**
   * - `empty`: no bytes, or nothing but blanks.
   * - `marker`: says that an export is complete (`complete`, `_SUCCESS`).
   * - `merged_ids`: Amplitude's pairs of merged users.
   * - `resource_entry`: left by an operating system (`__MACOSX/`, `.DS_Store`, `._x`, `Thumbs.db`).
   * - `hidden`: a name that starts with a dot.
   * - `not_events`: a picture, a text, a program.
   * - `not_current`: a table's log has removed it, or another file holds its day in a later form.
   * - `not_a_file`: found in a folder, and a pipe, a device, or a link that leads nowhere.
   */
  readonly why:
    | 'empty'
    | 'marker'
    | 'merged_ids'
    | 'resource_entry'
    | 'hidden'
    | 'not_events'
    | 'not_a_file'
    | 'not_current'
  /** Kept where a later step can use it: merged-id files (NDJSON) join identities. */
  readonly path?: string
  /** Of `path`. */
  readonly compression?: Compression
}

export interface Sources {
  /** Sorted by label, so that nothing depends on the order in which a disk lists its files. */
  readonly files: readonly SourceFile[]
  /** Sorted by label. */
  readonly skipped: readonly SkippedFile[]
}
