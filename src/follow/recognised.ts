/** What was recognised of a stream; fixed for the whole of it, and kept in its checkpoint. */
import * as v from 'valibot'
import { SessionizeError } from '../errors/errors.js'
import { parseTimeFormat } from '../events/clock.js'
import { EPOCH_UNITS } from '../events/epoch.js'
import type { RowPlan } from '../events/rows.js'
import type { NumberedFile, SourceGroup } from '../sources/group.js'
import { openedAt } from '../sources/unnest.js'

const COLUMN = v.strictObject({
  name: v.string(),
  type: v.string(),
  readAs: v.pipe(v.string(), v.regex(/^c\d+$/)),
})

const RECOGNISED = v.strictObject({
  format: v.picklist(['ndjson', 'csv', 'log']),
  columns: v.array(COLUMN),
  width: v.number(),
  csv: v.nullable(
    v.strictObject({
      delimiter: v.string(),
      quote: v.picklist(['"', "'", '']),
      escape: v.picklist(['"', "'", '\\', '']),
      header: v.boolean(),
      skip: v.optional(v.number(), 0),
      bareEscapes: v.optional(v.boolean(), false),
    }),
  ),
  log: v.nullable(
    v.variant('kind', [
      v.strictObject({ kind: v.picklist(['access', 'balancer', 's3']) }),
      v.strictObject({
        kind: v.literal('w3c'),
        fields: v.array(v.string()),
        separator: v.picklist([' ', '\t']),
      }),
    ]),
  ),
  /** Where in the lines the events lie, if they are not the lines themselves. */
  opened: v.nullable(v.string()),
  user: v.array(v.string()),
  time: v.string(),
  timeFormat: v.string(),
  /** The format was found from samples, and not given. */
  timeDetected: v.boolean(),
  /** What no value tells by itself. */
  timeSettings: v.optional(
    v.strictObject({
      unit: v.exactOptional(v.picklist(EPOCH_UNITS)),
      order: v.exactOptional(v.picklist(['day', 'month'])),
    }),
    {},
  ),
  timeZone: v.string(),
  event: v.nullable(v.string()),
  session: v.nullable(v.string()),
  outOfSession: v.nullable(v.string()),
  /** Texts that stand for nothing, besides the usual ones. */
  nulls: v.optional(v.array(v.string()), []),
  /** That the definition's rules look at, and the keys that they can be found under. */
  properties: v.array(v.strictObject({ name: v.string(), sources: v.array(v.string()) })),
})

/** Plain values. */
export type Recognised = v.InferOutput<typeof RECOGNISED>

/** @throws SessionizeError `input_corrupt` */
export function restored(value: unknown): Recognised {
  const read = v.safeParse(RECOGNISED, value)
  if (read.success) return read.output
  throw new SessionizeError('input_corrupt', 'The checkpoint is damaged.', {
    hint: 'Delete it to start over; the sessions are then written anew.',
  })
}

/** As what a file that holds some lines of it is read. */
export function groupOf(
  { format, columns, width, csv, log, opened }: Recognised,
  file: NumberedFile,
): SourceGroup {
  const group: SourceGroup = {
    ...{ format, columns, width },
    files: [file],
    // Line ends are all of one kind by then.
    ...(csv && { csv: { ...csv, allColumns: false, mixedLineEnds: false, evened: true } }),
    ...(log && { log }),
  }
  return (opened === null ? undefined : openedAt(group, opened)) ?? group
}

export function planOf(recognised: Recognised): RowPlan {
  const { user, event, session, outOfSession, nulls, timeZone, timeDetected, properties } =
    recognised
  const time = {
    name: recognised.time,
    formats: [parseTimeFormat(recognised.timeFormat)],
    detected: timeDetected,
    settings: recognised.timeSettings,
    ...{ wholeDays: false, unordered: false, why: '' },
  }
  return {
    mapping: {
      user,
      event,
      session,
      outOfSession,
      clock: { time },
      dedupe: [],
      exact: false,
      nulls,
    },
    timeZone,
    dimensions: properties.map((property, i) => ({ ...property, column: `d${i}` })),
    ...{ condition: undefined, fromMicros: undefined, toMicros: undefined },
    ...{ ignore: [], recordedOnly: false, ids: false, passthrough: [] },
  }
}
