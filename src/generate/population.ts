/** Who uses the imagined product, where, and on what. */

export interface Platform {
  readonly name: string
  readonly share: number
  /** Time between events, against the mean of all platforms. */
  readonly pace: number
  /** Events in a visit, against the mean of all platforms. */
  readonly eventsPerVisit: number
  /** Share of visits that end with their first event, at least. */
  readonly bounces: number
  readonly osNames: readonly string[]
  readonly deviceFamily: string
  readonly deviceTypes: readonly string[]
  readonly library: string
  /** The SDK's name for itself where it is not a web browser. */
  readonly mobile: boolean
}

export const PLATFORMS = [
  {
    name: 'Web',
    share: 0.5,
    pace: 1.2,
    eventsPerVisit: 0.9,
    bounces: 0.2,
    osNames: ['Chrome', 'Safari', 'Firefox', 'Edge'],
    deviceFamily: 'Desktop',
    deviceTypes: ['Windows', 'Mac OS X', 'Linux'],
    library: 'amplitude-ts/2.11.9',
    mobile: false,
  },
  {
    name: 'iOS',
    share: 0.3,
    pace: 0.7,
    eventsPerVisit: 1.3,
    bounces: 0.08,
    osNames: ['ios'],
    deviceFamily: 'Apple iPhone',
    deviceTypes: ['Apple iPhone 13', 'Apple iPhone 14 Pro', 'Apple iPhone 15'],
    library: 'amplitude-swift/1.9.2',
    mobile: true,
  },
  {
    name: 'Android',
    share: 0.2,
    pace: 0.9,
    eventsPerVisit: 0.8,
    bounces: 0.12,
    osNames: ['android'],
    deviceFamily: 'Samsung Galaxy Phone',
    deviceTypes: ['Samsung Galaxy S22', 'Google Pixel 8', 'Xiaomi Redmi Note 12'],
    library: 'amplitude-android/1.16.8',
    mobile: true,
  },
] as const satisfies readonly Platform[]

export interface Country {
  readonly name: string
  readonly code: string
  readonly share: number
  /** Fixed: the imagined world has no daylight-saving time. */
  readonly offsetMinutes: number
  readonly region: string
  readonly city: string
  readonly language: string
  readonly latitude: number
  readonly longitude: number
}

export const COUNTRIES: readonly Country[] = [
  {
    name: 'United States',
    code: 'US',
    share: 0.3,
    offsetMinutes: -300,
    region: 'New York',
    city: 'New York',
    language: 'English',
    latitude: 40.71,
    longitude: -74.01,
  },
  {
    name: 'Germany',
    code: 'DE',
    share: 0.14,
    offsetMinutes: 60,
    region: 'Bavaria',
    city: 'Munich',
    language: 'German',
    latitude: 48.14,
    longitude: 11.58,
  },
  {
    name: 'India',
    code: 'IN',
    share: 0.13,
    offsetMinutes: 330,
    region: 'Karnataka',
    city: 'Bengaluru',
    language: 'English',
    latitude: 12.97,
    longitude: 77.59,
  },
  {
    name: 'Brazil',
    code: 'BR',
    share: 0.11,
    offsetMinutes: -180,
    region: 'Sao Paulo',
    city: 'Sao Paulo',
    language: 'Portuguese',
    latitude: -23.55,
    longitude: -46.63,
  },
  {
    name: 'United Kingdom',
    code: 'GB',
    share: 0.1,
    offsetMinutes: 0,
    region: 'England',
    city: 'London',
    language: 'English',
    latitude: 51.51,
    longitude: -0.13,
  },
  {
    name: 'Japan',
    code: 'JP',
    share: 0.09,
    offsetMinutes: 540,
    region: 'Tokyo',
    city: 'Tokyo',
    language: 'Japanese',
    latitude: 35.68,
    longitude: 139.69,
  },
  {
    name: 'France',
    code: 'FR',
    share: 0.08,
    offsetMinutes: 60,
    region: 'Ile-de-France',
    city: 'Paris',
    language: 'French',
    latitude: 48.86,
    longitude: 2.35,
  },
  {
    name: 'Australia',
    code: 'AU',
    share: 0.05,
    offsetMinutes: 600,
    region: 'Queensland',
    city: 'Brisbane',
    language: 'English',
    latitude: -27.47,
    longitude: 153.03,
  },
]
