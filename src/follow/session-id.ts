import { createHash } from 'node:crypto'

/**
 * The id that the batch gives: MD5 of the user, a bar, and the start in microseconds since 1970. Of
 * sessions that start in one microsecond the second and later carry their place.
 */
export function sessionId(user: string, startMicros: number, place = 0): string {
  const later = place === 0 ? '' : `|${place + 1}`
  return createHash('md5').update(`${user}|${startMicros}${later}`, 'utf8').digest('hex')
}
