import { raw, sql } from '../../sql/sql.js'
import type { EventFormat } from './format.js'

const ISO = '%Y-%m-%dT%H:%M:%S.%gZ'

const table = {
  packaging: 'file',
  user: raw('user_id'),
  recordsSessions: true,
  columns: [
    ['user_id', raw('user_id')],
    ['time', raw('time')],
    ['event', raw('event')],
    ['platform', raw('platform_name')],
    ['country', raw('country_name')],
    ['version', raw('version')],
    ['session_id', raw('session_ms')],
    ['insert_id', raw('insert_id')],
    ['revenue', sql`revenue::DECIMAL(9, 2)`],
  ],
} as const satisfies Partial<EventFormat>

export const parquet: EventFormat = {
  ...table,
  name: 'parquet',
  about: 'a plain table of events',
  encoding: 'parquet',
  extensions: ['.parquet'],
}

export const csv: EventFormat = {
  ...table,
  name: 'csv',
  about: 'the same table as text',
  encoding: 'csv',
  extensions: ['.csv'],
  timeFormat: ISO,
}

export const ndjson: EventFormat = {
  ...table,
  name: 'ndjson',
  about: 'the same table, one JSON object a line',
  encoding: 'ndjson',
  extensions: ['.ndjson', '.jsonl'],
  timeFormat: ISO,
}
