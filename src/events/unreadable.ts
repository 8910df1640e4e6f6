/** Lines that are not what their file was taken for. */
import type { Engine } from '../engines/duckdb.js'
import { SessionizeError } from '../errors/errors.js'
import { excerptOf } from '../errors/excerpt.js'
import type { SourceGroup } from '../sources/group.js'
import { nestedTooDeep } from '../sources/nesting.js'
import { lineReader } from '../sources/reading.js'
import type { Format } from '../sources/source.js'
import { raw, sql } from '../sql/sql.js'
import { groupLabel } from './key.js'
import { REJECT_REASONS } from './ledger.js'

const LONGEST_EXCERPT = 60

const READ_AS: Readonly<Record<Format, string>> = {
  arrow: 'Arrow',
  csv: 'CSV',
  json: 'JSON',
  log: 'a web server log',
  ndjson: 'a line of JSON',
  parquet: 'Parquet',
}

/** `not a line of JSON: "foo bar"` */
export const notRead = (format: Format, text: string): string =>
  `not ${READ_AS[format]}: "${excerpt(text)}"`

/** The beginning of a text of the data. */
export const excerpt = (text: string): string => excerptOf(text, LONGEST_EXCERPT, '...')

/** None of the rows of these files can be read: the first line tells what they are. */
export async function noRows(
  engine: Engine,
  groups: readonly SourceGroup[],
): Promise<SessionizeError> {
  for (const group of groups) {
    const [file] = group.files
    if (file === undefined || !LINES.has(group.format)) continue
    const [first] = await engine
      .rows<{ line: string; deep: boolean }>(
        sql`SELECT line, ${nestedTooDeep(raw('line'))} AS deep FROM ${lineReader([file], false, 'ignored')} WHERE trim(line) <> '' LIMIT 1`,
      )
      // Only a word more about what has failed already.
      .catch(() => [])
    if (first === undefined || (group.format === 'csv' && group.csv?.header !== false)) continue
    const why = first.deep ? REJECT_REASONS.nested_too_deep : notRead(group.format, first.line)
    return new SessionizeError(
      'no_events',
      `None of the rows of ${groupLabel(groups)} can be read.\n${file.label}, row 1: ${why}`,
      { hint: 'See what the input is taken for: sessionize inspect FILE' },
    )
  }
  return new SessionizeError('no_events', `There are no rows in ${groupLabel(groups)}.`, {
    hint: 'Check that the export, or the command before it, gave any events.',
  })
}

const LINES: ReadonlySet<Format> = new Set(['csv', 'log', 'ndjson'])
