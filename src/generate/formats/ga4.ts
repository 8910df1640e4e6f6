import { raw, type Sql, sql } from '../../sql/sql.js'
import { byCountry, byPlatform } from '../people.js'
import { type EventFormat, snakeCase } from './format.js'

/** BigQuery writes 64-bit integers as JSON strings. */
const integer = (value: Sql): Sql => sql`(${value})::BIGINT::VARCHAR`

const parameter = (key: Sql, kind: { int?: Sql; string?: Sql }): Sql =>
  sql`{'key': ${key}, 'value': {'string_value': ${kind.string ?? sql`NULL::VARCHAR`},
    'int_value': ${kind.int === undefined ? sql`NULL::VARCHAR` : integer(kind.int)}}}`

/** The BigQuery export as JSON. To GA4 a user on another platform is another user. */
export const ga4: EventFormat = {
  name: 'ga4',
  about: 'the GA4 BigQuery export as JSON',
  encoding: 'ndjson',
  packaging: 'file',
  extensions: [],
  user: raw('device_id'),
  spelling: snakeCase,
  recordsSessions: false,
  columns: [
    ['event_date', sql`strftime(time, '%Y%m%d')`],
    ['event_timestamp', integer(sql`time_ms * 1000`)],
    ['event_name', snakeCase(raw('event'))],
    [
      'event_params',
      sql`[${parameter(sql`'ga_session_id'`, { int: sql`session_ms // 1000` })},
    ${parameter(sql`'page_title'`, { string: raw('event') })}]`,
    ],
    ['user_id', sql`CASE WHEN NOT anonymous THEN user_id END`],
    ['user_pseudo_id', raw('device_id')],
    ['stream_id', integer(sql`4000000000 + platform`)],
    ['platform', byPlatform(({ name }) => name.toUpperCase())],
    ['app_info', sql`{'version': version}`],
    ['geo', sql`{'country': country_name, 'city': ${byCountry(({ city }) => city)}}`],
    ['event_value_in_usd', raw('revenue')],
    ['batch_page_id', integer(sql`session_ms`)],
    ['batch_ordering_id', integer(sql`event_id & 16383`)],
    ['batch_event_index', integer(sql`1`)],
  ],
}
