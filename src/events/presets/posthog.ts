import type { Preset } from './preset.js'

export const posthog: Preset = {
  name: 'posthog',
  about:
    "PostHog's events: batch exports and SQL exports. `properties` is an object in NDJSON and JSON text in Parquet and CSV. From PostHog's batch exports documentation.",
  detect: [['distinct_id', 'uuid', 'event', 'timestamp', 'properties']],
  user: ['person_id', 'distinct_id'],
  time: ['timestamp'],
  timeZone: 'UTC',
  event: ['event'],
  session: ['properties.$session_id', '$session_id'],
  dedupe: [['uuid']],
  insertId: [['uuid']],
  dimensions: {
    platform: ['properties.$os', 'properties.$lib'],
    country: ['properties.$geoip_country_code'],
    version: ['properties.$app_version'],
    library: ['properties.$lib'],
  },
  identity: ['person_id', 'distinct_id'],
  clocks: { server: ['created_at', '_inserted_at'] },
}
