import type { Preset } from './preset.js'

export const segment: Preset = {
  name: 'segment',
  about:
    "Segment: raw calls as NDJSON, and the tracks and pages tables of its warehouses. `timestamp` is the device's time corrected by Segment. A user is the user id, and the anonymous id before it is known: --stitch joins the two. From Segment's Spec: Common Fields and its warehouse schemas.",
  detect: [
    ['anonymousId', 'messageId'],
    ['userId', 'messageId', 'originalTimestamp'],
    ['anonymous_id', 'original_timestamp', 'received_at', 'sent_at'],
  ],
  user: ['userId,anonymousId', 'user_id,anonymous_id'],
  time: ['timestamp', 'originalTimestamp', 'original_timestamp', 'received_at'],
  timeZone: 'UTC unless it is said',
  event: ['event,name,type'],
  dedupe: [['messageId'], ['message_id'], ['id']],
  insertId: [['messageId'], ['message_id'], ['id']],
  dimensions: {
    platform: ['context.os.name', 'context_os_name', 'context.device.type', 'context_device_type'],
    country: ['context.location.country', 'context_location_country'],
    version: ['context.app.version', 'context_app_version'],
    library: ['context.library.name', 'context_library_name'],
  },
  identity: ['userId', 'user_id', 'anonymousId', 'anonymous_id'],
  clocks: {
    client: ['originalTimestamp', 'original_timestamp'],
    server: ['receivedAt', 'received_at'],
    sent: ['sentAt', 'sent_at'],
  },
}
