import type { Preset } from './preset.js'

export const heap: Preset = {
  name: 'heap',
  about:
    "Heap Connect's tables: all_events, pageviews and those of single events. From Heap's data schema documentation.",
  detect: [
    ['event_id', 'session_id', 'user_id', 'time', 'event_table_name'],
    ['event_id', 'session_id', 'user_id', 'time', 'session_time', 'landing_page'],
  ],
  user: ['user_id'],
  time: ['time'],
  timeZone: 'UTC unless it is said',
  event: ['event_table_name', 'title', 'path'],
  session: ['session_id'],
  dedupe: [['event_id']],
  insertId: [['event_id']],
  dimensions: {
    platform: ['platform', 'device_type'],
    country: ['country'],
    version: ['app_version'],
    library: ['library'],
  },
}
