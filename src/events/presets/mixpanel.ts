import type { Preset } from './preset.js'

export const mixpanel: Preset = {
  name: 'mixpanel',
  about:
    "Mixpanel's raw event export (NDJSON). Times are seconds or milliseconds since 1970: UTC for projects made from 2023 on; older projects count in their own time zone, which the file does not say. The export is not deduplicated: rows alike in event, time, distinct_id and $insert_id are one event, as Mixpanel itself counts. From Mixpanel's Raw Event Export API and deduplication documentation.",
  detect: [['event', 'properties.time', 'properties.distinct_id']],
  user: ['properties.distinct_id'],
  time: ['properties.time'],
  timeZone: 'since 1970 in UTC; before 2023 in the project’s zone',
  event: ['event'],
  dedupe: [['event', 'properties.time', 'properties.distinct_id', 'properties.$insert_id']],
  insertId: [['properties.distinct_id', 'properties.$insert_id']],
  dimensions: {
    platform: ['properties.$os', 'properties.mp_lib'],
    country: ['properties.mp_country_code'],
    version: ['properties.$app_version_string', 'properties.$app_version'],
    library: ['properties.mp_lib'],
  },
  identity: ['properties.$user_id', 'properties.distinct_id', 'properties.$device_id'],
  clocks: {
    client: ['properties.time'],
    server: ['properties.mp_processing_time_ms', 'properties.$mp_api_timestamp_ms'],
  },
}
