import type { Preset } from './preset.js'

export const ga4: Preset = {
  name: 'ga4',
  about:
    "Google Analytics 4: the BigQuery export as NDJSON or Parquet. A user is a pseudonymous id on one data stream; the session id is the parameter `ga_session_id`, which is unique for one user only. From Google's BigQuery Export schema.",
  detect: [['user_pseudo_id', 'event_params', 'event_timestamp']],
  user: ['user_pseudo_id+stream_id', 'user_pseudo_id'],
  time: ['event_timestamp'],
  timeZone: 'UTC, microseconds since 1970',
  event: ['event_name'],
  session: ['event_params.ga_session_id'],
  dimensions: {
    platform: ['platform', 'device.category'],
    country: ['geo.country'],
    version: ['app_info.version'],
  },
  identity: ['user_id', 'user_pseudo_id'],
}
