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
  ['United States', 'US', 0.3, -300, 'New York', 'New York', 'English', 40.71, -74.01],
  ['Germany', 'DE', 0.14, 60, 'Bavaria', 'Munich', 'German', 48.14, 11.58],
  ['India', 'IN', 0.13, 330, 'Karnataka', 'Bengaluru', 'English', 12.97, 77.59],
  ['Brazil', 'BR', 0.11, -180, 'Sao Paulo', 'Sao Paulo', 'Portuguese', -23.55, -46.63],
  ['United Kingdom', 'GB', 0.1, 0, 'England', 'London', 'English', 51.51, -0.13],
  ['Japan', 'JP', 0.09, 540, 'Tokyo', 'Tokyo', 'Japanese', 35.68, 139.69],
  ['France', 'FR', 0.08, 60, 'Ile-de-France', 'Paris', 'French', 48.86, 2.35],
  ['Australia', 'AU', 0.05, 600, 'Queensland', 'Brisbane', 'English', -27.47, 153.03],
].map(([name, code, share, offsetMinutes, region, city, language, latitude, longitude]) => ({
  name: String(name),
  code: String(code),
  share: Number(share),
  offsetMinutes: Number(offsetMinutes),
  region: String(region),
  city: String(city),
  language: String(language),
  latitude: Number(latitude),
  longitude: Number(longitude),
}))
