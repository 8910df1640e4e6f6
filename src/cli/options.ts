/**
 * The options that commands share: added to a command's help in groups, and read back as the
 * library's values.
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { CLOCK_CHOICES, type ClockChoice } from '../events/clock-choice.js'
import type { DatasetOptions } from '../events/dataset.js'
import type { Preset } from '../events/presets/preset.js'
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
import type { Terminal } from './terminal.js'

/** As commander gives them. */
export interface SharedFlags {
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
  readonly reportTimezone?: string
  readonly threads?: number
  readonly memory?: string
  readonly tempDir?: string
  readonly plan?: BlockPlan
}

export const names = (value: string): string[] => [
  ...new Set(
    value
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
]

export const positive = (value: string): number => {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.')
  return number
}

const size = (value: string): string => {
  if (!/^\d+(\.\d+)?\s*([KMGT]i?B|B)$/i.test(value))
    throw new InvalidArgumentError('Write it as 512MB or 4GB.')
  return value
}

/** @param where the flag of the condition on events, where `--where` means something else. */
export function inputOptions(command: Command, where = '--where'): Command {
  return mappingOptions(command, where)
    .option('--strict', 'fail when any row is rejected')
    .option(
      '--rejects <file>',
      'write rejected rows with file, row and reason (csv, ndjson, parquet)',
    )
}

/** How rows are found and read, for commands that do not answer for every one of them. */
export function mappingOptions(command: Command, where = '--where'): Command {
  return command
    .optionsGroup('Input:')
    .option('--preset <name>', "read as this vendor's export (default: detected)")
    .option(
      '--user <columns>',
      'column or path of the user; of several, the first that is filled',
      names,
    )
    .option('--time <column>', 'column or path of the time')
    .option('--time-format <format>', "s, ms, us, ns, iso, or a pattern such as '%d.%m.%Y %H:%M'")
    .option('--timezone <zone>', 'zone of times that name none (default: UTC)')
    .option('--event <column>', 'column or path of the event name')
    .option('--session <column>', "column or path of the vendor's own session id")
    .option(
      '--dedupe <columns>',
      "rows alike in these are one event; `insert_id` is the preset's, `exact` all columns, `none` keeps all (default: the preset's key)",
      names,
    )
    .addOption(
      new Option(
        '--clock <clock>',
        "which of an event's times counts; `corrected` is the device's, set right by the server's",
      ).choices(CLOCK_CHOICES),
    )
    .option('--stitch', 'ids that stand in one row are one user, across all rows')
    .addOption(
      new Option(
        '--stitch-limit <n>',
        'refuse to make one user of more ids (default: 1000)',
      ).argParser(positive),
    )
    .option('--merged-ids', "apply the export's files of users that Amplitude merged")
    .option(`${where} <condition>`, 'only events that meet this SQL condition on their columns')
    .option('--from <time>', 'only events at or after this time')
    .option('--to <time>', 'only events before this time')
}

const collect = (value: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  value,
]

const collectNames = (value: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  ...names(value),
]

export function definitionOptions(command: Command): Command {
  return command
    .optionsGroup('Sessions:')
    .option(
      '--definition <name>',
      `a vendor's rules to start from: ${NAMED_DEFINITIONS.map(({ name }) => name).join(', ')}`,
    )
    .addOption(
      new Option(
        '--gap <time>',
        'inactivity that ends a session: 30m, 90s, PT30M, or milliseconds; again as platform=iOS:5m for events with that value (default: 30m)',
      )
        .argParser(collect)
        .env('SESSIONIZE_GAP'),
    )
    .addOption(
      new Option(
        '--boundary <rule>',
        'a gap of exactly the timeout: `after` continues, `at` ends the session (default: after)',
      ).choices(['after', 'at']),
    )
    .option('--max-length <time>', 'an event later than this after the start opens a session')
    .addOption(
      new Option('--max-events <n>', 'a session of so many events takes no more').argParser(
        positive,
      ),
    )
    .option('--cut-at-midnight [zone]', 'a new local day opens a session (default zone: UTC)')
    .option('--cut-on <columns>', 'a changed value of these opens a session', collectNames)
    .option(
      '--start-event <names>',
      'events that open a session; `*` stands for anything',
      collectNames,
    )
    .option('--end-event <names>', 'events that close their session', collectNames)
    .option('--ignore-event <names>', 'events left out of everything', collectNames)
    .option(
      '--passive-event <names>',
      'events counted in an open session that never open one or keep it alive',
      collectNames,
    )
    .option('--by-recorded', "group by the export's own session id instead")
    .addOption(new Option('--plan <plan>').choices(['blocks', 'events']).hideHelp())
}

export function dimensionOptions(command: Command): Command {
  return command.option(
    '--by <columns>',
    'the same per value of these: first filled value in the session',
    names,
  )
}

const BY_HELP =
  'per value of these: a column (first filled value in the session; column:last, column:mode, column:user for others), @hour, @weekday, @day, @week, @month, @length, @visitor'

/** `--by` with everything that answers can be grouped by. */
export function segmentOptions(command: Command): Command {
  return command
    .option('--by <keys>', BY_HELP, names)
    .option('--report-timezone <zone>', 'zone of hours, days, weeks and months (default: UTC)')
}

/** The library's options of segments. */
export const readSegments = (
  flags: SharedFlags,
): {
  definition: SessionDefinition
  by: readonly string[]
  reportTimeZone?: string
  plan?: BlockPlan
} => ({
  definition: readDefinition(flags),
  by: flags.by ?? [],
  ...planOf(flags),
  ...(flags.reportTimezone === undefined ? {} : { reportTimeZone: flags.reportTimezone }),
})

/** Shares from 0 to 1: `0.1,0.5,0.99`. */
export const shares = (value: string): number[] =>
  names(value).map((name) => {
    const share = Number(name)
    if (!(share >= 0 && share <= 1))
      throw new InvalidArgumentError('Write shares from 0 to 1: 0.1,0.5,0.99.')
    return share
  })

export interface OutputFlags {
  readonly output?: string
  readonly color?: boolean
}

/** The first format is the default. */
export function outputOptions(command: Command, formats: readonly string[]): Command {
  if (formats.includes('csv')) {
    command
      .optionsGroup('Output:')
      .option('--safe-csv', 'CSV for a spreadsheet: cells that it would run as formulas are text')
  }
  return command
    .optionsGroup('Output:')
    .addOption(
      new Option('--format <format>', 'how to write it (default: as the file is named)').choices(
        formats,
      ),
    )
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option('--no-color', 'plain text')
}

export function resourceOptions(command: Command): Command {
  return command
    .optionsGroup('Resources:')
    .addOption(
      new Option('--threads <n>', 'threads (default: all cores)')
        .argParser(positive)
        .env('SESSIONIZE_THREADS'),
    )
    .addOption(
      new Option('--memory <size>', 'memory limit, as 512MB or 4GB')
        .argParser(size)
        .env('SESSIONIZE_MEMORY'),
    )
    .addOption(
      new Option('--temp-dir <folder>', 'where larger-than-memory work goes').env(
        'SESSIONIZE_TEMP_DIR',
      ),
    )
}

/** @throws SessionizeError `usage` or `bad_definition` */
export function readDefinition(flags: SharedFlags): SessionDefinition {
  const base = namedDefinition(flags.definition)
  const gaps = (flags.gap ?? []).map(parseGap)
  const plain = gaps.filter((gap) => typeof gap === 'number')
  const rules = gaps.filter((gap) => typeof gap !== 'number')
  const definition: SessionDefinition = {
    ...base,
    gapMicros: plain.at(-1) ?? base.gapMicros,
    ...(flags.boundary === undefined ? {} : { boundary: flags.boundary }),
    ...(rules.length === 0 ? {} : { gaps: rules }),
    ...(flags.maxLength === undefined
      ? {}
      : { maxLengthMicros: parseDuration(flags.maxLength, '--max-length') }),
    ...(flags.maxEvents === undefined ? {} : { maxEvents: flags.maxEvents }),
    ...(flags.cutAtMidnight === undefined
      ? {}
      : { midnightZone: flags.cutAtMidnight === true ? 'UTC' : flags.cutAtMidnight }),
    ...(flags.cutOn === undefined ? {} : { cutOn: flags.cutOn }),
    ...(flags.startEvent === undefined ? {} : { startEvents: flags.startEvent }),
    ...(flags.endEvent === undefined ? {} : { endEvents: flags.endEvent }),
    ...(flags.ignoreEvent === undefined ? {} : { ignoreEvents: flags.ignoreEvent }),
    ...(flags.passiveEvent === undefined ? {} : { passiveEvents: flags.passiveEvent }),
    ...(flags.byRecorded === undefined ? {} : { recorded: flags.byRecorded }),
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

/** Only what was said: an absent flag leaves the library's default. */
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
    ...(flags.presets === undefined ? {} : { presets: flags.presets }),
    ...(flags.preset === undefined ? {} : { preset: flags.preset }),
    ...(flags.user === undefined ? {} : { user: flags.user }),
    ...(flags.time === undefined ? {} : { time: flags.time }),
    ...(flags.timeFormat === undefined ? {} : { timeFormat: flags.timeFormat }),
    ...(flags.timezone === undefined ? {} : { timeZone: flags.timezone }),
    ...(flags.event === undefined ? {} : { event: flags.event }),
    ...(flags.session === undefined ? {} : { session: flags.session }),
    ...(flags.dedupe === undefined ? {} : { dedupe: flags.dedupe }),
    ...(flags.clock === undefined ? {} : { clock: flags.clock }),
    ...(flags.stitch === undefined ? {} : { stitch: flags.stitch }),
    ...(flags.stitchLimit === undefined ? {} : { stitchLimit: flags.stitchLimit }),
    ...(flags.mergedIds === undefined ? {} : { mergedIds: flags.mergedIds }),
    ...(flags.strict === undefined ? {} : { strict: flags.strict }),
    ...(flags.where === undefined ? {} : { where: flags.where }),
    ...(definition.ignoreEvents === undefined ? {} : { ignore: definition.ignoreEvents }),
    ...(definition.recorded === undefined ? {} : { recordedOnly: definition.recorded }),
    ...(flags.from === undefined ? {} : { from: flags.from }),
    ...(flags.to === undefined ? {} : { to: flags.to }),
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    ...(flags.memory === undefined ? {} : { memory: flags.memory }),
    ...(flags.tempDir === undefined ? {} : { tempDirectory: flags.tempDir }),
  }
}

export const planOf = ({ plan }: SharedFlags): { plan?: BlockPlan } =>
  plan === undefined ? {} : { plan }
