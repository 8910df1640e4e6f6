/** Clocks: times that cannot be, devices that are wrong, and events that come late. */

import { raw, sql } from '../../sql/sql.js'
import { YEAR_ONE_MICROS } from '../../units/instant.js'
import { MICROS_PER_DAY, MICROS_PER_SECOND } from '../../units/time.js'
import { tolerant } from '../rule.js'
import { type Scene, shownTime } from '../scene.js'
import { eventShare, shownSeconds } from './shapes.js'

export const preEpochTime = eventShare(
  {
    id: 'pre-epoch-time',
    meaning: 'events dated 1 January 1970 or before',
    warn: 0,
    error: 0.001,
    hint: 'A time of 0, or seconds taken for milliseconds: see --time-format.',
  },
  () => sql`t < ${YEAR_ONE_MICROS + BigInt(MICROS_PER_DAY)}`,
)

export const futureTime = tolerant({ unit: 'time', amount: MICROS_PER_DAY }, (ahead, shown) =>
  eventShare(
    {
      id: 'future-time',
      meaning: `events dated more than ${shown} after now`,
      warn: 0,
      error: 0.001,
      hint: 'Devices with a wrong clock: use the time that the server corrected or received.',
    },
    ({ nowMicros }) => sql`t > ${nowMicros + BigInt(ahead)}`,
  ),
)

const skewTimes = ({
  times,
}: Scene):
  | { sent: NonNullable<typeof times.sent>; arrived: NonNullable<typeof times.arrived> }
  | undefined =>
  times.sent === undefined || times.arrived === undefined
    ? undefined
    : { sent: times.sent, arrived: times.arrived }

const off = (scene: Scene) => {
  const times = skewTimes(scene)
  return times === undefined ? raw('NULL') : sql`${times.arrived} - ${times.sent}`
}

/** Amplitude corrects a clock that is off by more than a minute; the way there takes time too. */
export const clockSkew = tolerant(
  { unit: 'time', amount: 300 * MICROS_PER_SECOND },
  (skew, shown) =>
    eventShare(
      {
        id: 'clock-skew',
        meaning: `events sent by a clock more than ${shown} off the server's`,
        warn: 0.02,
        error: 0.2,
        hint: "Take the server's or the corrected time, or lengths will mix two clocks.",
        absent: (scene) =>
          skewTimes(scene) === undefined
            ? 'the export does not have both the time of sending and that of arrival'
            : undefined,
      },
      (scene) => sql`abs(${off(scene)}) > ${skew}`,
      {
        among: (scene) => sql`${off(scene)} IS NOT NULL`,
        show: (scene) => [sql`${shownSeconds(off(scene))} AS behind`],
      },
    ),
)

const delay = ({ times: { arrived } }: Scene) =>
  arrived === undefined ? raw('NULL') : sql`${arrived} - t`

export const lateEvents = tolerant({ unit: 'time', amount: MICROS_PER_DAY }, (late, shown) =>
  eventShare(
    {
      id: 'late-events',
      meaning: `events that arrived more than ${shown} after they happened`,
      warn: 0.02,
      error: 0.2,
      hint: 'A daily job that reads only new files will split their sessions: look back further.',
      absent: ({ times }) =>
        times.arrived === undefined ? 'the export has no time of arrival' : undefined,
    },
    (scene) => sql`${delay(scene)} > ${late}`,
    {
      among: (scene) => sql`${delay(scene)} IS NOT NULL`,
      show: ({ times: { arrived } }) =>
        arrived === undefined ? [] : [sql`${shownTime(arrived)} AS arrived`],
    },
  ),
)
