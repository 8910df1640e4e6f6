/** What commander makes of the options that commands share, and what the library makes of that. */
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import type { ClockChoice } from '../events/clock-choice.js'
import type { DatasetOptions, Resources } from '../events/dataset.js'
import type { Preset } from '../events/presets/preset.js'
import { given } from '../given.js'
import {
  DEFAULT_DEFINITION,
  type GapRule,
  ruleProperties,
  type SessionDefinition,
} from '../sessions/definition.js'
import { NAMED_DEFINITIONS } from '../sessions/definitions.js'
import { parseDuration } from '../sessions/duration.js'
import type { BlockPlan } from '../sessions/plan.js'
import { assertDefinition } from '../sessions/validity.js'
import type { EngineFlags } from './engine.js'
import type { Terminal } from './terminal.js'
import type { WrittenFlags } from './written.js'

/** As commander gives them. */
export interface SharedFlags extends EngineFlags, WrittenFlags {
  /** Of the config file. */
  readonly presets?: readonly Preset[]
  readonly preset?: string
  readonly user?: string[]
  readonly time?: string
  readonly timeFormat?: string
  readonly timezone?: string
  readonly event?: string
  readonly session?: string
  readonly dedupe?: string[]
  readonly clock?: ClockChoice
  readonly stitch?: boolean
  readonly stitchLimit?: number
  readonly mergedIds?: boolean
  readonly strict?: boolean
  readonly rejects?: string
  readonly where?: string
  readonly from?: string
  readonly to?: string
  readonly definition?: string
  readonly gap?: string[]
  readonly maxLength?: string
  readonly maxEvents?: number
  readonly cutAtMidnight?: string | true
  readonly cutOn?: string[]
  readonly startEvent?: string[]
  readonly endEvent?: string[]
  readonly ignoreEvent?: string[]
  readonly passiveEvent?: string[]
  readonly byRecorded?: boolean
  readonly boundary?: 'after' | 'at'
  readonly by?: string[]
  readonly property?: string[]
  readonly sum?: string[]
  readonly count?: string[]
  readonly converted?: string[]
  readonly reportTimezone?: string
  readonly threads?: number
  readonly memory?: string
  readonly tempDir?: string
  readonly plan?: BlockPlan
}

export interface OutputFlags {
  readonly output?: string
  readonly color?: boolean
}

/** What answers in segments are asked with. */
export const readSegments = (flags: SharedFlags) => ({
  ...readBuild(flags),
  by: flags.by ?? [],
  ...given({ reportTimeZone: flags.reportTimezone }),
})

/** How sessions are built. */
export const readBuild = (flags: SharedFlags) => ({
  definition: readDefinition(flags),
  ...given({ plan: flags.plan }),
})

/** The same with everything that the session table can hold. */
export const readTable = (flags: SharedFlags) => ({
  ...readBuild(flags),
  dimensions: flags.by ?? [],
  properties: flags.property ?? [],
  sums: flags.sum ?? [],
  counts: flags.count ?? [],
  conversions: flags.converted ?? [],
})

/** @throws SessionizeError `usage` or `bad_definition` */
export function readDefinition(flags: SharedFlags): SessionDefinition {
  const base = namedDefinition(flags.definition)
  const gaps = (flags.gap ?? []).map(parseGap)
  const plain = gaps.filter((gap) => typeof gap === 'number')
  const rules = gaps.filter((gap) => typeof gap !== 'number')
  const definition: SessionDefinition = {
    ...base,
    gapMicros: plain.at(-1) ?? base.gapMicros,
    ...given({
      boundary: flags.boundary,
      gaps: rules.length === 0 ? undefined : rules,
      maxLengthMicros:
        flags.maxLength === undefined ? undefined : parseDuration(flags.maxLength, '--max-length'),
      maxEvents: flags.maxEvents,
      midnightZone: flags.cutAtMidnight === true ? 'UTC' : flags.cutAtMidnight,
      cutOn: flags.cutOn,
      startEvents: flags.startEvent,
      endEvents: flags.endEvent,
      ignoreEvents: flags.ignoreEvent,
      passiveEvents: flags.passiveEvent,
      recorded: flags.byRecorded,
    }),
  }
  assertDefinition(definition)
  return definition
}

function namedDefinition(name: string | undefined): SessionDefinition {
  if (name === undefined) return DEFAULT_DEFINITION
  const found = NAMED_DEFINITIONS.find((candidate) => candidate.name === name)
  if (found !== undefined) return found.definition
  const all = NAMED_DEFINITIONS.map((candidate) => candidate.name)
  throw new SessionizeError('usage', `No definition \`${name}\`.${didYouMean(name, all)}`, {
    hint: `Definitions: ${all.join(', ')}.`,
  })
}

/** `30m`, or `platform=iOS:5m` for events whose platform is iOS. */
function parseGap(text: string): number | GapRule {
  const rule = /^([^=]+)=(.*):([^:]+)$/.exec(text)
  if (rule === null) return parseDuration(text)
  const [, property = '', value = '', gap = ''] = rule
  return { property, value, gapMicros: parseDuration(gap) }
}

/** Which columns play which role, and how their values are read. */
export const readColumns = (flags: SharedFlags) =>
  given({
    presets: flags.presets,
    preset: flags.preset,
    user: flags.user,
    time: flags.time,
    timeFormat: flags.timeFormat,
    timeZone: flags.timezone,
    event: flags.event,
    session: flags.session,
  })

/** What may be spent. */
export const readResources = ({ threads, memory, tempDir }: SharedFlags): Resources =>
  given({ threads, memory, tempDirectory: tempDir })

/** Everything about reading the inputs; `dimensions` besides those of the session rules. */
export function readDataset(
  flags: SharedFlags,
  terminal: Terminal,
  signal: AbortSignal,
  dimensions: readonly string[],
): DatasetOptions {
  const definition = readDefinition(flags)
  return {
    stdin: terminal.stdin,
    signal,
    dimensions: [...new Set([...dimensions, ...ruleProperties(definition)])],
    namedBy: namesByFlag(flags, definition),
    ...readColumns(flags),
    ...given({
      outputs: flags.outputs,
      dedupe: flags.dedupe,
      clock: flags.clock,
      stitch: flags.stitch,
      stitchLimit: flags.stitchLimit,
      mergedIds: flags.mergedIds,
      strict: flags.strict,
      where: flags.where,
      from: flags.from,
      to: flags.to,
      ignore: definition.ignoreEvents,
      recordedOnly: definition.recorded,
    }),
    ...readResources(flags),
  }
}

/** Which flag named a property: of several, the last. */
const namesByFlag = (
  { by = [], property = [], sum = [], cutOn = [] }: SharedFlags,
  { gaps = [] }: SessionDefinition,
): ReadonlyMap<string, string> =>
  new Map([
    ...by.flatMap((key): [string, string][] => [
      [key, '--by'],
      [key.replace(/:[a-z]+$/, ''), '--by'],
    ]),
    ...property.map((name): [string, string] => [name, '--property']),
    ...sum.map((name): [string, string] => [name, '--sum']),
    ...cutOn.map((name): [string, string] => [name, '--cut-on']),
    ...gaps.map((rule): [string, string] => [rule.property, '--gap']),
  ])
