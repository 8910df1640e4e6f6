import { segmentProperties } from '../analysis/segment-key.js'
import { trend as analyseTrend, type Trend } from '../analysis/trend.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { type Asked, ask, type Inputs, read } from './ask.js'
import { segmentsOf } from './segments.js'

/** Options of `trend`. */
export type TrendOptions = Asked<'trend'>

/** Sessions per hour, day, week, month or hour of the week: `sessionize trend`. */
export async function trend(inputs: Inputs, options: TrendOptions = {}): Promise<Trend> {
  const asked = read('trend', options)
  const segments = segmentsOf(asked)
  const { per = 'day', attribute } = asked.options
  const properties = segmentProperties(segments.by)
  return ask(
    inputs,
    asked,
    { properties, columns: { dimensions: properties } },
    ({ engine, events }) =>
      analyseTrend(engine, events, { ...segments, per, ...omitUndefined({ attribute }) }),
  )
}
