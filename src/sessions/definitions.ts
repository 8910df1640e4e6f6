/**
 * Vendors' session rules under their names. Each is the documented rule, not the vendor's code:
 * `source` says where it is stated, `differs` what it leaves out.
 */

import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../units/time.js'
import type { SessionDefinition } from './definition.js'

export interface NamedDefinition {
  readonly name: string
  readonly definition: SessionDefinition
  readonly source: string
  readonly differs?: string
}

const minutes = (count: number): number => count * MICROS_PER_MINUTE
const hours = (count: number): number => count * MICROS_PER_HOUR

export const NAMED_DEFINITIONS: readonly NamedDefinition[] = [
  {
    name: 'amplitude-web',
    definition: { gapMicros: minutes(30), boundary: 'after' },
    source: 'Amplitude Browser SDK: sessionTimeout 1,800,000 ms, exceeded strictly.',
  },
  {
    name: 'amplitude-mobile',
    definition: { gapMicros: minutes(5), boundary: 'after' },
    source: 'Amplitude Android and iOS SDKs: minTimeBetweenSessionsMillis 300,000 ms.',
    differs: 'On a device the session also goes on while the app is in the foreground.',
  },
  {
    name: 'mixpanel',
    definition: {
      gapMicros: minutes(30),
      boundary: 'after',
      maxLengthMicros: hours(24),
      midnightZone: 'UTC',
    },
    source: 'Mixpanel sessions: 30 minutes, at most 24 hours, ended at midnight of the project.',
    differs: "Midnight is the project's: set its zone with --cut-at-midnight ZONE.",
  },
  {
    name: 'posthog',
    definition: { gapMicros: minutes(30), boundary: 'after', maxLengthMicros: hours(24) },
    source: 'PostHog sessions: 30 minutes idle, 24 hours at most.',
  },
  {
    name: 'ga-universal',
    definition: {
      gapMicros: minutes(30),
      boundary: 'after',
      midnightZone: 'UTC',
      cutOn: ['utm_campaign'],
    },
    source: 'Universal Analytics: 30 minutes, midnight, or a change of campaign.',
    differs:
      "Midnight is the view's zone: set it with --cut-at-midnight ZONE; the campaign is the property utm_campaign.",
  },
  {
    name: 'ga4',
    definition: { gapMicros: minutes(30), boundary: 'after' },
    source: 'Google Analytics 4: 30 minutes; neither midnight nor campaign ends a session.',
  },
  {
    name: 'adobe',
    definition: {
      gapMicros: minutes(30),
      boundary: 'after',
      maxLengthMicros: hours(12),
      maxEvents: 2500,
    },
    source: 'Adobe Analytics visits: 30 minutes of inactivity, 12 hours, or 2,500 hits.',
    differs: 'The limit of 100 hits in 100 seconds is left out.',
  },
  {
    name: 'matomo',
    definition: {
      gapMicros: minutes(30),
      boundary: 'after',
      midnightZone: 'UTC',
      cutOn: ['utm_campaign'],
      ignoreEvents: ['ping'],
    },
    source: 'Matomo visits: 30 minutes, midnight of the site, a new campaign; pings do not count.',
    differs: "Midnight is the site's: set its zone with --cut-at-midnight ZONE.",
  },
  {
    name: 'spark',
    definition: { gapMicros: minutes(30), boundary: 'at' },
    source:
      "Apache Spark session_window('30 minutes'): an event at start + gap opens a new window.",
    differs: 'Lengths are to the last event; the window itself ends one gap later.',
  },
]
