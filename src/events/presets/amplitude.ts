import type { Preset } from './preset.js'

export const amplitude: Preset = {
  name: 'amplitude',
  about: 'Amplitude Export API and bucket exports: times are UTC, `uuid` is unique per row.',
  detect: ['amplitude_id', 'event_type'],
  user: ['amplitude_id'],
  time: ['event_time', 'client_event_time'],
  event: ['event_type'],
  session: ['session_id'],
  outOfSession: '-1',
  dedupe: [['uuid'], ['device_id', '$insert_id']],
  dimensions: {
    platform: ['platform', 'os_name'],
    country: ['country'],
    version: ['version_name'],
    library: ['library'],
  },
}
