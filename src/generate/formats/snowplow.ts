import { SNOWPLOW_COLUMNS } from '../../events/presets/snowplow.js'
import { raw, type Sql, sql } from '../../sql/sql.js'
import { draw } from '../draws.js'
import { byCountry } from '../people.js'
import { type EventFormat, snakeCase } from './format.js'

const visit = draw(sql`hash(xor(user_key, session_ms::UBIGINT))`, 'detail')

const VALUES: Readonly<Record<string, Sql>> = {
  app_id: sql`'shop'`,
  platform: sql`CASE WHEN platform = 1 THEN 'web' ELSE 'mob' END`,
  etl_tstamp: sql`arrival + INTERVAL 2 SECONDS`,
  collector_tstamp: raw('arrival'),
  dvce_created_tstamp: raw('time'),
  event: sql`'struct'`,
  event_id: raw('uuid'),
  name_tracker: sql`'sp'`,
  v_tracker: sql`'js-3.23.0'`,
  v_collector: sql`'ssc-2.10.0-kinesis'`,
  v_etl: sql`'enrich-4.0.0'`,
  user_id: sql`CASE WHEN NOT anonymous THEN user_id END`,
  domain_userid: raw('visitor_id'),
  network_userid: raw('device_id'),
  geo_country: byCountry(({ code }) => code),
  geo_city: byCountry(({ city }) => city),
  se_category: sql`'shop'`,
  se_action: raw('event'),
  se_value: raw('revenue'),
  dvce_sent_tstamp: raw('sent'),
  domain_sessionid: sql`format('{:016x}', ${visit})`,
  derived_tstamp: raw('time'),
  event_vendor: sql`'com.google.analytics'`,
  event_name: snakeCase(raw('event')),
  event_format: sql`'jsonschema'`,
  event_version: sql`'1-0-0'`,
}

export const snowplow: EventFormat = {
  name: 'snowplow',
  about: 'Snowplow enriched events, tab-separated, without a header',
  encoding: 'tsv',
  packaging: 'file',
  extensions: ['.tsv'],
  timeFormat: '%Y-%m-%d %H:%M:%S.%g',
  user: raw('visitor_id'),
  spelling: snakeCase,
  recordsSessions: false,
  columns: SNOWPLOW_COLUMNS.map((name) => [name, VALUES[name] ?? sql`NULL::VARCHAR`]),
}
