/**
 * The command line: finds the command, runs it, and turns whatever happens into an exit code.
 */
import { resourceUsage } from 'node:process'
import { PassThrough } from 'node:stream'
import { Command, CommanderError, Option } from 'commander'
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { VERSION } from '../package.js'
import { type OutputFlags, writtenFormat } from './command.js'
import { COMMANDS, HIDDEN_COMMANDS } from './commands/index.js'
import { SUMMARY_EXAMPLES } from './commands/summary.js'
import { applyConfig, configOptions } from './config/apply.js'
import type { Context } from './context.js'
import { eventSourceOf } from './event-source.js'
import { tell } from './messages.js'
import { isStdout } from './output.js'
import { appearance, type Terminal } from './terminal.js'
import { holdApart } from './written.js'

/** @returns the exit code: 0 fine, 1 a check failed, 2 usage, 3 input, 4 engine or resources, 130 interrupted. */
export async function main(
  argv: readonly string[],
  terminal: Terminal,
  signal: AbortSignal = new AbortController().signal,
): Promise<number> {
  const began = performance.now()
  // Commands see this one, so that flags can change what they see.
  const seen: World = { ...terminal }
  const context: Context = {
    terminal: seen,
    signal,
    argv,
    program: main,
    eventSourceOf: (flags, watch) => eventSourceOf(flags, watch, { terminal: seen, signal }),
  }
  const root = program(context, terminal, seen)
  try {
    // Somebody who typed nothing but the name wants to know what there is.
    if (argv.length === 0 && terminal.stdin.isTTY === true) root.help()
    await root.parseAsync([...argv], { from: 'user' })
    if (seen.verbose === true) tell(terminal, usage(performance.now() - began))
    return 0
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const names = root.commands
      .map((command) => command.name())
      .filter((name) => !name.startsWith('__'))
    const problem = signal.aborted
      ? new SessionizeError('interrupted', 'Interrupted.')
      : asProblem(error, argv, names)
    const code = await report(problem, terminal)
    if (argv.includes('--debug')) {
      // What an engine said in full is the cause of what was told in one line.
      for (let told = error; told instanceof Error; told = told.cause)
        tell(terminal, ...(told.stack ?? told.message).split('\n'))
    }
    return code
  }
}

/** Says what went wrong. @returns the exit code */
export async function report(problem: SessionizeError, terminal: Terminal): Promise<number> {
  // Where files have run out it cannot be loaded any more.
  const loaded = await import('../report/problem.js').catch(() => undefined)
  const text = loaded?.renderProblem(problem.inFlags(), appearance(terminal.stderr, terminal.env))
  terminal.stderr.write(`${text ?? plain(problem)}\n`)
  return problem.exitCode
}

function plain(problem: SessionizeError): string {
  const { message, hint } = problem.inFlags()
  const lines = [`error: ${message}`, ...(hint === undefined ? [] : [`hint: ${hint}`])]
  return lines.map((line) => line.replaceAll(/\p{Cc}/gu, ' ')).join('\n')
}

/** The same of what nobody caught. Node would end with 1, which means that a check failed. */
export const reportUncaught = (error: unknown, terminal: Terminal): Promise<number> =>
  report(asProblem(error, [], []), terminal)

/** Loaded only for a config file, which may say something of them. */
const knownRules = async () => (await import('../checks/registry.js')).RULES

type World = { -readonly [Key in keyof Terminal]: Terminal[Key] } & { verbose?: boolean }

/** What a run took. */
const usage = (millis: number): string =>
  `took ${(millis / 1000).toFixed(1)} s, peak memory ${Math.round(resourceUsage().maxRSS / 1024)} MB`

function program(context: Context, terminal: Terminal, seen: World): Command {
  const root = new Command('sessionize')
    .description(
      'Turns exported product-analytics events into sessions and tells how long people stay.',
    )
    .version(VERSION, '-V, --version')
    .addHelpText('before', SUMMARY_EXAMPLES)
  COMMANDS.forEach((command, i) => {
    root.addCommand(command(context), { isDefault: i === 0 })
  })
  for (const command of HIDDEN_COMMANDS) root.addCommand(command(context), { hidden: true })
  for (const command of root.commands) {
    if (isConfigurable(command)) configOptions(command)
  }
  root.hook('preAction', async (_, command) => {
    const { quiet, verbose, safeCsv } = command.optsWithGlobals<MessageFlags>()
    if (quiet === true) seen.stderr = new PassThrough().resume()
    if (verbose === true) seen.verbose = true
    await applyConfig(command, terminal, knownRules, (line) => {
      if (verbose === true) tell(terminal, line)
    })
    command.setOptionValueWithSource('outputs', await holdApart(command, seen), 'config')
    const formats = command.options.find(({ long }) => long === '--format')?.argChoices ?? []
    const flags = command.opts<OutputFlags>()
    const format = formats.length === 0 ? flags.format : writtenFormat(flags, formats)
    refuseTerminal(command, format, seen)
    seen.csv = format === 'csv'
    seen.safeCsv = safeCsv === true && seen.csv
  })
  for (const command of withSubcommands(root)) {
    command
      .addOption(
        new Option('-q, --quiet', 'no progress and no notes, only results and errors').helpGroup(
          MESSAGES,
        ),
      )
      .addOption(
        new Option('-v, --verbose', 'also the config file, the time and the memory that it took')
          .helpGroup(MESSAGES)
          .conflicts('quiet'),
      )
      .addOption(
        new Option('--debug', 'show the stack trace of an error').hideHelp(command !== root),
      )
      .exitOverride()
      .configureOutput({
        writeOut: (text) => terminal.stdout.write(text),
        writeErr: () => undefined,
        getOutHelpWidth: () => appearance(terminal.stdout, terminal.env).columns,
        getErrHelpWidth: () => appearance(terminal.stderr, terminal.env).columns,
      })
      .showSuggestionAfterError(true)
  }
  return root
}

const withSubcommands = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
]

const MESSAGES = 'Messages:'

interface MessageFlags {
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly safeCsv?: boolean
}

/** @throws SessionizeError `usage` for bytes that a terminal would take for commands. */
function refuseTerminal(command: Command, format: string | undefined, { stdout }: Terminal): void {
  const { output = '-' } = command.opts<{ output?: string }>()
  if (stdout.isTTY !== true || !isStdout(output)) return
  if (format !== 'parquet' && format !== 'arrow') return
  throw new SessionizeError('usage', `--format ${format} is not for a terminal.`, {
    hint: 'Write it to a file with --output, or pipe it into a program.',
  })
}

/** Commands that read events or cut sessions take defaults from a config file, but not that which makes one. */
const isConfigurable = (command: Command): boolean =>
  command.options.some(({ long }) => long === '--gap' || long === '--user') &&
  !['generate', 'init'].includes(command.name())

function asProblem(
  error: unknown,
  argv: readonly string[],
  commands: readonly string[],
): SessionizeError {
  if (error instanceof CommanderError) {
    return new SessionizeError('usage', error.message.replace(/^error: /, ''), {
      hint: 'See: sessionize --help',
    })
  }
  if (error instanceof SessionizeError) return withCommandHint(error, argv, commands)
  const refused = systemFailure(error)
  if (refused !== undefined) return refused
  const message = error instanceof Error ? error.message : String(error)
  return new SessionizeError('engine', `This is a bug in sessionize: ${message}`, {
    hint: 'Run it again with --debug and report what it prints.',
    cause: error,
  })
}

/** An error of the operating system that nobody closer to it had words for. */
function systemFailure(error: unknown): SessionizeError | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined
  // Node's word also for a file that it could not open, as too many were.
  if (error.code === 'ERR_MODULE_NOT_FOUND') {
    return new SessionizeError('engine', 'A part of the program cannot be loaded.', {
      hint: 'Raise the limit of open files with `ulimit -n 4096`, or install it again.',
      cause: error,
    })
  }
  if (!('syscall' in error)) return undefined
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new SessionizeError('disk_full', 'The disk is full.', {
        hint: 'Free some space, or name a larger disk with --temp-dir.',
        cause: error,
      })
    case 'EMFILE':
    case 'ENFILE':
      return new SessionizeError('engine', 'Too many open files.', {
        hint: 'Raise the limit with `ulimit -n 4096`.',
        cause: error,
      })
    default:
      return new SessionizeError('engine', `The system refused: ${error.message}.`, {
        hint: 'Run it again with --debug to see where.',
        cause: error,
      })
  }
}

/** `sessionize sesions x.csv` names a file that does not exist: perhaps a command was meant. */
function withCommandHint(
  error: SessionizeError,
  argv: readonly string[],
  commands: readonly string[],
): SessionizeError {
  const [first = ''] = argv
  if (error.code !== 'input_missing' || !/^[a-z]+$/.test(first) || commands.includes(first)) {
    return error
  }
  const near = didYouMean(first, commands)
  return near === ''
    ? error
    : new SessionizeError(error.code, error.written.message, { hint: `Or a command?${near}` })
}
