/** What a config file may hold. Keys of options are the long flags without their dashes. */
import * as v from 'valibot'
import { flagOf } from '../../errors/option.js'
import { type ConfigSection, SPECS, type Takes } from '../../library/option-table.js'
import type { FlagValue } from './configured.js'

const text = v.pipe(v.string(), v.minLength(1, 'must not be empty'))
/** One, or a list of them. */
const texts = v.union(
  [text, v.pipe(v.array(text), v.minLength(1, 'must not be empty'))],
  'must be a text or a list of texts',
)
const amount = v.pipe(v.number('must be a number'), v.minValue(0, 'must be at least 0'))
const threshold = v.nullable(amount)

const yesOrNo = v.boolean('must be true or false')
const whole = v.pipe(v.number('must be a whole number'), v.integer('must be a whole number'))

/** What may stand in the file for what an option takes. */
const KINDS: Partial<Record<Takes, v.GenericSchema<unknown, FlagValue>>> = {
  names: texts,
  gathered: texts,
  gatheredNames: texts,
  switch: yesOrNo,
  unless: yesOrNo,
  whole,
  count: v.union([whole, text], 'must be a whole number, or a text such as 10k'),
  textOrTrue: v.union([v.literal(true), text], 'must be true or the name of a time zone'),
}

/** The keys of each section: the flags of options that can stand there, without their dashes. */
export const SECTIONS: Readonly<
  Record<ConfigSection, Readonly<Record<string, v.GenericSchema<unknown, FlagValue>>>>
> = {
  input: keysOf('input'),
  sessions: keysOf('sessions'),
  segments: keysOf('segments'),
  resources: keysOf('resources'),
}

function keysOf(section: ConfigSection): Record<string, v.GenericSchema<unknown, FlagValue>> {
  return Object.fromEntries(
    [...SPECS].flatMap(([name, { config, takes, choices }]) => {
      if (config !== section) return []
      const schema =
        choices === undefined
          ? (KINDS[takes] ?? text)
          : v.picklist(choices, `must be ${listOf(choices)}`)
      return [[flagOf(name).slice(2), schema]]
    }),
  )
}

function listOf(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

const optionalAll = <T extends v.ObjectEntries>(entries: T) => v.partial(v.strictObject(entries))

const setting = v.union(
  [
    // Readers of YAML 1.1 take `off` for false; here both mean it.
    v.literal('off'),
    v.literal(false),
    v.partial(
      v.strictObject({ warn: threshold, error: threshold, tolerance: v.union([text, amount]) }),
    ),
  ],
  'must be `off`, or thresholds such as {warn: 0.05, error: 0.5}',
)

const ownRule = v.strictObject({
  id: v.pipe(
    text,
    v.regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'must be small letters, digits and hyphens'),
  ),
  meaning: v.optional(text),
  sql: text,
  min: v.optional(v.number('must be a number')),
  max: v.optional(v.number('must be a number')),
  severity: v.optional(v.picklist(['warn', 'error'], 'must be warn or error')),
})

/** A section of which all is commented out is null in YAML. */
export const CONFIG = v.strictObject({
  input: v.nullish(optionalAll(SECTIONS.input)),
  sessions: v.nullish(optionalAll(SECTIONS.sessions)),
  segments: v.nullish(optionalAll(SECTIONS.segments)),
  resources: v.nullish(optionalAll(SECTIONS.resources)),
  checks: v.nullish(
    v.strictObject({
      select: v.optional(texts),
      exclude: v.optional(texts),
      'fail-on': v.optional(v.picklist(['warn', 'error'], 'must be warn or error')),
      baseline: v.optional(text),
      rules: v.nullish(v.record(v.string(), setting)),
      own: v.nullish(v.array(ownRule)),
    }),
  ),
  presets: v.nullish(v.array(v.unknown())),
})

export type ConfigContent = v.InferOutput<typeof CONFIG>
export type OwnRuleContent = v.InferOutput<typeof ownRule>
export type SettingContent = v.InferOutput<typeof setting>
