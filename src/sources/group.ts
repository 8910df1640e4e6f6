/** Files that one table function can read, and the columns that they have in common. */
import type { SourceFile } from './source.js'

export interface Column {
  /** As the file spells it; two may differ in case only. */
  readonly name: string
  /** As the engine spells it: `VARCHAR`, `BIGINT`, `STRUCT(plan VARCHAR)`. */
  readonly type: string
  /**
   * In the relation of its rows, by position: there no name of the data can meet one of ours, one of
   * the engine's own columns (`file_index`), or one that differs in case only.
   */
  readonly readAs: string
  /** A key of an object or of a list's elements, as if it were a column. */
  readonly standsFor?: { readonly column: Column; readonly path: readonly string[] }
  /** Not in the files, but in the names of folders that they lie in. */
  readonly partition?: true
}

export const readAs = (position: number): string => `c${position}`

/** Columns in the order of their reader. */
export const inOrder = (
  columns: readonly { readonly name: string; readonly type: string }[],
): Column[] => columns.map(({ name, type }, i) => ({ name, type, readAs: readAs(i) }))

export interface NumberedFile extends SourceFile {
  /** Position in the sorted list of all files: the `file` column of every later stage. */
  readonly number: number
}

export interface SourceGroup {
  readonly format: SourceFile['format']
  readonly files: readonly NumberedFile[]
  readonly columns: readonly Column[]
  /** How many columns its reader gives; those that cannot be named are not in `columns`. */
  readonly width: number
  /** Of `csv`. */
  readonly csv?: CsvLayout
  /** Of `log`. */
  readonly log?: LogLayout
  /** Of `json`: one array of rows, or objects one after the other. */
  readonly json?: 'array' | 'unstructured'
  /** A row may be larger than the engine's usual limit: read with larger buffers. */
  readonly largeRows?: true
  /** Of JSON: rows are taken as text first, as some are damaged or may be nested too deep. */
  readonly byRows?: true
  /** Of `byRows`: no row is nested too deep, as its bytes have been looked at. */
  readonly shallow?: true
  /** Where in its rows the events lie. */
  readonly opened?: string
  /** Lists whose elements are rows, each within the one before it. */
  readonly unnest?: readonly Unnested[]
}

export interface Unnested {
  /** Its element. */
  readonly column: Column
  /** Where the list lies. */
  readonly of: { readonly column: Column; readonly path: readonly string[] }
}

export interface CsvLayout {
  readonly delimiter: string
  /** Empty: quotes are ordinary characters. */
  readonly quote: '"' | "'" | ''
  readonly escape: '"' | "'" | '\\' | ''
  /** Whether the first record names the columns. */
  readonly header: boolean
  /** Lines before it. */
  readonly skip?: number
  /** What begins lines that are no rows, where that was said. */
  readonly comment?: string
  /** A backslash stands before separators and line ends that are data, without quotes. */
  readonly bareEscapes?: boolean
  /** Every column is read, needed or not: see `Allowances.allColumns`. */
  readonly allColumns: boolean
  /** Some lines end in CRLF and some in LF, which the engine reads only when told so. */
  readonly mixedLineEnds: boolean
  /** Read from a copy that has one kind of line ends. */
  readonly evened: boolean
}

export type LogLayout =
  | { readonly kind: 'access' | 'balancer' | 's3' }
  /** W3C extended, whose `#Fields:` line names what is on each line. */
  | { readonly kind: 'w3c'; readonly fields: readonly string[]; readonly separator: ' ' | '\t' }

/** What was said of separated values; everything else is seen. */
export interface WrittenCsv {
  readonly delimiter?: string
  readonly skip?: number
  readonly comment?: string
  readonly header?: boolean
  /** The number of the first column of a file without a header. */
  readonly firstColumn?: 0 | 1
}

/** A headerless file that is known by its number of columns and by what some of them hold. */
export interface FixedLayout {
  readonly columns: readonly string[]
  /** Regular expressions for the values of the first rows, by column. */
  readonly recognise: Readonly<Record<string, string>>
}

/** What had to be allowed for some files, found by failing without it. */
export interface Allowances {
  readonly largeRows: boolean
  /** Paths of JSON files with damaged rows, or with some that may be nested too deep. */
  readonly byRows: readonly string[]
  /** Paths of CSV files with both kinds of line ends. */
  readonly mixedLineEnds: readonly string[]
  /**
   * A CSV value that is not UTF-8 breaks the engine (1.5.6) when fewer columns are read than stand
   * before it, so that all must be; it is a fifth slower.
   */
  readonly allColumns: boolean
  /** Columns are looked for in many rows of many JSON files: see `jsonColumns`. */
  readonly deepSample: boolean
  /** All rows of JSON are asked for their keys. */
  readonly everyKey: boolean
}

export const NO_ALLOWANCES: Allowances = {
  largeRows: false,
  byRows: [],
  mixedLineEnds: [],
  allColumns: false,
  deepSample: false,
  everyKey: false,
}
