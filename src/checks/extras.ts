/**
 * Columns that rules look at besides user, time and name: found by the preset's word or by usual
 * names, and read as dimensions.
 */
import type { Preset } from '../events/presets/index.js'
import { generic } from '../events/presets/index.js'

export type ExtraRole = 'platform' | 'version' | 'country' | 'device' | 'arrived' | 'sent'

export const EXTRA_ROLES: readonly ExtraRole[] = [
  'platform',
  'version',
  'country',
  'device',
  'arrived',
  'sent',
]

/** Usual names, where the preset says nothing. */
const USUAL: Readonly<Record<ExtraRole, readonly string[]>> = {
  platform: generic.dimensions?.['platform'] ?? [],
  version: generic.dimensions?.['version'] ?? [],
  country: generic.dimensions?.['country'] ?? [],
  device: ['device_id', 'deviceId', 'anonymousId', 'anonymous_id', 'installation_id'],
  arrived: [
    'server_received_time',
    'server_upload_time',
    'receivedAt',
    'received_at',
    'server_time',
    'ingested_at',
    'inserted_at',
    'collector_tstamp',
  ],
  sent: [
    'client_upload_time',
    'sentAt',
    'sent_at',
    'client_sent_time',
    'device_time',
    'client_time',
    'dvce_sent_tstamp',
  ],
}

function candidates(role: ExtraRole, preset: Preset): readonly string[] {
  switch (role) {
    case 'platform':
    case 'version':
    case 'country':
      return [...(preset.dimensions?.[role] ?? []), ...USUAL[role]]
    case 'device':
      return USUAL.device
    case 'arrived':
      return [...(preset.clocks?.server ?? []), ...USUAL.arrived]
    case 'sent':
      return [...(preset.clocks?.sent ?? []), ...USUAL.sent]
  }
}

/**
 * The column of each role, where there is one.
 *
 * @param taken columns that play another role already
 */
export function findExtras(
  fields: readonly string[],
  preset: Preset,
  taken: readonly string[],
): Partial<Record<ExtraRole, string>> {
  const found: Partial<Record<ExtraRole, string>> = {}
  for (const role of EXTRA_ROLES) {
    const column = candidates(role, preset)
      .filter((name) => !taken.includes(name))
      .flatMap(
        (name) => fields.find((field) => field.toLowerCase() === name.toLowerCase()) ?? [],
      )[0]
    if (column !== undefined) found[role] = column
  }
  return found
}
