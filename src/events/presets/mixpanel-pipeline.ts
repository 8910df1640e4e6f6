import type { Preset } from './preset.js'

export const mixpanelPipeline: Preset = {
  name: 'mixpanel_pipeline',
  about:
    "Event tables of Mixpanel's data pipelines. Rows alike in event, time, distinct_id and insert_id are one event. From Mixpanel's data pipelines documentation.",
  detect: [['event_name', 'insert_id', 'distinct_id', 'time']],
  user: ['distinct_id,user_id,device_id'],
  time: ['time'],
  timeZone: 'UTC; before 2023 the project’s zone',
  event: ['event_name'],
  dedupe: [['event_name', 'time', 'distinct_id', 'insert_id']],
  insertId: [['distinct_id', 'insert_id']],
  dimensions: {
    platform: ['properties.$os', 'properties.mp_lib'],
    country: ['properties.mp_country_code'],
    version: ['properties.$app_version_string', 'properties.$app_version'],
    library: ['properties.mp_lib'],
  },
  identity: ['user_id', 'distinct_id', 'device_id'],
}
