import { segmentProperties } from '../analysis/segment-key.js'
import { summarize } from '../analysis/summarize.js'
import type { Summary } from '../analysis/summary.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { type Asked, ask, type Inputs, read, type Within } from './ask.js'
import { segmentsOf } from './segments.js'

/** Options of `summary`. */
export type SummaryOptions = Asked<'summary'>

export async function summary(
  inputs: Inputs,
  options: SummaryOptions & Within = {},
): Promise<Summary> {
  const asked = read('summary', options)
  const segments = segmentsOf(asked)
  const { top, having, bins, detail, quantiles } = asked.options
  const properties = segmentProperties(segments.by)
  const columns = { dimensions: properties }
  return ask(inputs, asked, { properties, columns }, ({ engine, events }) =>
    summarize(engine, events, {
      ...segments,
      ...omitUndefined({ top, having, bins, detail, quantiles }),
    }),
  )
}
