/** The library's options: the same as the command line's, as values. */
import type { SegmentOptions } from '../analysis/segmented-sessions.js'
import type { DatasetOptions } from '../events/dataset.js'
import { given } from '../given.js'
import {
  DEFAULT_DEFINITION,
  ruleProperties,
  type SessionDefinition,
} from '../sessions/definition.js'
import { assertDefinition } from '../sessions/validity.js'

/** How input is found, mapped and filtered, and what may be spent on it. */
export type InputOptions = Omit<
  DatasetOptions,
  'dimensions' | 'namedBy' | 'optionalDimensions' | 'ignore' | 'recordedOnly' | 'carry' | 'outputs'
>

/** What a session is; everything that is not said is as in `DEFAULT_DEFINITION`. */
export interface SessionOptions extends InputOptions {
  readonly definition?: Partial<SessionDefinition>
}

/** Grouping, as `--by` takes it: `platform`, `platform:last`, `@weekday`, `@visitor`. */
export interface GroupingOptions extends SessionOptions {
  readonly by?: readonly string[]
  /** An IANA name, for calendar parts; UTC by default. */
  readonly reportTimeZone?: string
}

/** @throws SessionizeError `bad_definition` */
export function readDefinition({ definition }: SessionOptions): SessionDefinition {
  const whole = { ...DEFAULT_DEFINITION, ...definition }
  assertDefinition(whole)
  return whole
}

/** What must be read for the definition, and for the properties that a question is about. */
export function datasetOptions(
  options: SessionOptions,
  properties: readonly string[] = [],
): DatasetOptions {
  const definition = readDefinition(options)
  return {
    ...options,
    dimensions: [...new Set([...properties, ...ruleProperties(definition)])],
    ...given({ ignore: definition.ignoreEvents, recordedOnly: definition.recorded }),
  }
}

export const segmentOptions = (options: GroupingOptions): SegmentOptions => ({
  definition: readDefinition(options),
  by: options.by ?? [],
  ...given({ reportTimeZone: options.reportTimeZone }),
})
