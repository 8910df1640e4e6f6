import type { Preset } from './preset.js'
import { segment } from './segment.js'

export const rudderstack: Preset = {
  ...segment,
  name: 'rudderstack',
  about:
    "RudderStack: Segment's calls with a recorded session id, as NDJSON and warehouse tables. From RudderStack's event spec and session tracking documentation.",
  detect: [
    ['anonymousId', 'messageId', 'context.sessionId'],
    ['anonymousId', 'messageId', 'originalTimestamp', 'context.sessionId'],
    ['anonymous_id', 'original_timestamp', 'received_at', 'sent_at', 'context_session_id'],
  ],
  session: ['context.sessionId', 'context_session_id'],
  dimensions: {
    ...segment.dimensions,
    platform: ['channel', ...(segment.dimensions?.['platform'] ?? [])],
  },
}
