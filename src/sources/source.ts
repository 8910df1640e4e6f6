/** What a file holds, after any compression is taken off. */
export type Format = 'ndjson' | 'json' | 'csv' | 'parquet' | 'arrow' | 'log'
export type Compression = 'none' | 'gzip' | 'zstd'

/** One file of events, wherever it came from. */
export interface SourceFile {
  /** As the user would name it: `events.csv`, `export.zip!12345/12345_2024-01-01_0#1.json.gz`, `(stdin)`. */
  readonly label: string
  /** Where its bytes can be read now: the file itself, or a spooled copy in the workspace. */
  readonly path: string
  readonly format: Format
  readonly compression: Compression
  readonly bytes: number
  /** The field separator of a `csv` file, by content: `,` `\t` `;` `|`. */
  readonly delimiter?: string
}

/** A file that was seen and deliberately not taken for events. */
export interface SkippedFile {
  readonly label: string
  readonly why: 'empty' | 'marker' | 'merged_ids' | 'resource_entry' | 'hidden' | 'not_events'
  /** Kept where a later step can use it: merged-id files join identities. */
  readonly path?: string
}

export interface Sources {
  /** Sorted by label, so that nothing depends on the order in which a disk lists its files. */
  readonly files: readonly SourceFile[]
  readonly skipped: readonly SkippedFile[]
}
