/** The session definition that options say. */
import { SessionizeError } from '../errors/errors.js'
import { option } from '../errors/option.js'
import { didYouMean } from '../errors/suggest.js'
import { DEFAULT_DEFINITION, type GapRule, type SessionDefinition } from '../sessions/definition.js'
import { NAMED_DEFINITIONS } from '../sessions/definitions.js'
import { assertDefinition } from '../sessions/validity.js'
import { parseDuration } from '../units/duration.js'
import { omitUndefined } from '../units/omit-undefined.js'
import type { ReadOptions } from './options.js'

/**
 * Rules of their own stand in for those of a definition that is named.
 *
 * @throws SessionizeError `usage` or `bad_definition`
 */
export function readDefinition(options: ReadOptions<'init'>): SessionDefinition {
  const base = baseDefinition(options.definition)
  const gaps = (options.gap ?? []).map(parseGap)
  const plain = gaps.filter((gap) => typeof gap === 'number')
  const rules = gaps.filter((gap) => typeof gap !== 'number')
  const definition: SessionDefinition = {
    ...base,
    gapMicros: plain.at(-1) ?? base.gapMicros,
    ...omitUndefined({
      boundary: options.boundary,
      gaps: rules.length === 0 ? undefined : rules,
      maxLengthMicros: options.maxLength,
      maxEvents: options.maxEvents,
      midnightZone: options.cutAtMidnight === true ? 'UTC' : options.cutAtMidnight,
      cutOn: options.cutOn,
      startEvents: options.startEvent,
      endEvents: options.endEvent,
      ignoreEvents: options.ignoreEvent,
      passiveEvents: options.passiveEvent,
      recorded: options.byRecorded,
    }),
  }
  assertDefinition(definition)
  return definition
}

function baseDefinition(said: ReadOptions<'init'>['definition']): SessionDefinition {
  if (typeof said !== 'string') return { ...DEFAULT_DEFINITION, ...said }
  const found = NAMED_DEFINITIONS.find(({ name }) => name === said)
  if (found !== undefined) return found.definition
  const all = NAMED_DEFINITIONS.map(({ name }) => name)
  throw new SessionizeError('usage', `No definition \`${said}\`.${didYouMean(said, all)}`, {
    hint: `Definitions: ${all.join(', ')}.`,
  })
}

/** `30m`, or `platform=iOS:5m` for events whose platform is iOS. */
function parseGap(text: string): number | GapRule {
  const rule = /^([^=]+)=(.*):([^:]+)$/.exec(text)
  if (rule === null) return parseDuration(text, option('gap'))
  const [, property = '', value = '', gap = ''] = rule
  return { property, value, gapMicros: parseDuration(gap, option('gap')) }
}
