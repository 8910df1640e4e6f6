import { amplitude } from './amplitude.js'
import type { EventFormat } from './format.js'
import { csv, ndjson, parquet } from './generic.js'

export type { Encoding, EventFormat } from './format.js'

export const FORMAT_NAMES = ['parquet', 'csv', 'ndjson', 'amplitude'] as const
export type FormatName = (typeof FORMAT_NAMES)[number]

const BY_NAME: Readonly<Record<FormatName, EventFormat>> = { parquet, csv, ndjson, amplitude }

export const FORMATS: readonly EventFormat[] = Object.values(BY_NAME)
export const formatNamed = (name: FormatName): EventFormat => BY_NAME[name]
