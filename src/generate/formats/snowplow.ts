import { raw, type Sql, sql } from '../../sql/sql.js'
import { draw } from '../draws.js'
import { byCountry } from '../people.js'
import { type EventFormat, snakeCase } from './format.js'

/** The canonical event model: an enriched event is these values in this order, without a header. */
export const SNOWPLOW_COLUMNS: readonly string[] = `
app_id platform etl_tstamp collector_tstamp dvce_created_tstamp event event_id txn_id name_tracker
v_tracker v_collector v_etl user_id user_ipaddress user_fingerprint domain_userid domain_sessionidx
network_userid geo_country geo_region geo_city geo_zipcode geo_latitude geo_longitude
geo_region_name ip_isp ip_organization ip_domain ip_netspeed page_url page_title page_referrer
page_urlscheme page_urlhost page_urlport page_urlpath page_urlquery page_urlfragment refr_urlscheme
refr_urlhost refr_urlport refr_urlpath refr_urlquery refr_urlfragment refr_medium refr_source
refr_term mkt_medium mkt_source mkt_term mkt_content mkt_campaign contexts se_category se_action
se_label se_property se_value unstruct_event tr_orderid tr_affiliation tr_total tr_tax tr_shipping
tr_city tr_state tr_country ti_orderid ti_sku ti_name ti_category ti_price ti_quantity
pp_xoffset_min pp_xoffset_max pp_yoffset_min pp_yoffset_max useragent br_name br_family br_version
br_type br_renderengine br_lang br_features_pdf br_features_flash br_features_java
br_features_director br_features_quicktime br_features_realplayer br_features_windowsmedia
br_features_gears br_features_silverlight br_cookies br_colordepth br_viewwidth br_viewheight
os_name os_family os_manufacturer os_timezone dvce_type dvce_ismobile dvce_screenwidth
dvce_screenheight doc_charset doc_width doc_height tr_currency tr_total_base tr_tax_base
tr_shipping_base ti_currency ti_price_base base_currency geo_timezone mkt_clickid mkt_network
etl_tags dvce_sent_tstamp refr_domain_userid refr_dvce_tstamp derived_contexts domain_sessionid
derived_tstamp event_vendor event_name event_format event_version event_fingerprint true_tstamp
`
  .trim()
  .split(/\s+/)

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
