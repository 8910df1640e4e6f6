/**
 * The command line: finds the command, runs it, and turns whatever happens into an exit code.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { SessionizeError } from '../errors/errors.js'
import { didYouMean } from '../errors/suggest.js'
import { COMMANDS } from './commands/index.js'
import { SUMMARY_EXAMPLES } from './commands/summary.js'
import { applyConfig, configOptions } from './config.js'
import type { Context } from './context.js'
import { appearance, type Terminal } from './terminal.js'

/** @returns the exit code: 0 fine, 1 a check failed, 2 usage, 3 input, 4 engine or resources, 130 interrupted. */
export async function main(
  argv: readonly string[],
  terminal: Terminal,
  signal: AbortSignal = new AbortController().signal,
): Promise<number> {
  const root = program({ terminal, signal, argv })
  try {
    await root.parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const names = root.commands.map((command) => command.name())
    const problem = signal.aborted
      ? new SessionizeError('interrupted', 'Interrupted.')
      : asProblem(error, argv, names)
    const code = await report(problem, terminal)
    if (argv.includes('--debug') && error instanceof Error)
      terminal.stderr.write(`${error.stack}\n`)
    return code
  }
}

/** Says what went wrong. @returns the exit code */
export async function report(problem: SessionizeError, terminal: Terminal): Promise<number> {
  const { renderProblem } = await import('../report/problem.js')
  terminal.stderr.write(`${renderProblem(problem, appearance(terminal.stderr, terminal.env))}\n`)
  return problem.exitCode
}

function program(context: Context): Command {
  const { terminal } = context
  const root = new Command('sessionize')
    .description(
      'Turns exported product-analytics events into sessions and tells how long people stay.',
    )
    .version(version(), '-V, --version')
    .addHelpText('before', SUMMARY_EXAMPLES)
  COMMANDS.forEach((command, i) => {
    root.addCommand(command(context), { isDefault: i === 0 })
  })
  for (const command of root.commands) {
    if (isConfigurable(command)) configOptions(command)
  }
  root.hook('preAction', (_, command) => applyConfig(command, terminal))
  for (const command of [root, ...root.commands]) {
    command
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

/** Commands that read events or cut sessions take defaults from a config file. */
const isConfigurable = (command: Command): boolean =>
  command.options.some(({ long }) => long === '--gap' || long === '--user') &&
  command.name() !== 'generate'

/** The package's own version: the one place that says it is package.json. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const parsed: unknown = JSON.parse(text)
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : 'unknown'
}

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
  const message = error instanceof Error ? error.message : String(error)
  return new SessionizeError('engine', `This is a bug in sessionize: ${message}`, {
    hint: 'Run it again with --debug and report what it prints.',
    cause: error,
  })
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
    : new SessionizeError(error.code, error.message, { hint: `Or a command?${near}` })
}
