import { raw, type Sql, sql, text } from '../../sql/sql.js'
import { draw, nth, oneOf } from '../draws.js'
import { VIEW_NAMES } from '../names.js'
import { COUNTRIES, PLATFORMS, type Platform } from '../population.js'
import type { EventFormat } from './format.js'

export const PROJECT = 184_320
export const ORGANIZATION = 40_961

const AMPLITUDE_ID_BASE = 400_000_000_000
export const amplitudeId = sql`(${AMPLITUDE_ID_BASE} + person)`

const bits = draw(sql`key`, 'detail')
const userBits = draw(sql`user_key`, 'detail')
const deviceBits = draw(sql`hash(xor(user_key, platform::UBIGINT))`, 'detail')

const byPlatform = (value: (platform: Platform) => string): Sql =>
  nth(PLATFORMS.map(value), sql`platform`)
const byCountry = (value: (country: (typeof COUNTRIES)[number]) => string): Sql =>
  nth(COUNTRIES.map(value), sql`country`)
const onDevice = (values: (platform: Platform) => readonly string[]): Sql =>
  sql`CASE platform ${raw(
    PLATFORMS.map(
      (platform, i) => sql`WHEN ${i + 1} THEN ${oneOf(deviceBits, values(platform))}`,
    ).join(' '),
  )} END`

const PAGES = [
  '/',
  '/search',
  '/products',
  '/products/42',
  '/cart',
  '/checkout',
  '/articles/why',
  '/account',
]
const CAMPAIGNS = ['spring_sale', 'newsletter', 'brand_search', 'retargeting']
const PLANS = ['free', 'plus', 'team']

const path = oneOf(bits, PAGES)
const eventProperties = sql`{
  '[Amplitude] Page Path': ${path},
  '[Amplitude] Page Title': ${path} || ' - Shop',
  '[Amplitude] Page Location': 'https://shop.example.com' || ${path},
  'view': event IN (${raw(VIEW_NAMES.map(text).join(', '))}),
  'item_count': (${bits} >> 20 & 7)::INTEGER,
  'experiment': ${nth(['control', 'treatment'], sql`1 + (${bits} >> 23 & 1)::BIGINT`)},
  'load_ms': (120 + (${bits} >> 24 & 2047))::INTEGER,
  'revenue': revenue
}`
const userProperties = sql`{
  'plan': ${oneOf(userBits, PLANS)},
  'initial_utm_campaign': CASE WHEN ${userBits} >> 8 & 3 = 0 THEN ${oneOf(sql`(${userBits} >> 10)`, CAMPAIGNS)} END,
  'logins': (${userBits} >> 16 & 255)::INTEGER,
  'newsletter': ${userBits} >> 24 & 1 = 1
}`

const emptyObject = sql`'{}'::JSON`
const arrivalPlus = (micros: number): Sql => sql`make_timestamp(arrival_micros + ${micros})`

/** Unique on a device, as a counter in a session is. */
const insertId = sql`CASE WHEN platform = 0 THEN insert_id
  ELSE session_ms || '-' || lpad((event_id & 16383)::VARCHAR, 4, '0') END`

/** The Export API's rows. Strays are what a server sends: no platform, no device, session -1. */
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
    ['$schema', sql`13`],
    ['adid', sql`NULL::VARCHAR`],
    ['amplitude_attribution_ids', sql`NULL::VARCHAR`],
    ['amplitude_event_type', sql`NULL::VARCHAR`],
    ['amplitude_id', amplitudeId],
    ['app', sql`${PROJECT}`],
    ['city', byCountry(({ city }) => city)],
    ['client_event_time', raw('time')],
    ['client_upload_time', arrivalPlus(-150_000)],
    ['country', raw('country_name')],
    [
      'data',
      sql`{'path': CASE WHEN platform = 0 THEN '/batch' ELSE '/2/httpapi' END, 'group_first_event': ${emptyObject}}`,
    ],
    ['data_type', sql`'event'`],
    ['device_brand', sql`NULL::VARCHAR`],
    ['device_carrier', sql`NULL::VARCHAR`],
    ['device_family', byPlatform(({ deviceFamily }) => deviceFamily)],
    ['device_id', raw('device_id')],
    ['device_manufacturer', sql`NULL::VARCHAR`],
    ['device_model', sql`NULL::VARCHAR`],
    ['device_type', onDevice(({ deviceTypes }) => deviceTypes)],
    ['dma', sql`NULL::VARCHAR`],
    ['event_id', sql`((event_id >> 14 & 65535) * 1000 + (event_id & 16383))`],
    ['event_properties', eventProperties],
    ['event_time', raw('time')],
    ['event_type', raw('event')],
    ['global_user_properties', sql`NULL::VARCHAR`],
    ['group_properties', emptyObject],
    ['groups', emptyObject],
    ['idfa', sql`NULL::VARCHAR`],
    ['ip_address', sql`'203.0.113.' || (${deviceBits} >> 32 & 255)`],
    ['is_attribution_event', sql`NULL::BOOLEAN`],
    ['language', byCountry(({ language }) => language)],
    ['library', sql`coalesce(${byPlatform(({ library }) => library)}, 'http/2.0')`],
    ['location_lat', nthNumber(COUNTRIES.map(({ latitude }) => latitude))],
    ['location_lng', nthNumber(COUNTRIES.map(({ longitude }) => longitude))],
    ['os_name', onDevice(({ osNames }) => osNames)],
    ['os_version', sql`CASE WHEN platform > 0 THEN (15 + (${deviceBits} >> 40 & 3))::VARCHAR END`],
    ['partner_id', sql`NULL::VARCHAR`],
    ['paying', sql`CASE WHEN ${oneOf(userBits, PLANS)} <> 'free' THEN true END`],
    ['plan', emptyObject],
    ['platform', raw('platform_name')],
    ['processed_time', arrivalPlus(2_310_000)],
    ['region', byCountry(({ region }) => region)],
    ['sample_rate', sql`NULL::DOUBLE`],
    ['server_received_time', arrivalPlus(-1_000)],
    ['server_upload_time', raw('arrival')],
    ['session_id', raw('session_ms')],
    ['source_id', sql`NULL::VARCHAR`],
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
