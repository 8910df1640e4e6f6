/** Every rule, in the order in which they are told. */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { didYouMean } from '../errors/suggest.js'
import type { Rule } from './rule.js'
import {
  eventMissingOnPlatform,
  missingDays,
  missingHours,
  nameVariants,
  propertyMissingOnPlatform,
  schemaDrift,
} from './rules/coverage.js'
import { DRIFT_RULES } from './rules/drift.js'
import {
  overlappingSessions,
  sessionIdAfterFirstEvent,
  sessionIdIsUser,
  sessionIdOverGap,
  sharedSessionId,
} from './rules/recorded.js'
import {
  duplicateEvents,
  malformedRow,
  missingSessionId,
  missingTime,
  missingUser,
  outOfSession,
  unreadableTime,
} from './rules/rows.js'
import { heartbeats, overlongSession, startWithoutEnd, zeroLength } from './rules/sessions.js'
import { clockSkew, futureTime, lateEvents, preEpochTime } from './rules/times.js'
import { devicePool, nullLikeUser, roundTheClockUser } from './rules/users.js'
import { eventsPerSessionChange, sessionsPerUserChange, volumeChange } from './rules/volume.js'

export const RULES: readonly Rule[] = [
  malformedRow,
  missingUser,
  missingTime,
  unreadableTime,
  preEpochTime,
  futureTime,
  duplicateEvents,
  clockSkew,
  lateEvents,
  outOfSession,
  missingSessionId,
  sessionIdIsUser,
  sharedSessionId,
  sessionIdAfterFirstEvent,
  sessionIdOverGap,
  overlappingSessions,
  startWithoutEnd,
  zeroLength,
  overlongSession,
  nullLikeUser,
  devicePool,
  roundTheClockUser,
  heartbeats,
  missingDays,
  missingHours,
  eventMissingOnPlatform,
  propertyMissingOnPlatform,
  nameVariants,
  schemaDrift,
  volumeChange,
  sessionsPerUserChange,
  eventsPerSessionChange,
  ...DRIFT_RULES,
]

export const RULE_IDS: readonly string[] = RULES.map(({ id }) => id)

export interface Selection {
  /** Only these; all when it is not given. */
  readonly select?: readonly string[]
  readonly exclude?: readonly string[]
}

/**
 * Whether an id is chosen.
 *
 * @throws SessionizeError `usage` for an id that no rule has: a check that is never run must not pass.
 */
export function chooser(
  { select, exclude }: Selection,
  known: readonly string[],
): (id: string) => boolean {
  for (const [flag, ids] of [
    [option('select'), select],
    [option('exclude'), exclude],
  ] as const) {
    const odd = ids?.find((id) => !known.includes(id))
    if (odd === undefined) continue
    throw new SessionizeError('usage', `${flag}: no rule \`${odd}\`.${didYouMean(odd, known)}`, {
      hint: 'See them all: sessionize check --list',
    })
  }
  return (id) => (select?.includes(id) ?? true) && exclude?.includes(id) !== true
}
