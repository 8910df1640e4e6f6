import { raw, type Sql, sql } from '../../sql/sql.js'
import { byPlatform } from '../people.js'
import type { EventFormat } from './format.js'

/** What a call tells of its surroundings, as members of a struct. */
export const callContext: Sql = sql`'os': {'name': ${byPlatform(({ name }) => name)}},
  'app': {'version': version},
  'library': {'name': 'analytics-' || lower(platform_name), 'version': '4.1.0'}`

/** Track calls as a warehouse or bucket destination keeps them; anonymous users have no `userId`. */
export const segment: EventFormat = {
  name: 'segment',
  about: 'Segment track calls',
  encoding: 'ndjson',
  packaging: 'file',
  extensions: [],
  timeFormat: '%Y-%m-%dT%H:%M:%S.%gZ',
  user: sql`CASE WHEN anonymous THEN visitor_id ELSE user_id END`,
  recordsSessions: false,
  columns: [
    ['anonymousId', raw('visitor_id')],
    ['userId', sql`CASE WHEN NOT anonymous THEN user_id END`],
    ['messageId', raw('uuid')],
    ['type', sql`'track'`],
    ['event', raw('event')],
    ['timestamp', raw('time')],
    ['originalTimestamp', raw('time')],
    ['sentAt', raw('sent')],
    ['receivedAt', raw('arrival')],
    ['context', sql`{${callContext}}`],
    ['properties', sql`{'revenue': revenue}`],
  ],
}
