import { analyseGap, type GapAnswer } from '../analysis/gap/gap.js'
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { type Asked, ask, type Inputs, read } from './ask.js'
import { buildOf } from './segments.js'

/** Options of `gap`; `by` is one property, whose values are also fitted apart. */
export type GapOptions = Asked<'gap'>

/** What depends on the timeout, and which one the data suggest: `sessionize gap`. */
export async function gap(inputs: Inputs, options: GapOptions = {}): Promise<GapAnswer> {
  const asked = read('gap', options)
  const { gaps, by: properties = [] } = asked.options
  const [by, ...more] = properties
  if (more.length > 0) {
    throw new SessionizeError('usage', `${option('by')} of gap takes one column.`, {
      hint: `Ask once for each: ${option('by', by ?? '')}`,
    })
  }
  return ask(inputs, asked, { properties }, ({ engine, events }) =>
    analyseGap(engine, events, { ...buildOf(asked), ...omitUndefined({ gapsMicros: gaps, by }) }),
  )
}
