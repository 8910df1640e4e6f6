import { raw, type Sql, sql } from '../../sql/sql.js'
import { draw, nth, oneOf } from '../draws.js'
import { byCountry, byPlatform } from '../people.js'
import { COUNTRIES, PLATFORMS, type Platform } from '../population.js'
import type { EventFormat } from './format.js'

export const PROJECT = 184_320
export const ORGANIZATION = 40_961

const AMPLITUDE_ID_BASE = 400_000_000_000
export const amplitudeId = sql`(${AMPLITUDE_ID_BASE} + person)`

const userBits = draw(sql`user_key`, 'detail')
const deviceBits = draw(sql`hash(xor(user_key, platform::UBIGINT))`, 'detail')

const onDevice = (values: (platform: Platform) => readonly string[]): Sql =>
  sql`CASE platform ${raw(
    PLATFORMS.map(
      (platform, i) => sql`WHEN ${i + 1} THEN ${oneOf(deviceBits, values(platform))}`,
    ).join(' '),
  )} END`

const CAMPAIGNS = ['spring_sale', 'newsletter', 'brand_search', 'retargeting']
const PLANS = ['free', 'plus', 'team']

/** `/page-viewed`: every event has a page of its own. */
const path = sql`'/' || replace(lower(event), ' ', '-')`
const eventProperties = sql`{
  '[Amplitude] Page Path': ${path},
  'experiment': ${nth(['control', 'treatment'], sql`1 + (${userBits} >> 23 & 1)::BIGINT`)},
  'revenue': revenue
}`
const userProperties = sql`{
  'plan': ${oneOf(userBits, PLANS)},
  'initial_utm_campaign': CASE WHEN ${userBits} >> 8 & 3 = 0 THEN ${oneOf(sql`(${userBits} >> 10)`, CAMPAIGNS)} END,
  'logins': (${userBits} >> 16 & 15)::INTEGER,
  'newsletter': ${userBits} >> 24 & 1 = 1
}`

const emptyObject = sql`'{}'::JSON`
/** Unique on a device, as a counter in a session is. */
const insertId = sql`CASE WHEN platform = 0 THEN insert_id
  ELSE session_ms || '-' || lpad((event_id & 16383)::VARCHAR, 4, '0') END`

/**
 * The Export API's rows, without the fields that only bucket exports have. Strays are what a server
 * sends: no platform, session -1.
 */
export const amplitude: EventFormat = {
  name: 'amplitude',
  about: 'an Amplitude Export API zip of hourly .json.gz files',
  encoding: 'ndjson',
  packaging: 'hourly_zip',
  extensions: ['.zip'],
  timeFormat: '%Y-%m-%d %H:%M:%S.%f',
  user: amplitudeId,
  recordsSessions: true,
  columns: [
    ['$insert_id', insertId],
    ['amplitude_attribution_ids', sql`NULL::VARCHAR`],
    ['amplitude_id', amplitudeId],
    ['app', sql`${PROJECT}`],
    ['city', byCountry(({ city }) => city)],
    ['client_event_time', raw('time')],
    ['client_upload_time', raw('sent')],
    ['country', raw('country_name')],
    [
      'data',
      sql`{'path': CASE WHEN platform = 0 THEN '/batch' ELSE '/2/httpapi' END, 'group_first_event': ${emptyObject}}`,
    ],
    ['device_carrier', sql`NULL::VARCHAR`],
    ['device_family', byPlatform(({ deviceFamily }) => deviceFamily)],
    ['device_id', raw('device_id')],
    ['device_type', onDevice(({ deviceTypes }) => deviceTypes)],
    ['dma', sql`NULL::VARCHAR`],
    ['event_id', sql`((event_id >> 14 & 65535) * 1000 + (event_id & 16383))`],
    ['event_properties', eventProperties],
    ['event_time', raw('time')],
    ['event_type', raw('event')],
    ['group_properties', emptyObject],
    ['groups', emptyObject],
    ['ip_address', sql`'203.0.113.' || (${deviceBits} >> 32 & 255)`],
    ['language', byCountry(({ language }) => language)],
    ['library', sql`coalesce(${byPlatform(({ library }) => library)}, 'http/2.0')`],
    ['location_lat', nthNumber(COUNTRIES.map(({ latitude }) => latitude))],
    ['location_lng', nthNumber(COUNTRIES.map(({ longitude }) => longitude))],
    ['os_name', onDevice(({ osNames }) => osNames)],
    ['os_version', sql`CASE WHEN platform > 0 THEN (15 + (${deviceBits} >> 40 & 3))::VARCHAR END`],
    ['paying', sql`CASE WHEN ${oneOf(userBits, PLANS)} <> 'free' THEN true END`],
    ['platform', raw('platform_name')],
    ['processed_time', sql`arrival + INTERVAL 2 SECONDS`],
    ['region', byCountry(({ region }) => region)],
    ['sample_rate', sql`NULL::DOUBLE`],
    ['server_received_time', raw('arrival')],
    ['server_upload_time', raw('arrival')],
    ['session_id', raw('session_ms')],
    ['start_version', sql`NULL::VARCHAR`],
    ['user_id', sql`CASE WHEN NOT anonymous THEN user_id END`],
    ['user_properties', userProperties],
    ['uuid', raw('uuid')],
    ['version_name', raw('version')],
  ],
}

function nthNumber(values: readonly number[]): Sql {
  return sql`${raw(`([${values.join(', ')}]::DOUBLE[])`)}[country]`
}
