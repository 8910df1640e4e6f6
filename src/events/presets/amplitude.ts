import type { Preset } from './preset.js'

export const amplitude: Preset = {
  name: 'amplitude',
  about:
    "Amplitude: Export API and bucket exports, and the event tables of its BigQuery and Snowflake exports. Times are UTC; `uuid` is unique per row. From Amplitude's Export API and Snowflake export documentation.",
  detect: [['amplitude_id', 'event_type']],
  user: ['amplitude_id', 'user_id,device_id'],
  time: ['event_time', 'client_event_time'],
  timeZone: 'UTC',
  event: ['event_type'],
  session: ['session_id'],
  outOfSession: '-1',
  dedupe: [['uuid'], ['device_id', '$insert_id']],
  insertId: [
    ['device_id', '$insert_id'],
    ['device_id', 'insert_id'],
  ],
  dimensions: {
    platform: ['platform', 'os_name'],
    country: ['country'],
    version: ['version_name'],
    library: ['library'],
  },
  identity: ['user_id', 'device_id'],
  clocks: {
    client: ['client_event_time'],
    server: ['server_received_time', 'server_upload_time'],
    sent: ['client_upload_time'],
    toleranceSeconds: 60,
  },
}
