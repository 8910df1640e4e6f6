import { raw, sql } from '../../sql/sql.js'
import { byCountry, byPlatform } from '../people.js'
import type { EventFormat } from './format.js'

/** The raw export. Times are in ms, as some projects have them, so that nothing of them is lost. */
export const mixpanel: EventFormat = {
  name: 'mixpanel',
  about: "Mixpanel's raw export",
  encoding: 'ndjson',
  packaging: 'file',
  extensions: [],
  user: raw('user_id'),
  recordsSessions: false,
  columns: [
    ['event', raw('event')],
    [
      'properties',
      sql`{
  'time': time_ms,
  'distinct_id': user_id,
  '$insert_id': insert_id,
  '$os': ${byPlatform(({ osNames, name }) => (name === 'Web' ? 'Mac OS X' : (osNames[0] ?? name)))},
  'mp_lib': ${byPlatform(({ name }) => name.toLowerCase())},
  'mp_country_code': ${byCountry(({ code }) => code)},
  '$city': ${byCountry(({ city }) => city)},
  '$app_version_string': version,
  'mp_processing_time_ms': arrival_micros // 1000,
  'revenue': revenue
}`,
    ],
  ],
}
