/** A command: its options from the table, its inputs, where its answer goes, and what it does. */
import { Command, InvalidArgumentError, Option } from 'commander'
import type { SessionizeError } from '../errors/errors.js'
import { formatOf } from '../files/endings.js'
import type { Within } from '../library/ask.js'
import {
  type CommandName,
  OF_SESSIONS,
  type OptionSpec,
  type Options,
  optionsOf,
} from '../library/option-table.js'
import { readValue } from '../library/options.js'
import { omitUndefined } from '../units/omit-undefined.js'
import type { ConfiguredFlags } from './config/configured.js'
import type { Context, SourceFlags } from './context.js'
import { requireInputs } from './inputs.js'
import { tell } from './messages.js'
import { type Output, refuseStdout, withOutput } from './output.js'
import { Watch } from './watch.js'
import type { WrittenFlags } from './written.js'

/** What of a command line is not the library's business. */
export interface OutputFlags {
  readonly format?: string
  readonly output?: string
  readonly color?: boolean
}

type Flags<Name extends CommandName> = Options<Name> &
  SourceFlags &
  OutputFlags &
  ConfiguredFlags &
  WrittenFlags & { readonly tempDir?: string }

/** One run of a command. */
/** @typeParam Own flags of the command alone */
export interface Invocation<Name extends CommandName, Format extends string, Own = unknown> {
  /** @throws SessionizeError `usage` where none is named and nothing is piped in */
  readonly inputs: readonly string[]
  /** As they were named, perhaps none. */
  readonly named: readonly string[]
  /** What stands before the inputs. */
  readonly words: readonly string[]
  readonly options: Options<Name> & Within
  readonly flags: Flags<Name> & Own
  readonly format: Format
  readonly output: Output
  /** To be thrown once every output is in place. */
  readonly failWith: (error: SessionizeError | undefined) => void
  readonly context: Context
  /** Refuses to write what is read, of files that no flag names. */
  readonly holdApart: (files: readonly string[]) => Promise<unknown>
}

export interface CommandSpec<Name extends CommandName, Format extends string, Own> {
  readonly name: Name
  readonly about: string
  readonly examples: string
  /** Below the options. */
  readonly more?: string
  /** Before the inputs. */
  readonly words?: readonly (readonly [name: string, about: string])[]
  /** What the inputs are called, where there are any. */
  readonly inputs?: { readonly name: string; readonly about: string } | false
  /** The first is the default. */
  readonly formats?: readonly Format[]
  /** Options of its own kind. */
  readonly extend?: (command: Command) => void
  readonly run: (invocation: Invocation<Name, Format, Own>) => Promise<void>
}

const EVENT_FILES = {
  name: '[files...]',
  about: 'files, folders, globs, archives, or - for standard input',
}

export function defineCommand<
  Name extends CommandName,
  const Format extends string = never,
  Own = unknown,
>(spec: CommandSpec<Name, Format, Own>): (context: Context) => Command {
  return (context) => {
    const command = new Command(spec.name).description(spec.about)
    const { words = [], inputs = EVENT_FILES, formats = [] } = spec
    for (const [name, about] of words) command.argument(`<${name}>`, about)
    if (inputs !== false) command.argument(inputs.name, inputs.about)
    command.addHelpText('before', spec.examples)
    if (spec.more !== undefined) command.addHelpText('after', spec.more)
    const options = optionsOf(spec.name)
    const add = (option: OptionSpec): unknown => command.addOption(flag(spec.name, option))
    options.filter(({ group }) => group !== RESOURCES).forEach(add)
    spec.extend?.(command)
    if (formats.length > 0) outputOptions(command, formats)
    options.filter(({ group }) => group === RESOURCES).forEach(add)
    return command.action((..._: unknown[]) => invoke(spec, command, context))
  }
}

/** Adds the options of a command to one under it. */
export function addOptions(name: CommandName, command: Command): Command {
  for (const option of optionsOf(name)) command.addOption(flag(name, option))
  return command
}

const RESOURCES = 'Resources:'

async function invoke<Name extends CommandName, Format extends string, Own>(
  spec: CommandSpec<Name, Format, Own>,
  command: Command,
  context: Context,
): Promise<void> {
  const { words = [], formats = [] } = spec
  const { terminal, signal } = context
  const flags = command.opts<Flags<Name> & Own>()
  const named = command.args.slice(words.length)
  const watch = await Watch.on(terminal)
  const source = await context.eventSourceOf?.(flags, watch)
  let failure: SessionizeError | undefined
  const together = flags.outputs?.together
  const run = withOutput(formats.length === 0 ? {} : flags, terminal, (output) =>
    spec.run({
      get inputs() {
        return source === undefined ? requireInputs(named, terminal) : named
      },
      named,
      words: command.args.slice(0, words.length),
      options: {
        ...optionsIn(spec.name, flags),
        stdin: terminal.stdin,
        signal,
        onProgress: watch.sources,
        onRead: watch.read,
        async onLeftOut(leftOut) {
          const { leftOutLines } = await import('../report/left-out.js')
          tell(terminal, ...leftOutLines(leftOut))
        },
        ...omitUndefined({ source, presets: flags.presets, outputs: flags.outputs }),
      },
      flags,
      get format() {
        return writtenFormat(flags, formats)
      },
      output: {
        print(render) {
          watch.finish()
          return output.print(render)
        },
        write: output.write,
      },
      failWith(error) {
        failure = error
      },
      context,
      async holdApart(files) {
        const { holdApart } = await import('./written.js')
        return holdApart(command, terminal, files)
      },
    }),
  )
  try {
    await run
    await together?.place()
  } catch (error) {
    together?.abort()
    throw error
  } finally {
    watch.finish()
  }
  if (failure !== undefined) throw failure
}

/** The options that are the library's too; one that writes a file cannot write to standard output. */
function optionsIn<Name extends CommandName>(name: Name, flags: Flags<Name>): Options<Name>
function optionsIn(name: CommandName, flags: object): object {
  const given = new Map<string, unknown>(Object.entries(flags))
  return Object.fromEntries(
    optionsOf(name).flatMap(({ name: option, engines, path }) => {
      const value = given.get(option)
      if (engines !== undefined || value === undefined) return []
      if (path === 'written' && typeof value === 'string') refuseStdout(option, value)
      return [[option, value]]
    }),
  )
}

/** By its flag, else by the name of the output, else the first. */
export function writtenFormat<Format extends string>(
  { format, output = '' }: OutputFlags,
  formats: readonly Format[],
): Format {
  const found =
    format === undefined ? formatOf(output, formats) : formats.find((one) => one === format)
  const written = found ?? formats[0]
  if (written === undefined) throw new TypeError('a command without formats has none')
  return written
}

/** An option of the table as commander has it. */
function flag(command: CommandName, spec: OptionSpec): Option {
  const { takes, choices, env, about, group, byDefault, engines, hidden } = spec
  const option = new Option(spec.flag, about).helpGroup(group)
  const isHidden = hidden === true || (engines !== undefined && !isOfSessions(command))
  if (isHidden) option.hideHelp()
  if (byDefault !== undefined) option.default(byDefault)
  if (env !== undefined) option.env(env)
  if (choices !== undefined) return option.choices(choices)
  return READ_HERE.has(takes)
    ? option.argParser((text, before) => value(spec, text, before))
    : option
}

const isOfSessions = (command: CommandName): boolean => OF_SESSIONS.some((name) => name === command)

/** What commander does not read itself. */
const READ_HERE: ReadonlySet<string> = new Set([
  'names',
  'gathered',
  'gatheredNames',
  'whole',
  'number',
  'shares',
  'size',
])

/** What is gathered comes after what was there before, which is not what the option is by default. */
function value({ takes }: OptionSpec, text: string, before: unknown): unknown {
  const read = readValue(takes, text)
  if ('problem' in read) throw new InvalidArgumentError(read.problem)
  return takes.startsWith('gathered') && Array.isArray(before) && Array.isArray(read.value)
    ? [...before, ...read.value]
    : read.value
}

const OUTPUT = 'Output:'

function outputOptions(command: Command, formats: readonly string[]): void {
  const add = (flags: string, about: string): Option => {
    const option = new Option(flags, about).helpGroup(OUTPUT)
    command.addOption(option)
    return option
  }
  if (formats.includes('csv')) {
    add('--safe-csv', 'CSV for a spreadsheet: cells that it would run as formulas are text')
  }
  add('--format <format>', 'how to write it (default: as the file is named)').choices(formats)
  add('-o, --output <file>', 'write to a file instead of standard output')
  add('--no-color', 'plain text')
}
