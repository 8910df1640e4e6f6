import { raw, sql } from '../../sql/sql.js'
import { byCountry, byPlatform } from '../people.js'
import type { EventFormat } from './format.js'

/** The events of Mixpanel's data pipelines: properties that have no column of their own in one object. */
export const mixpanelPipeline: EventFormat = {
  name: 'mixpanel_pipeline',
  about: "the event table of Mixpanel's data pipelines",
  encoding: 'ndjson',
  packaging: 'file',
  extensions: [],
  timeFormat: '%Y-%m-%dT%H:%M:%S.%gZ',
  user: raw('user_id'),
  recordsSessions: false,
  columns: [
    ['event_name', raw('event')],
    ['time', raw('time')],
    ['distinct_id', raw('user_id')],
    ['device_id', raw('device_id')],
    ['insert_id', raw('insert_id')],
    [
      'properties',
      sql`{
  '$os': ${byPlatform(({ osNames, name }) => osNames[0] ?? name)},
  'mp_lib': ${byPlatform(({ name }) => name.toLowerCase())},
  'mp_country_code': ${byCountry(({ code }) => code)},
  '$app_version_string': version,
  'revenue': revenue
}`,
    ],
  ],
}
