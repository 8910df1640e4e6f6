import { raw, sql } from '../../sql/sql.js'
import { byPlatform } from '../people.js'
import type { EventFormat } from './format.js'
import { callContext, segment } from './segment.js'

/** Segment's calls with the channel they came by and the session that the SDK was in. */
export const rudderstack: EventFormat = {
  ...segment,
  name: 'rudderstack',
  about: 'RudderStack track calls',
  columns: [
    ...segment.columns.filter(([name]) => name !== 'context'),
    ['channel', byPlatform(({ mobile }) => (mobile ? 'mobile' : 'web'))],
    // In seconds, as its SDKs number sessions by their start.
    ['context', sql`{${callContext}, 'sessionId': ${raw('session_ms')} // 1000}`],
  ],
}
