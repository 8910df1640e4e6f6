import { type Sql, sql } from '../sql/sql.js'
import { draw, happens, nth } from './draws.js'
import type { Plan } from './plan.js'
import { COUNTRIES, type Country, PLATFORMS, type Platform } from './population.js'

/** The share of users who never log in, so that some ids are missing in formats that allow it. */
const ANONYMOUS_SHARE = 0.3
/** Prime to every power of ten, so multiplying by it only shuffles the numbers below one. */
const SHUFFLER = 7_368_787

/** One per user and platform; strays, which come from a server, carry that of no platform. */
const deviceKey = sql`hash(xor(user_key, platform::UBIGINT))`
const deviceId = uuid(deviceKey, draw(deviceKey, 'device'))

/**
 * The ids of a user, from `user_number`, `user_key` and `platform`. Each is one-to-one with the user
 * (`device_id` with the user and the platform), and none shows how active the user is.
 */
export function personColumns({ users, options }: Plan): Sql {
  const ids = 10 ** Math.max(6, Math.ceil(Math.log10(users + 1)) + 1)
  const shuffled = sql`((user_number * ${SHUFFLER} + ${options.seed % ids}) % ${ids} + ${ids})`
  return sql`${shuffled} AS person,
  'u' || ${shuffled} AS user_id,
  ${happens(draw(sql`user_key`, 'anonymous'), ANONYMOUS_SHARE)} AS anonymous,
  ${uuid(sql`user_key`, draw(sql`user_key`, 'identity'))} AS visitor_id,
  ${deviceId} AS device_id`
}

/** NULL for place 0, the platform of events that a server sends. */
export const byPlatform = (value: (platform: Platform) => string): Sql =>
  nth(PLATFORMS.map(value), sql`platform`)
export const byCountry = (value: (country: Country) => string): Sql =>
  nth(COUNTRIES.map(value), sql`country`)

export const platformName = byPlatform(({ name }) => name)
export const countryName = byCountry(({ name }) => name)

/** A version 4 UUID that keeps all the first 64 bits, so distinct bits give distinct ids. */
function uuid(bits: Sql, more: Sql): Sql {
  return sql`format('{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}', ${bits} >> 32, (${bits} >> 16) & 65535,
    ${bits} & 4095, ((${bits} >> 12) & 15) << 8 | (${more} >> 56), ${more} & 281474976710655)`
}
