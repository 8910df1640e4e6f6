/**
 * Files that lie beside events in an export and are not events, by their names and first bytes.
 */
import type { SkippedFile } from './source.js'

type Why = SkippedFile['why']

const baseName = (name: string): string => name.split('/').at(-1) ?? name

/** Left by an operating system or a file manager. */
const RESOURCE = /(^|\/)(__MACOSX(\/|$)|\.DS_Store$|\._[^/]*$|Thumbs\.db$|desktop\.ini$)/i

/** Amplitude's `complete` and `..._complete`; Spark's, Delta's and Snowflake's bookkeeping. */
const MARKER =
  /(^|_)complete$|^_(SUCCESS|FAILURE|started_.*|committed_.*|metadata|common_metadata)$/i

/** `-OrgID_yyyy-MM-dd_H.json.gz`: an event file's name starts with the project's id instead. */
const MERGED_IDS_NAME = /^-[^_/]*_\d{4}-\d{2}-\d{2}_\d{1,2}\b.*\.json(\.gz)?$/i

/** A marker says little. Anything longer under such a name is looked at like any other file. */
const MARKER_BYTES = 4096

/** Names that are passed over without opening the file. `name` uses `/`, relative to its container. */
export function skippedByName(name: string): Why | undefined {
  if (RESOURCE.test(name)) return 'resource_entry'
  return name.split('/').some((part) => part.startsWith('.') && part !== '.' && part !== '..')
    ? 'hidden'
    : undefined
}

/** Folders that a walk does not enter: hidden ones, and the logs of table formats. */
export function skippedFolder(name: string): Why | undefined {
  if (/^(_delta_log|_spark_metadata|_temporary)$/.test(name)) return 'marker'
  return skippedByName(name)
}

export const isMarker = (name: string, bytes: number): boolean =>
  bytes <= MARKER_BYTES && MARKER.test(baseName(name))

/** A Parquet file with the footers of those beside it, and no rows. */
export const isParquetIndex = (name: string): boolean =>
  /^_(common_)?metadata$/.test(baseName(name))

/** @param head the start of the text */
export function isMergedIds(name: string, head: string): boolean {
  if (MERGED_IDS_NAME.test(baseName(name))) return true
  const [firstLine = ''] = head.trimStart().split('\n', 1)
  if (!firstLine.includes('merged_amplitude_id')) return false
  try {
    const value: unknown = JSON.parse(firstLine)
    return (
      typeof value === 'object' &&
      value !== null &&
      'merged_amplitude_id' in value &&
      'merge_time' in value
    )
  } catch {
    return false
  }
}
