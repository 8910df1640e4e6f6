/** What was recognised of a stream; fixed for the whole of it, and kept in its checkpoint. */
import { formatName, parseTimeFormat } from '../events/clock.js'
import type { CsvLayout } from '../sources/group.js'
import type { Key, StreamColumns } from './columns.js'
import type { FieldPath } from './fields.js'
import { asList, asRecord, asText, asTextOrNull, oneOf } from './saved.js'

export type StreamFormat = { readonly kind: 'ndjson' } | CsvFormat

/** What of a layout is needed to take records apart. */
export type CsvShape = Pick<CsvLayout, 'delimiter' | 'quote' | 'escape' | 'header'>

export interface CsvFormat {
  readonly kind: 'csv'
  readonly layout: CsvShape
  /** In order. */
  readonly names: readonly string[]
}

export interface Recognised {
  readonly format: StreamFormat
  readonly columns: StreamColumns
  /** What was chosen and why, for people. */
  readonly notes: readonly string[]
}

export const saved = ({ format, columns }: Recognised): unknown => ({
  format,
  columns: { ...columns, timeFormat: formatName(columns.timeFormat) },
})

export function restored(value: unknown): Recognised {
  const { format, columns } = asRecord(value)
  return { format: formatFrom(format), columns: columnsFrom(columns), notes: [] }
}

function formatFrom(value: unknown): StreamFormat {
  const { kind, layout, names } = asRecord(value)
  if (kind !== 'csv') return { kind: 'ndjson' }
  const { delimiter, quote, escape: escapes, header } = asRecord(layout)
  return {
    kind,
    layout: {
      delimiter: asText(delimiter),
      quote: oneOf(QUOTES, quote),
      escape: oneOf(ESCAPES, escapes),
      header: header === true,
    },
    names: asList(names).map(asText),
  }
}

const QUOTES = ['"', "'", ''] as const
const ESCAPES = ['"', "'", '\\', ''] as const

function columnsFrom(value: unknown): StreamColumns {
  const columns = asRecord(value)
  const optional = (name: string): Key | null =>
    columns[name] === null ? null : keyFrom(columns[name])
  return {
    user: asList(columns['user']).map(keyFrom),
    time: pathFrom(columns['time']),
    timeFormat: parseTimeFormat(asText(columns['timeFormat'])),
    timeDetected: columns['timeDetected'] === true,
    timeZone: asText(columns['timeZone']),
    event: optional('event'),
    session: optional('session'),
    outOfSession: asTextOrNull(columns['outOfSession']),
    properties: asList(columns['properties']).map(keyFrom),
  }
}

const keyFrom = (value: unknown): Key => asList(value).map((parts) => asList(parts).map(pathFrom))

function pathFrom(value: unknown): FieldPath {
  const { column, keys } = asRecord(value)
  return { column: asText(column), keys: asList(keys).map(asText) }
}
