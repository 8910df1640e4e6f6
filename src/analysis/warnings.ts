/** What a reader should know before trusting a figure, each with what to do about it. */
import type { Identity } from '../events/identity.js'
import { rejectedTotal } from '../events/ledger.js'
import { outOfSessionAdvice } from '../events/left-out.js'
import type { ClockSkew } from '../events/skew.js'
import type { Events } from '../sessions/dataset.js'
import type { SessionDefinition } from '../sessions/definition.js'
import { formatDuration } from '../units/duration.js'
import { MICROS_PER_HOUR } from '../units/time.js'
import type { Figures } from './figures.js'
import type { Warning } from './summary.js'

/** Below this many sessions a share says little. */
const FEW_SESSIONS = 20
const MANY_REJECTS = 0.01
const MANY_BOUNCES = 0.7
const MANY_AT_EDGES = 0.2
/** No visit is expected to pause this long. */
const LONG_GAP_MICROS = 12 * MICROS_PER_HOUR
const MUCH_SKEW = 0.05

export function warningsOf(
  events: Events,
  definition: SessionDefinition,
  overall: Figures,
): Warning[] {
  const { ledger, mapping, clockSkew, stitched, merged } = events
  const user = mapping.user.join(',')
  const rejected = rejectedTotal(ledger)
  const edges = overall.startCensored + overall.endCensored
  const enough = overall.sessions >= FEW_SESSIONS
  const nearlyOneEach = (overall.eventsPerSession ?? Number.POSITIVE_INFINITY) < 1.05
  return [
    ...mapping.doubts.map((message) => ({ id: 'mapping_doubt', message })),
    ...(clockSkew === null ? [] : [skewWarning(clockSkew)]),
    ...(stitched === null ? [] : [identityWarning('stitched', '--stitch', stitched)]),
    ...(merged === null ? [] : [identityWarning('merged_ids', '--merged-ids', merged)]),
    ...when(ledger.read > 0 && rejected / ledger.read >= MANY_REJECTS, {
      id: 'many_rejects',
      message: `${percent(rejected / ledger.read)} of the rows were rejected.`,
      hint: 'See them with --rejects rejects.csv.',
    }),
    ...when(ledger.outOfSession > ledger.read / 2, {
      id: 'many_out_of_session',
      message: `${percent(ledger.outOfSession / ledger.read)} of the rows are marked as outside any session.`,
      hint: outOfSessionAdvice(mapping),
    }),
    ...when(definition.gapMicros >= LONG_GAP_MICROS, {
      id: 'long_gap',
      message: `A timeout of ${formatDuration(definition.gapMicros)} joins visits of different times of the day, and counts the time away as time spent.`,
      hint: 'See what it hides: sessionize gap FILE',
    }),
    ...when(enough && nearlyOneEach, {
      id: 'nearly_all_bounces',
      message: 'Nearly every session is a single event.',
      hint: `Check that --user (${user}) is a user id and not an event or session id, or try a longer --gap.`,
    }),
    ...when(enough && !nearlyOneEach && (overall.bounceShare ?? 0) > MANY_BOUNCES, {
      id: 'many_bounces',
      message: `${percent(overall.bounceShare ?? 0)} of the sessions have one event, so their length is 0 by definition.`,
      hint: 'Read the row without bounces, or leave background events out with --ignore-event.',
    }),
    ...when(enough && edges / overall.sessions > MANY_AT_EDGES, {
      id: 'edges',
      message:
        'More than a fifth of the sessions touch the edge of the data: their true length is unknown.',
      hint: 'Export a longer period, or use a shorter --gap.',
    }),
  ]
}

const when = (applies: boolean, warning: Warning): Warning[] => (applies ? [warning] : [])

function skewWarning({
  client,
  server,
  medianSeconds,
  p95Seconds,
  overMinuteShare,
}: ClockSkew): Warning {
  return {
    id: 'clock_skew',
    message: `Clocks: ${server} is ${medianSeconds.toFixed(1)} s after ${client} in the median, 95% differ by at most ${p95Seconds.toFixed(1)} s, ${percent(overMinuteShare)} of the events by more than a minute.`,
    ...(overMinuteShare > MUCH_SKEW
      ? {
          hint: 'Take the corrected time with --clock corrected, or the server time with --clock server.',
        }
      : {}),
  }
}

function identityWarning(id: string, flag: string, identity: Identity): Warning {
  const { usersBefore, usersAfter, largest, nullLikeRows } = identity
  const [first] = largest
  const largestOne =
    first === undefined
      ? ''
      : ` The largest has ${first.ids} ids: ${[first.user, ...first.examples.filter((one) => one !== first.user)].slice(0, 4).join(', ')}.`
  const nullLike =
    nullLikeRows === 0 ? '' : ` Values that are no ids stood in ${nullLikeRows} rows.`
  return {
    id,
    message: `${flag} made ${usersAfter} users of ${usersBefore}.${largestOne}${nullLike}`,
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`
