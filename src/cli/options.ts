/** The options that commands share, in the groups in which help lists them. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { CLOCK_CHOICES } from '../events/clock-choice.js'
import { NAMED_DEFINITIONS } from '../sessions/definitions.js'

export const names = (value: string): string[] => [
  ...new Set(
    value
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
]

/** As the command line writes what commander calls `inputFormat`. */
export const flagOf = (key: string): string =>
  `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

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
      'write rejected rows with file, row and reason (csv, ndjson, parquet), also when they are an error',
    )
}

/** How rows are found and read, for commands that do not answer for every one of them. */
export function mappingOptions(command: Command, where = '--where'): Command {
  return columnOptions(command)
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

/** Which columns play which role, and how their values are read. */
export function columnOptions(command: Command): Command {
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

/** @param about what the values of `--by` are used for */
export function dimensionOptions(
  command: Command,
  about = 'add these columns: first filled value in the session',
): Command {
  return command.option('--by <columns>', about, names)
}

/** Columns of the session table besides its own and those of `--by`. */
export function tableOptions(command: Command): Command {
  return command
    .option(
      '--property <columns>',
      'add entry_ and exit_ columns: first and last filled value in the session',
      names,
    )
    .option('--sum <columns>', 'add sum_ columns of numeric properties', names)
    .option('--count <names>', 'add count_ columns of events by name', names)
    .option(
      '--converted <names>',
      'add has_ columns: whether the session holds such an event',
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

/** Shares from 0 to 1: `0.1,0.5,0.99`. */
export const shares = (value: string): number[] =>
  names(value).map((name) => {
    const share = Number(name)
    if (!(share >= 0 && share <= 1))
      throw new InvalidArgumentError('Write shares from 0 to 1: 0.1,0.5,0.99.')
    return share
  })

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
