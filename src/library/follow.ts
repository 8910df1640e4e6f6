import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { type Followed, type FollowWorld, follow as followStream } from '../follow/follow.js'
import { parseDuration } from '../units/duration.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { SURROUNDINGS, type Surroundings } from './ask.js'
import { readDefinition } from './definition.js'
import type { Options } from './option-table.js'
import { readOptions } from './options.js'

export type FollowOptions = Options<'follow'> & Pick<Surroundings, 'presets'>

/** How long a closed session can still be corrected where nothing else is said. */
const DEFAULT_REVISIONS = '24h'

/** A table of V8 takes no more than 2^24. */
const MOST_USERS = 16_000_000

/** Sessions of a live stream, written when they close: `sessionize follow`. */
export function follow(options: FollowOptions, world: FollowWorld): Promise<Followed> {
  const read = readOptions('follow', options, SURROUNDINGS)
  const { checkpoint, revisions, lateness, checkpointEvery, statsEvery } = read
  const maxUsers = read.maxUsers ?? 1_000_000
  if (maxUsers > MOST_USERS) {
    throw new SessionizeError('usage', `${option('maxUsers')} can be at most ${MOST_USERS}.`)
  }
  const millis = (micros: number): number => micros / 1_000
  const reviseMicros =
    revisions === undefined
      ? 0
      : parseDuration(revisions === true ? DEFAULT_REVISIONS : revisions, option('revisions'))
  return followStream(
    {
      columns: omitUndefined({
        presets: options.presets,
        preset: read.preset,
        user: read.user,
        time: read.time,
        timeFormat: read.timeFormat,
        timeZone: read.timezone,
        event: read.event,
        session: read.session,
        unnest: read.unnest,
      }),
      stream: {
        definition: readDefinition(read),
        latenessMicros: lateness ?? parseDuration('2m'),
        reviseMicros,
        maxUsers,
      },
      label: read.label === true,
      maxAheadMicros: read.maxAhead ?? parseDuration('1d'),
      flushOnEnd: read.flushOnEnd === true,
      checkpoint:
        checkpoint === undefined
          ? undefined
          : { path: checkpoint, everyMillis: millis(checkpointEvery ?? parseDuration('10s')) },
      statsEveryMillis: statsEvery === undefined ? undefined : millis(statsEvery),
      tempDirectory: read.tempDir,
    },
    world,
  )
}
