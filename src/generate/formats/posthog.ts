import { raw, sql } from '../../sql/sql.js'
import { draw } from '../draws.js'
import { byCountry } from '../people.js'
import type { EventFormat } from './format.js'

const visit = draw(sql`hash(xor(user_key, session_ms::UBIGINT))`, 'detail')

/** A UUID of version 7, whose first 48 bits are the session's start. */
const sessionId = sql`format('{:08x}-{:04x}-7{:03x}-a{:03x}-{:012x}', session_ms >> 16, session_ms & 65535,
    ${visit} >> 52, (${visit} >> 40) & 4095, ${visit} & 281474976710655)`

export const posthog: EventFormat = {
  name: 'posthog',
  about: "PostHog's batch export",
  encoding: 'ndjson',
  packaging: 'file',
  extensions: [],
  timeFormat: '%Y-%m-%dT%H:%M:%S.%fZ',
  user: raw('visitor_id'),
  recordsSessions: false,
  columns: [
    ['uuid', raw('uuid')],
    ['event', raw('event')],
    ['distinct_id', raw('user_id')],
    ['person_id', raw('visitor_id')],
    ['timestamp', raw('time')],
    ['created_at', raw('arrival')],
    [
      'properties',
      sql`{
  '$session_id': ${sessionId},
  '$lib': CASE WHEN platform = 1 THEN 'web' ELSE 'posthog-' || lower(platform_name) END,
  '$os': platform_name,
  '$app_version': version,
  '$geoip_country_code': ${byCountry(({ code }) => code)},
  'revenue': revenue
}`,
    ],
  ],
}
