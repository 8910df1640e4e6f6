import { accessLog } from './access-log.js'
import { adobe } from './adobe.js'
import { amplitude } from './amplitude.js'
import { ga4 } from './ga4.js'
import { generic } from './generic.js'
import { heap } from './heap.js'
import { jsonLog } from './json-log.js'
import { matomo } from './matomo.js'
import { mixpanel } from './mixpanel.js'
import { mixpanelPipeline } from './mixpanel-pipeline.js'
import { posthog } from './posthog.js'
import type { Preset } from './preset.js'
import { rudderstack } from './rudderstack.js'
import { segment } from './segment.js'
import { snowplow } from './snowplow.js'
import { w3cLog } from './w3c-log.js'

export { parsePreset } from './parse.js'
export type { Clocks, Preset } from './preset.js'
export { generic }

/** Their order means nothing: the preset with most columns found is chosen, and a tie is asked about. */
export const PRESETS: readonly Preset[] = [
  accessLog,
  adobe,
  amplitude,
  ga4,
  heap,
  jsonLog,
  matomo,
  mixpanel,
  mixpanelPipeline,
  posthog,
  rudderstack,
  segment,
  snowplow,
  w3cLog,
  generic,
]
