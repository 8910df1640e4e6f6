/**
 * The options that commands share: added to a command's help in groups, and read back as the
 * library's values.
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { DatasetOptions } from '../events/dataset.js'
import { DEFAULT_DEFINITION, type SessionDefinition } from '../sessions/definition.js'
import { formatDuration, parseDuration } from '../sessions/duration.js'
import type { BlockPlan } from '../sessions/stages.js'
import type { Terminal } from './terminal.js'

/** As commander gives them. */
export interface SharedFlags {
  readonly preset?: string
  readonly user?: string[]
  readonly time?: string
  readonly timeFormat?: string
  readonly timezone?: string
  readonly event?: string
  readonly session?: string
  readonly dedupe?: string[]
  readonly strict?: boolean
  readonly rejects?: string
  readonly where?: string
  readonly from?: string
  readonly to?: string
  readonly gap?: string
  readonly boundary?: 'after' | 'at'
  readonly by?: string[]
  readonly threads?: number
  readonly memory?: string
  readonly tempDir?: string
  readonly plan?: BlockPlan
}

export const names = (value: string): string[] =>
  value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

const positive = (value: string): number => {
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

export function inputOptions(command: Command): Command {
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
      "rows alike in these are one event; `none` keeps all (default: the preset's key)",
      names,
    )
    .option('--where <condition>', 'only events that meet this SQL condition on their columns')
    .option('--from <time>', 'only events at or after this time')
    .option('--to <time>', 'only events before this time')
    .option('--strict', 'fail when any row is rejected')
    .option(
      '--rejects <file>',
      'write rejected rows with file, row and reason (csv, ndjson, parquet)',
    )
}

export function definitionOptions(command: Command): Command {
  return command
    .optionsGroup('Sessions:')
    .addOption(
      new Option(
        '--gap <time>',
        'inactivity that ends a session: 30m, 90s, 1h30m, PT30M, or milliseconds',
      )
        .default(formatDuration(DEFAULT_DEFINITION.gapMicros))
        .env('SESSIONIZE_GAP'),
    )
    .addOption(
      new Option(
        '--boundary <rule>',
        'a gap of exactly the timeout: `after` continues, `at` ends the session',
      )
        .choices(['after', 'at'])
        .default(DEFAULT_DEFINITION.boundary),
    )
    .addOption(new Option('--plan <plan>').choices(['blocks', 'events']).hideHelp())
}

export function dimensionOptions(command: Command): Command {
  return command.option(
    '--by <columns>',
    'the same per value of these: first filled value in the session',
    names,
  )
}

export interface OutputFlags {
  readonly output?: string
  readonly color?: boolean
}

/** The first format is the default. */
export function outputOptions(command: Command, formats: readonly string[]): Command {
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

export function readDefinition(flags: SharedFlags): SessionDefinition {
  return {
    gapMicros: flags.gap === undefined ? DEFAULT_DEFINITION.gapMicros : parseDuration(flags.gap),
    boundary: flags.boundary ?? DEFAULT_DEFINITION.boundary,
  }
}

/** Only what was said: an absent flag leaves the library's default. */
export function readDataset(
  flags: SharedFlags,
  terminal: Terminal,
  signal: AbortSignal,
  dimensions: readonly string[],
): DatasetOptions {
  return {
    stdin: terminal.stdin,
    signal,
    dimensions,
    ...(flags.preset === undefined ? {} : { preset: flags.preset }),
    ...(flags.user === undefined ? {} : { user: flags.user }),
    ...(flags.time === undefined ? {} : { time: flags.time }),
    ...(flags.timeFormat === undefined ? {} : { timeFormat: flags.timeFormat }),
    ...(flags.timezone === undefined ? {} : { timeZone: flags.timezone }),
    ...(flags.event === undefined ? {} : { event: flags.event }),
    ...(flags.session === undefined ? {} : { session: flags.session }),
    ...(flags.dedupe === undefined ? {} : { dedupe: flags.dedupe }),
    ...(flags.strict === undefined ? {} : { strict: flags.strict }),
    ...(flags.where === undefined ? {} : { where: flags.where }),
    ...(flags.from === undefined ? {} : { from: flags.from }),
    ...(flags.to === undefined ? {} : { to: flags.to }),
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    ...(flags.memory === undefined ? {} : { memory: flags.memory }),
    ...(flags.tempDir === undefined ? {} : { tempDirectory: flags.tempDir }),
  }
}

export const planOf = ({ plan }: SharedFlags): { plan?: BlockPlan } =>
  plan === undefined ? {} : { plan }
