import { type Sql, sql } from '../../sql/sql.js'

/** How DuckDB writes the rows. */
export type Encoding = 'parquet' | 'csv' | 'tsv' | 'ndjson'

/**
 * A way to write events, as data: adding one is adding a file here and a line in `index.ts`.
 * Expressions may use the columns of `eventColumns`.
 */
export interface EventFormat {
  readonly name: string
  /** For help texts. */
  readonly about: string
  readonly encoding: Encoding
  /** One file, or Amplitude's zip of hourly files. */
  readonly packaging: 'file' | 'hourly_zip'
  /** Endings of file names that mean this format, without compression. */
  readonly extensions: readonly string[]
  /** As strftime writes times; needed where times are text. */
  readonly timeFormat?: string
  /** The user as a reader of this format knows them. */
  readonly user: Sql
  /** How the format spells the names of events, where not as they are. */
  readonly spelling?: (name: Sql) => Sql
  /** Whether a row can say that it is of no session. */
  readonly recordsSessions: boolean
  readonly columns: readonly (readonly [name: string, value: Sql])[]
}

/** What a format is called on the command line. */
export type FormatName =
  | 'parquet'
  | 'csv'
  | 'ndjson'
  | 'amplitude'
  | 'mixpanel'
  | 'mixpanel_pipeline'
  | 'segment'
  | 'rudderstack'
  | 'posthog'
  | 'ga4'
  | 'snowplow'
  | 'heap'

export const snakeCase = (name: Sql): Sql => sql`replace(lower(${name}), ' ', '_')`
