import { raw, sql } from '../../sql/sql.js'
import { byPlatform } from '../people.js'
import { type EventFormat, snakeCase } from './format.js'

/** Heap Connect's table of all events, where an event is named by the table that it has of its own. */
export const heap: EventFormat = {
  name: 'heap',
  about: "Heap Connect's all_events",
  encoding: 'ndjson',
  packaging: 'file',
  extensions: [],
  timeFormat: '%Y-%m-%d %H:%M:%S.%g',
  user: sql`person::VARCHAR`,
  spelling: snakeCase,
  recordsSessions: false,
  columns: [
    ['event_id', raw('event_id')],
    ['user_id', raw('person')],
    ['session_id', sql`(event_id >> 14)`],
    ['time', raw('time')],
    ['event_table_name', snakeCase(raw('event'))],
    ['platform', raw('platform_name')],
    ['device_type', byPlatform(({ mobile }) => (mobile ? 'Mobile' : 'Desktop'))],
    ['country', raw('country_name')],
    ['app_version', raw('version')],
    ['library', byPlatform(({ name }) => name.toLowerCase())],
  ],
}
