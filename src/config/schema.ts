/** What a config file may hold. Keys of options are the long flags without their dashes. */
import * as v from 'valibot'

const text = v.pipe(v.string(), v.minLength(1, 'must not be empty'))
/** One, or a list of them. */
const texts = v.union(
  [text, v.pipe(v.array(text), v.minLength(1, 'must not be empty'))],
  'must be a text or a list of texts',
)
const amount = v.pipe(v.number('must be a number'), v.minValue(0, 'must be at least 0'))
const threshold = v.nullable(amount)

export const INPUT_KEYS = {
  preset: text,
  user: texts,
  time: text,
  'time-format': text,
  timezone: text,
  clock: text,
  event: text,
  session: text,
  dedupe: texts,
  stitch: v.boolean('must be true or false'),
  'stitch-limit': v.pipe(v.number('must be a whole number'), v.integer('must be a whole number')),
  'merged-ids': v.boolean('must be true or false'),
  where: text,
  from: text,
  to: text,
  strict: v.boolean('must be true or false'),
} as const

export const SESSION_KEYS = {
  definition: text,
  gap: texts,
  boundary: v.picklist(['after', 'at'], 'must be after or at'),
  'max-length': text,
  'max-events': v.pipe(v.number('must be a whole number'), v.integer('must be a whole number')),
  'cut-at-midnight': v.union([v.literal(true), text], 'must be true or the name of a time zone'),
  'cut-on': texts,
  'start-event': texts,
  'end-event': texts,
  'ignore-event': texts,
  'passive-event': texts,
  'by-recorded': v.boolean('must be true or false'),
} as const

export const SEGMENT_KEYS = {
  by: texts,
  'report-timezone': text,
} as const

export const RESOURCE_KEYS = {
  threads: v.pipe(v.number('must be a whole number'), v.integer('must be a whole number')),
  memory: text,
  'temp-dir': text,
} as const

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
  input: v.nullish(optionalAll(INPUT_KEYS)),
  sessions: v.nullish(optionalAll(SESSION_KEYS)),
  segments: v.nullish(optionalAll(SEGMENT_KEYS)),
  resources: v.nullish(optionalAll(RESOURCE_KEYS)),
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
