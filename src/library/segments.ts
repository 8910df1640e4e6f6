import type { SegmentOptions } from '../analysis/segmented-sessions.js'
import type { BuildOptions } from '../sessions/request.js'
import { omitUndefined } from '../units/omit-undefined.js'
import type { Read } from './ask.js'
import type { ReadOptions } from './options.js'

/** How sessions are built. */
export const buildOf = ({
  definition,
  options,
}: Pick<Read<'events'>, 'definition'> & {
  readonly options: Pick<ReadOptions<'events'>, 'plan'>
}) => ({
  definition,
  ...omitUndefined({ plan: options.plan }),
})

/** What answers in segments are asked with. */
export const segmentsOf = (
  asked: Read<'summary'> | Read<'compare'> | Read<'trend'> | Read<'report'>,
): SegmentOptions => ({
  ...buildOf(asked),
  by: asked.options.by ?? [],
  ...omitUndefined({ reportTimeZone: asked.options.reportTimezone }),
})

/** Everything that the session table can hold. */
export const tableOf = (
  asked: Pick<Read<'sessions'>, 'definition'> & {
    readonly options: Pick<
      ReadOptions<'sessions'>,
      'plan' | 'by' | 'property' | 'sum' | 'count' | 'converted'
    >
  },
): BuildOptions => ({
  ...buildOf(asked),
  dimensions: asked.options.by ?? [],
  properties: asked.options.property ?? [],
  sums: asked.options.sum ?? [],
  counts: asked.options.count ?? [],
  conversions: asked.options.converted ?? [],
})
