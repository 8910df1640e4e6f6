import { segmentProperties } from '../analysis/segment-key.js'
import { summarize } from '../analysis/summarize.js'
import type { Summary } from '../analysis/summary.js'
import { given } from '../given.js'
import { stateColumns } from '../state/spec.js'
import { type Asked, ask, type Inputs, read } from './ask.js'
import { segmentsOf } from './segments.js'

/** Options of `summary`. */
export type SummaryOptions = Asked<'summary'>

/**
 * Sessions, users, bounces and lengths, over all and per segment: `sessionize FILE`.
 *
 * @throws SessionizeError as all of these functions: a missing or damaged input, a column that is not
 * there, a definition or an option that makes no sense, a lack of memory or disk
 */
export async function summary(inputs: Inputs, options: SummaryOptions = {}): Promise<Summary> {
  const asked = read('summary', options)
  const segments = segmentsOf(asked)
  const { top, having, bins, detail, quantiles } = asked.options
  const properties = segmentProperties(segments.by)
  const state = stateColumns({ dimensions: properties })
  return ask(inputs, asked, { properties, state, ofSessions: true }, ({ engine, events }) =>
    summarize(engine, events, {
      ...segments,
      ...given({ top, having, bins, detail, quantiles }),
    }),
  )
}
