import { withSources } from '../events/dataset.js'
import { type Inspection, inspect as inspectSources } from '../events/inspect.js'
import { DEFAULT_DEFINITION } from '../sessions/definition.js'
import { type Asked, type Inputs, inputList, readingOf, SURROUNDINGS } from './ask.js'
import { readOptions } from './options.js'

/** Options of `inspect`. */
export type InspectOptions = Asked<'inspect'>

/** Formats, preset, columns and mapping, with reasons: `sessionize inspect`. */
export async function inspect(inputs: Inputs, options: InspectOptions = {}): Promise<Inspection> {
  const reading = readingOf(
    readOptions('inspect', options, SURROUNDINGS),
    DEFAULT_DEFINITION,
    options,
  )
  return withSources(inputList(inputs), reading, ({ engine, sources }) =>
    inspectSources(engine, sources, reading),
  )
}
