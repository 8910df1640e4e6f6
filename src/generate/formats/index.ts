import { amplitude } from './amplitude.js'
import type { EventFormat, FormatName } from './format.js'
import { ga4 } from './ga4.js'
import { csv, ndjson, parquet } from './generic.js'
import { heap } from './heap.js'
import { mixpanel } from './mixpanel.js'
import { mixpanelPipeline } from './mixpanel-pipeline.js'
import { posthog } from './posthog.js'
import { rudderstack } from './rudderstack.js'
import { segment } from './segment.js'
import { snowplow } from './snowplow.js'

export type { Encoding, EventFormat, FormatName } from './format.js'

const BY_NAME: Readonly<Record<FormatName, EventFormat>> = {
  parquet,
  csv,
  ndjson,
  amplitude,
  mixpanel,
  mixpanel_pipeline: mixpanelPipeline,
  segment,
  rudderstack,
  posthog,
  ga4,
  snowplow,
  heap,
}

export const FORMATS: readonly EventFormat[] = Object.values(BY_NAME)
export const formatNamed = (name: FormatName): EventFormat => BY_NAME[name]
export const isFormatName = (name: string): name is FormatName => Object.hasOwn(BY_NAME, name)
